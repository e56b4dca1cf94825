#include <actors/process/run.hpp>

#include <actors/core/timeout.hpp>
#include <actors/process/error.hpp>

#include <exception>

namespace actors::process {

namespace {

/// Ends a child, first politely. It has ended when this returns.
task<void> end(const child* running, duration grace) {
  running->terminate();
  const auto ended = co_await move_on_after(grace, running->wait());
  if (ended)
    co_return;
  running->kill();
  static_cast<void>(co_await running->wait());
}

} // namespace

void completed::check() const {
  if (!status.success())
    throw exit_error(program, status, errors);
}

task<completed> run(command what, run_options options) {
  if (!what.input())
    what.input(options.input().empty() ? redirection::null() : redirection::pipe());
  if (!what.output())
    what.output(redirection::pipe());
  if (!what.errors())
    what.errors(redirection::pipe());
  completed result;
  result.program = what.program();
  const auto running = co_await start(std::move(what));
  std::exception_ptr error;
  try {
    auto texts = co_await running.communicate(options.input(), options.limit());
    result.status = texts.status;
    result.output = std::move(texts.output);
    result.errors = std::move(texts.errors);
  } catch (...) {
    error = std::current_exception();
  }
  if (error) {
    // Another cancellation cuts the grace short: `running` is killed as it goes.
    co_await end(&running, options.grace());
    std::rethrow_exception(error);
  }
  if (options.checked())
    result.check();
  co_return result;
}

task<completed> run(command what) {
  return run(std::move(what), run_options{});
}

} // namespace actors::process
