#include <actors/app/internal/component_run.hpp>

#include <actors/core/detail/at_end.hpp>
#include <actors/core/error.hpp>
#include <actors/core/timeout.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace actors::app::internal {

task<health> health_of(component& target, duration patience) {
  auto state = health::bad("unknown");
  try {
    state = co_await with_timeout(patience, target.check_health());
  } catch (const std::exception& error) {
    state = health::bad(error.what());
  }
  co_return state;
}

task<void> component_run::live(supervise::started_signal started) {
  co_await begin();
  // However the frame ends: the component may be killed.
  const actors::detail::at_end unmark([this] { runs_.store(false, std::memory_order_release); });
  started();
  std::exception_ptr reason;
  try {
    co_await watch();
  } catch (...) {
    reason = std::current_exception();
  }
  co_await end();
  std::rethrow_exception(reason);
}

task<void> component_run::begin() {
  const auto turn = co_await turns_.lock();
  target_->forget_failure();
  co_await target_->start();
  runs_.store(true, std::memory_order_release);
}

task<void> component_run::watch() {
  std::size_t bad = 0;
  for (;;) {
    // Never true without a failure: then it threw.
    const bool failed = co_await move_on_after(how_.check_every(), target_->failed_.wait());
    if (failed)
      std::rethrow_exception(target_->failure());
    const auto state = co_await check();
    if (state.is_good())
      bad = 0;
    else if (++bad >= how_.bad_checks())
      throw component_error(target_->name() + " is not well: " + state.detail());
  }
}

task<health> component_run::check() {
  const auto turn = co_await turns_.lock();
  co_return co_await health_of(*target_, how_.check_within());
}

task<health> component_run::state(duration patience) {
  if (!runs())
    co_return health::bad("does not run");
  auto lock = [](sync::mutex& turns) -> task<sync::mutex::guard> { co_return co_await turns.lock(); };
  const auto turn = co_await move_on_after(patience, lock(turns_));
  if (!turn)
    co_return health::bad("does not answer");
  // It may have ended meanwhile.
  if (!runs())
    co_return health::bad("does not run");
  if (const auto failure = target_->failure())
    co_return health::bad(describe(failure));
  co_return co_await health_of(*target_, patience);
}

task<void> component_run::end() {
  const auto turn = co_await turns_.lock();
  try {
    co_await with_timeout(how_.stop_within(), target_->stop());
  } catch (const timeout_error&) {
    note(target_->name() + " did not stop in time");
  } catch (const std::exception& error) {
    note(target_->name() + " failed to stop: " + error.what());
  }
}

void component_run::note(std::string problem) {
  const std::scoped_lock guard{mutex_};
  // Of a component that is restarted for ever and stops badly every time, the last few will do.
  constexpr std::size_t most = 16;
  if (problems_.size() == most)
    problems_.erase(problems_.begin());
  problems_.push_back(std::move(problem));
}

std::vector<std::string> component_run::take_problems() {
  const std::scoped_lock guard{mutex_};
  return std::exchange(problems_, {});
}

} // namespace actors::app::internal
