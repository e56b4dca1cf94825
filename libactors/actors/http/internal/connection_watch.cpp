#include <actors/http/internal/connection_watch.hpp>

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/detail/io_worker.hpp>
#include <actors/core/error.hpp>

namespace actors::http::internal {

connection_watch::connection_watch(actors::detail::task_context& context) {
  arm(context);
}

connection_watch::~connection_watch() = default;

time_point connection_watch::now() const noexcept {
  return actors::detail::now_of(actors::detail::core_of(*context()));
}

void connection_watch::arm_timer(time_point when) {
  timer_.disarm();
  armed_for_ = when;
  timer_.arm(context()->host(), id(), when);
}

void connection_watch::set(time_point deadline) {
  deadline_ = deadline;
  if (deadline < armed_for_)
    arm_timer(deadline);
}

void connection_watch::nudge_later() {
  actors::detail::wake(actors::detail::actor_of(*context()), id());
}

void connection_watch::expire(const char* reason) {
  deadline_ = time_point::max();
  if (expired_)
    return;
  expired_ = true;
  requests_before_ = context()->cancel_requests();
  context()->request_cancel(cancelled{reason});
}

void connection_watch::on_wake() {
  if (on_nudge()) {
    expire(out_of_time);
    return;
  }
  const auto current = now();
  if (current < armed_for_)
    return; // only a nudge
  armed_for_ = time_point::max();
  if (current < deadline_) {
    if (deadline_ != time_point::max())
      arm_timer(deadline_);
    return;
  }
  deadline_ = time_point::max();
  if (const auto* const reason = on_deadline())
    expire(reason);
}

bool connection_watch::take_expiry() noexcept {
  if (!expired_)
    return false;
  expired_ = false;
  return context()->uncancel() <= requests_before_;
}

} // namespace actors::http::internal
