#pragma once

#include <actors/core/detail/context_values.hpp>
#include <actors/core/detail/run_with_values.hpp>
#include <actors/core/error.hpp>
#include <actors/core/task.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

/// Values that belong to a task and are inherited by what it spawns: a user, a tenant, a locale.
///
/// A `task_local<T>` is a key, usually an `inline` variable of a namespace. `co_await with_value(key, value, work)`
/// runs `work` in the calling task with that value; whatever ends the work (its return, an error, a cancellation, a
/// kill), the value from before holds again behind it. Inside, also in plain functions that the task calls,
/// `key.find()` and `key.get()` read it, without `co_await`.
///
/// Inherited: at the moment of the spawn, by `spawn`, `spawn_detached`, `spawn_service`, the children of `gather` and
/// its relatives and of task groups (whichever task spawns into them), and by the function of a `to_thread`. The child
/// shares the values; a value that either sets later is its own. Not inherited: by `runtime::spawn`, which starts with
/// none, and by the handlers of a service, which see what the service itself was spawned with, not what its callers
/// have (only the trace travels with a call).
///
/// Threads: a value is shared between tasks, so it is read as const from several threads. Ownership: it lives as long
/// as somebody carries it; what `find` returns is good until the scope that set it is left.
///
/// Errors: `get` throws `misuse_error` where there is no value. Cost: setting copies a block with one entry per key
/// that is set; a spawn without values costs one comparison, with values one counter more; a read looks through the
/// entries.
///
/// The idea is Python's `contextvars` (PEP 567), and as Tokio's `task_local!` a value is bound to a scope.
///
/// @snippet examples/tasks.cpp task local
namespace actors {

template <class T>
class task_local {
public:
  static_assert(std::is_object_v<T> && !std::is_const_v<T>, "a task_local holds values");

  constexpr task_local() noexcept = default;
  task_local(const task_local&) = delete;
  task_local& operator=(const task_local&) = delete;
  ~task_local() = default;

  /// The value that the running code sees, null if there is none.
  [[nodiscard]] const T* find() const noexcept {
    return static_cast<const T*>(detail::running_values().find(key_.load(std::memory_order_relaxed)));
  }

  /// The same; throws `misuse_error` if there is none.
  [[nodiscard]] const T& get() const {
    const auto* const value = find();
    if (value == nullptr)
      throw misuse_error("a task_local was read where it has no value");
    return *value;
  }

  /// A copy of the value, or `otherwise` if there is none.
  [[nodiscard]] T value_or(T otherwise) const {
    const auto* const value = find();
    return value != nullptr ? *value : std::move(otherwise);
  }

  /// For `with_value`: the number under which tasks carry the value, drawn when it is first needed.
  [[nodiscard]] std::uint64_t key() const noexcept {
    auto known = key_.load(std::memory_order_relaxed);
    if (known != 0)
      return known;
    const auto fresh = detail::next_context_key();
    return key_.compare_exchange_strong(known, fresh, std::memory_order_relaxed) ? fresh : known;
  }

private:
  mutable std::atomic<std::uint64_t> key_{0};
};

namespace detail {

class set_local {
public:
  set_local(std::uint64_t key, std::shared_ptr<const void> value) noexcept : key_(key), value_(std::move(value)) {}

  [[nodiscard]] context_values operator()(const context_values& before) {
    return before.with_local(key_, std::move(value_));
  }

private:
  std::uint64_t key_;
  std::shared_ptr<const void> value_;
};

} // namespace detail

/// Runs `work` (a task, another operation, or a callable that returns a task) with a value for `key`.
template <class T, detail::scoped_work Work>
task<detail::work_result_t<Work>> with_value(const task_local<T>& key, std::type_identity_t<T> value, Work work) {
  return detail::run_with_values(detail::set_local{key.key(), std::make_shared<const T>(std::move(value))},
                                 detail::work_of(std::move(work)));
}

} // namespace actors
