#include <actors/process/child.hpp>

#include <actors/core/detail/io_worker.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/error.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/to_thread.hpp>
#include <actors/net/descriptor_stream.hpp>
#include <actors/net/error.hpp>
#include <actors/process/internal/child_state.hpp>
#include <actors/process/internal/launch.hpp>

#include <array>
#include <csignal>
#include <exception>
#include <system_error>
#include <utility>
#include <vector>

namespace actors::process {

// -- waiting -------------------------------------------------------------------------------------------------------------

class child::exit_awaiter : public actors::detail::leaf_awaiter<exit_awaiter> {
public:
  explicit exit_awaiter(internal::child_state& state) noexcept : state_(&state) {}

  ~exit_awaiter() override {
    if (waiter_)
      state_->withdraw(wait_id_, waiter_.get());
  }

  [[nodiscard]] bool start(actors::detail::task_context& context) {
    if (state_->ended())
      return false;
    arm(context);
    wait_id_ = id();
    waiter_ = actors::detail::actor_of(context);
    return state_->wait(waiter_, wait_id_);
  }

  void await_resume() { check_cancelled(); }

private:
  internal::child_state* state_;
  caf::strong_actor_ptr waiter_;
  std::uint64_t wait_id_ = 0;
};

namespace {

/// Writes everything and closes. A child that has stopped reading has what it wanted.
task<void> feed(net::stream* stream, std::string data) {
  if (stream == nullptr)
    co_return;
  try {
    co_await stream->write_all(data);
  } catch (const net::net_error& error) {
    if (error.code() != std::errc::broken_pipe)
      throw;
  }
  stream->close();
}

task<std::string> read_all(net::stream* stream, std::size_t limit, std::string program) {
  std::string result;
  if (stream == nullptr)
    co_return result;
  std::vector<char> buffer(std::size_t{64} * 1024);
  for (;;) {
    const auto count = co_await stream->read_some(buffer);
    if (count == 0)
      co_return result;
    if (count > limit - result.size())
      throw process_error("cannot read from", program, errc::output_too_large,
                          "the limit is " + std::to_string(limit) + " bytes");
    result.append(buffer.data(), count);
  }
}

bool is_too_large(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const process_error& thrown) {
    return thrown.code() == errc::output_too_large;
  } catch (...) {
    return false;
  }
}

[[noreturn]] void throw_not_piped(const char* what, const std::string& program) {
  throw misuse_error(std::string{"the "} + what + " of " + program + " is not a pipe");
}

net::stream& piped(const std::unique_ptr<net::stream>& stream, const char* what, const std::string& program) {
  if (!stream)
    throw_not_piped(what, program);
  return *stream;
}

} // namespace

// -- child ---------------------------------------------------------------------------------------------------------------

child::child() noexcept = default;

child::child(child&& other) noexcept = default;

child& child::operator=(child&& other) noexcept {
  child moved{std::move(other)};
  std::swap(state_, moved.state_);
  std::swap(input_, moved.input_);
  std::swap(output_, moved.output_);
  std::swap(errors_, moved.errors_);
  return *this;
}

child::~child() {
  close();
}

internal::child_state& child::state() const {
  if (!state_)
    throw misuse_error("a child object that stands for no process was used");
  return *state_;
}

int child::pid() const {
  return state().pid();
}

const std::string& child::program() const {
  return state().program();
}

net::stream& child::input() const {
  return piped(input_, "standard input", program());
}

net::stream& child::output() const {
  return piped(output_, "standard output", program());
}

net::stream& child::errors() const {
  return piped(errors_, "standard error", program());
}

namespace {

/// Keeps what is waited for, whatever becomes of the object.
template <class Awaiter>
task<exit_status> wait_for_end(std::shared_ptr<internal::child_state> state) {
  for (;;) {
    if (const auto status = state->status())
      co_return *status;
    co_await Awaiter{*state};
  }
}

} // namespace

task<exit_status> child::wait() const {
  static_cast<void>(state());
  return wait_for_end<exit_awaiter>(state_);
}

std::optional<exit_status> child::status() const {
  return state().status();
}

task<captured> child::communicate(std::string input, std::size_t limit) const {
  if (!input.empty() && !input_)
    throw_not_piped("standard input", program());
  const auto kept = state_;
  captured result;
  std::exception_ptr error;
  try {
    auto texts = co_await gather(read_all(output_.get(), limit, program()), read_all(errors_.get(), limit, program()),
                                 feed(input_.get(), std::move(input)));
    result.output = std::move(std::get<0>(texts));
    result.errors = std::move(std::get<1>(texts));
  } catch (...) {
    error = std::current_exception();
  }
  if (error) {
    if (is_too_large(error))
      kept->kill();
    std::rethrow_exception(error);
  }
  result.status = co_await wait_for_end<exit_awaiter>(kept);
  co_return result;
}

bool child::terminate() const {
  return send_signal(SIGTERM);
}

bool child::kill() const {
  return send_signal(SIGKILL);
}

bool child::send_signal(int number) const {
  return state().signal(number);
}

void child::close() noexcept {
  if (state_)
    state_->kill();
  detach();
}

void child::detach() noexcept {
  state_.reset();
  input_.reset();
  output_.reset();
  errors_.reset();
}

// -- start ---------------------------------------------------------------------------------------------------------------

task<child> child::start_child(command what) {
  const auto launch = [&what] { return internal::launch(what); };
  auto launched = co_await to_thread(launch);
  child result;
  result.state_ = launched.take();
  constexpr std::array<const char*, 3> names{"the input of ", "the output of ", "the errors of "};
  const std::array<std::unique_ptr<net::stream>*, 3> streams{&result.input_, &result.output_, &result.errors_};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!launched.pipes[i])
      continue;
    auto name = names[i] + what.program();
    *streams[i] = co_await net::adopt_descriptor(launched.pipes[i].release(), std::move(name));
  }
  co_return result;
}

task<child> start(command what) {
  return child::start_child(std::move(what));
}

} // namespace actors::process
