#pragma once

#include "../core/errors.hpp"
#include "../core/every_runtime.hpp"

#include <actors/core/error.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/task.hpp>
#include <actors/core/this_task.hpp>
#include <actors/supervise/supervisor.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Children for the tests of supervisors, and a journal of what happened to them.
namespace supervise_test {

using namespace core_test;
using namespace std::chrono_literals;

namespace sv = actors::supervise;

using actors::sleep;
using actors::task;

/// A list of texts that any thread may append to.
class journal {
public:
  void add(std::string text) {
    const std::scoped_lock guard{mutex_};
    texts_.push_back(std::move(text));
  }

  [[nodiscard]] std::vector<std::string> texts() const {
    const std::scoped_lock guard{mutex_};
    return texts_;
  }

  [[nodiscard]] std::size_t count(std::string_view text) const {
    const std::scoped_lock guard{mutex_};
    std::size_t result = 0;
    for (const auto& each : texts_)
      result += each == text ? 1 : 0;
    return result;
  }

private:
  mutable std::mutex mutex_;
  std::vector<std::string> texts_;
};

using journal_ptr = std::shared_ptr<journal>;

/// "+name" when it begins, "-name" when it is asked to stop, which it then does.
inline task<void> live(journal_ptr notes, std::string name) {
  notes->add("+" + name);
  try {
    co_await sleep(actors::forever);
  } catch (const actors::cancelled&) {
    notes->add("-" + name);
    throw;
  }
}

/// As `live`; has started once it has begun. One that is started by its launch alone may be stopped before it runs.
inline task<void> start_and_live(journal_ptr notes, std::string name, sv::started_signal started) {
  notes->add("+" + name);
  started();
  try {
    co_await sleep(actors::forever);
  } catch (const actors::cancelled&) {
    notes->add("-" + name);
    throw;
  }
}

inline sv::child_spec worker(const journal_ptr& notes, const std::string& name) {
  return sv::task_child(name, [=](sv::started_signal started) { return start_and_live(notes, name, started); });
}

/// How a child ends by itself.
enum class ending : std::uint8_t { normal, orderly, error };

inline void end_as(ending how, const std::string& name) {
  if (how == ending::orderly)
    throw actors::cancelled{"by itself"};
  if (how == ending::error)
    throw std::runtime_error(name + " broke");
}

/// Lives for a while and then ends, with "!name", the first `times` times that it is started.
inline task<void> live_and_end(journal_ptr notes, std::string name, actors::duration after, ending how,
                               std::size_t times, sv::started_signal started) {
  if (notes->count("+" + name) >= times) {
    co_await start_and_live(std::move(notes), std::move(name), std::move(started));
    co_return;
  }
  notes->add("+" + name);
  started();
  try {
    co_await sleep(after);
  } catch (const actors::cancelled&) {
    notes->add("-" + name);
    throw;
  }
  notes->add("!" + name);
  end_as(how, name);
}

inline sv::child_spec flaky(const journal_ptr& notes, const std::string& name, ending how,
                            actors::duration after = 10ms, std::size_t times = 1) {
  return sv::task_child(
      name, [=](sv::started_signal started) { return live_and_end(notes, name, after, how, times, started); });
}

inline task<void> sleep_forever() {
  co_await sleep(actors::forever);
}

/// A specification whose failures are not logged, because those who run the tests want no log.
inline sv::supervisor_spec quiet(const std::string& name, sv::strategy how = sv::strategy::one_for_one) {
  sv::supervisor_spec result{name, how};
  result.log_failures(false).seed(1);
  return result;
}

/// What an error says about the supervisor, the child and the cause.
inline std::string text_of(const std::exception_ptr& error) {
  return error ? actors::describe(error) : std::string{"no error"};
}

} // namespace supervise_test
