#include <actors/process/child_actor.hpp>

#include <actors/core/service.hpp>
#include <actors/net/detail/stream_turns.hpp>
#include <actors/process/child.hpp>
#include <actors/process/error.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace actors::process {

namespace {

class child_actor final : public service {
public:
  explicit child_actor(command what) : what_(std::move(what)) {
    on([this](read_output_atom, std::uint64_t most) { return outputs_.read(child_.output(), most); });
    on([this](read_errors_atom, std::uint64_t most) { return errors_.read(child_.errors(), most); });
    on([this](write_input_atom, std::string data) { return write(std::move(data)); });
    on([this](end_input_atom) { return end_input(); });
    on([this](wait_exit_atom) { return wait(); });
    on([this](signal_atom, std::int32_t number) { return child_.send_signal(number); });
    on([this](pid_atom) { return static_cast<std::int32_t>(child_.pid()); });
    on([this](caf::close_atom) { stop(); });
  }

private:
  task<void> on_start() override { child_ = co_await process::start(what_); }

  task<void> on_stop() override {
    child_.close();
    co_return;
  }

  task<void> write(std::string data) {
    auto& input = child_.input();
    if (const auto waiting = writes_.too_many(data.size()))
      throw process_error("cannot write to", child_.program(), std::make_error_code(std::errc::no_buffer_space),
                          std::to_string(*waiting) + " bytes are waiting already");
    return writes_.write(input, std::move(data));
  }

  task<void> end_input() {
    auto& input = child_.input();
    const auto turn = co_await writes_.next();
    input.close();
  }

  task<exit_report> wait() {
    const auto status = co_await child_.wait();
    exit_report result;
    result.code = status.code().value_or(0);
    result.signal = status.signal().value_or(0);
    result.text = to_string(status);
    co_return result;
  }

  command what_;
  child child_;
  net::detail::write_turns writes_;
  net::detail::read_turns outputs_;
  net::detail::read_turns errors_;
};

} // namespace

service_ref spawn_child_actor(command what, const spawn_options& options) {
  return spawn_service(std::make_unique<child_actor>(std::move(what)), options);
}

service_ref spawn_child_actor(const runtime& owner, command what, const spawn_options& options) {
  return spawn_service(owner, std::make_unique<child_actor>(std::move(what)), options);
}

} // namespace actors::process
