#pragma once

#include <actors/core/detail/task_context.hpp>
#include <actors/core/fwd.hpp>

#include <cstdint>
#include <string_view>

namespace actors {

/// The running task as seen from inside: `auto self = co_await this_task();`. Cheap to copy; use it in the same task
/// only.
class task_self {
public:
  explicit task_self(detail::task_context& context) noexcept : context_(&context) {}

  [[nodiscard]] std::string_view name() const;
  [[nodiscard]] std::uint64_t id() const;

  /// The runtime's clock.
  [[nodiscard]] time_point now() const noexcept;

  /// The tightest time limit around this point, `time_point::max()` for none.
  [[nodiscard]] time_point deadline() const noexcept;

  /// Requests to cancel that have not been taken back.
  [[nodiscard]] std::uint32_t cancel_requests() const noexcept;

  /// Takes one request to cancel back, after having caught `cancelled` and decided to go on; the number of those left.
  std::uint32_t uncancel() const noexcept;

private:
  detail::task_context* context_;
};

class [[nodiscard]] this_task_awaiter {
public:
  [[nodiscard]] bool await_ready() const noexcept { return false; }

  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) noexcept {
    context_ = &handle.promise().context();
    return false;
  }

  [[nodiscard]] task_self await_resume() const noexcept { return task_self{*context_}; }

private:
  detail::task_context* context_ = nullptr;
};

/// `co_await this_task()`: the running task. Does not suspend.
[[nodiscard]] inline this_task_awaiter this_task() noexcept {
  return {};
}

} // namespace actors
