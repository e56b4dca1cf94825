#pragma once

#include <actors/core/detail/task_context.hpp>
#include <actors/core/detail/timer.hpp>
#include <actors/core/fwd.hpp>

#include <cstdint>

namespace actors::http::internal {

/// The deadline of a connection: one timer that stays armed while the deadline moves away from it, so that a connection
/// with a busy client costs a timer operation now and then and none per request.
///
/// When the deadline has passed the task's wait is cancelled; whoever then catches `cancelled` asks `take_expiry`
/// whether it was this. It also receives nudges: wake-ups from elsewhere on which `on_nudge` runs.
class connection_watch : public actors::detail::waiter {
public:
  explicit connection_watch(actors::detail::task_context& context);
  ~connection_watch() override;

  /// Another deadline. `time_point::max()` for none.
  void set(time_point deadline);

  void clear() noexcept { deadline_ = time_point::max(); }

  [[nodiscard]] time_point now() const noexcept;

  /// Under which id to wake the task's actor for a nudge.
  [[nodiscard]] std::uint64_t nudge_id() const noexcept { return id(); }

  /// Nudges itself: `on_nudge` will run as soon as the task is suspended.
  void nudge_later();

  /// True (once) if the deadline has passed and nobody else has asked to cancel.
  [[nodiscard]] bool take_expiry() noexcept;

protected:
  static constexpr const char* out_of_time = "the connection's time is over";

  /// The deadline has passed: why the task's wait is to end; null if it is not. May set another deadline.
  [[nodiscard]] virtual const char* on_deadline() { return out_of_time; }

  /// True if the task's wait is to end as if the deadline had passed.
  [[nodiscard]] virtual bool on_nudge() = 0;

private:
  /// Ends the task's wait. The task may come to its end in this, and this object with it.
  void expire(const char* reason);

  void on_wake() final;
  void arm_timer(time_point when);

  actors::detail::timer timer_;
  time_point deadline_ = time_point::max();
  time_point armed_for_ = time_point::max();
  std::uint32_t requests_before_ = 0;
  bool expired_ = false;
};

} // namespace actors::http::internal
