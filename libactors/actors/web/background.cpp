#include <actors/web/background.hpp>

#include <actors/core/error.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_log.hpp>
#include <actors/core/wait.hpp>
#include <actors/web/internal/background_runner.hpp>

#include <exception>

namespace actors::web {

background_tasks& background_tasks::named(std::string name) {
  if (entries_.empty())
    throw misuse_error("there is no background task to be named");
  entries_.back().name = std::move(name);
  return *this;
}

background_tasks& background_tasks::push(std::string name, std::function<task<void>()> run) {
  entries_.push_back({std::move(name), std::move(run)});
  return *this;
}

background_tasks& background_tasks::push_retried(supervise::retry_policy policy, std::function<task<void>()> run) {
  return push({}, [policy = std::move(policy), run = std::move(run)]() -> task<void> {
    co_await supervise::retry(policy, run);
  });
}

namespace internal {

namespace {

std::string name_of(const background_tasks::entry& what, std::size_t number) {
  return what.name.empty() ? "task " + std::to_string(number) : "'" + what.name + "'";
}

} // namespace

void background_runner::start(std::vector<background_tasks::entry> what, const std::string& request_id) {
  // Under the lock, so that a task which ends at once finds itself in the list.
  const std::scoped_lock guard{mutex_};
  const auto number = next_++;
  const auto count = what.size();
  auto body = run(shared_from_this(), number, std::move(what), request_id);
  try {
    running_.emplace(number, spawn_detached(std::move(body), spawn_options{}.name("web background")));
  } catch (const stopping_error&) {
    task_log("web").error("the runtime stops: " + std::to_string(count) + " background tasks are lost",
                          {{"request", request_id}});
  }
}

task<void> background_runner::run(std::shared_ptr<background_runner> self, std::uint64_t number,
                                  std::vector<background_tasks::entry> what, std::string request_id) {
  std::exception_ptr stopped;
  std::size_t done = 0;
  for (auto& each : what) {
    std::exception_ptr problem;
    try {
      auto pending = each.run();
      co_await std::move(pending);
    } catch (const cancelled&) {
      stopped = std::current_exception();
    } catch (...) {
      problem = std::current_exception();
    }
    if (stopped)
      break;
    ++done;
    if (problem)
      task_log("web").error("background " + name_of(each, done) + " failed: " + describe(problem),
                            {{"request", request_id}});
  }
  if (stopped)
    task_log("web").warning("background tasks were cancelled: " + std::to_string(what.size() - done) + " of " +
                                std::to_string(what.size()) + " not done",
                            {{"request", request_id}});
  what.clear();
  self->ended(number);
  if (stopped)
    std::rethrow_exception(stopped);
}

void background_runner::ended(std::uint64_t number) noexcept {
  const std::scoped_lock guard{mutex_};
  running_.erase(number);
}

task<std::size_t> background_runner::drain(duration limit) {
  const auto all = handles();
  if (all.empty())
    co_return 0;
  auto waiting = wait(all, until::all_completed, limit);
  const auto result = co_await std::move(waiting);
  for (const auto& late : result.pending)
    late.cancel("the application shuts down");
  if (!result.pending.empty())
    static_cast<void>(co_await wait(result.pending));
  co_return result.pending.size();
}

std::vector<task_handle<void>> background_runner::handles() const {
  const std::scoped_lock guard{mutex_};
  std::vector<task_handle<void>> result;
  result.reserve(running_.size());
  for (const auto& [number, handle] : running_)
    result.push_back(handle);
  return result;
}

std::size_t background_runner::running() const {
  const std::scoped_lock guard{mutex_};
  return running_.size();
}

} // namespace internal

} // namespace actors::web
