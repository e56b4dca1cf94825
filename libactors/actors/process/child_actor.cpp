#include <actors/process/child_actor.hpp>

#include <actors/core/service.hpp>
#include <actors/process/child.hpp>
#include <actors/process/error.hpp>
#include <actors/sync/mutex.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace actors::process {

namespace {

constexpr std::uint64_t largest_read = std::uint64_t{1} << 20;
constexpr std::size_t most_bytes_waiting = std::size_t{16} << 20;

class child_actor final : public service {
public:
  explicit child_actor(command what) : what_(std::move(what)) {
    on([this](read_output_atom, std::uint64_t most) { return read(child_.output(), output_turns_, most); });
    on([this](read_errors_atom, std::uint64_t most) { return read(child_.errors(), errors_turns_, most); });
    on([this](write_input_atom, std::string data) { return write(std::move(data)); });
    on([this](end_input_atom) { return end_input(); });
    on([this](wait_exit_atom) { return wait(); });
    on([this](signal_atom, std::int32_t number) { return child_.send_signal(number); });
    on([this](pid_atom) { return static_cast<std::int32_t>(child_.pid()); });
    on([this](caf::close_atom) { stop(); });
  }

private:
  /// Counts the bytes of a write while it waits.
  class waiting_bytes {
  public:
    waiting_bytes(std::size_t& total, std::size_t size) noexcept : total_(&total), size_(size) { *total_ += size_; }

    waiting_bytes(const waiting_bytes&) = delete;
    waiting_bytes& operator=(const waiting_bytes&) = delete;

    ~waiting_bytes() { *total_ -= size_; }

  private:
    std::size_t* total_;
    std::size_t size_;
  };

  task<void> on_start() override { child_ = co_await process::start(what_); }

  task<void> on_stop() override {
    child_.close();
    co_return;
  }

  static task<std::string> read(net::stream& from, sync::mutex& turns, std::uint64_t most) {
    const auto turn = co_await turns.lock();
    std::string buffer(static_cast<std::size_t>(std::min(most, largest_read)), '\0');
    const auto count = co_await from.read_some(buffer);
    buffer.resize(count);
    co_return buffer;
  }

  task<void> write(std::string data) {
    auto& input = child_.input();
    if (data.size() > most_bytes_waiting - std::min(waiting_, most_bytes_waiting) && waiting_ > 0)
      throw process_error("cannot write to", child_.program(), std::make_error_code(std::errc::no_buffer_space),
                          std::to_string(waiting_) + " bytes are waiting already");
    const waiting_bytes counted{waiting_, data.size()};
    const auto turn = co_await input_turns_.lock();
    co_await input.write_all(data);
  }

  task<void> end_input() {
    auto& input = child_.input();
    const auto turn = co_await input_turns_.lock();
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
  sync::mutex input_turns_;
  sync::mutex output_turns_;
  sync::mutex errors_turns_;
  std::size_t waiting_ = 0;
};

} // namespace

service_ref spawn_child_actor(command what, const spawn_options& options) {
  return spawn_service(std::make_unique<child_actor>(std::move(what)), options);
}

service_ref spawn_child_actor(const runtime& owner, command what, const spawn_options& options) {
  return spawn_service(owner, std::make_unique<child_actor>(std::move(what)), options);
}

} // namespace actors::process
