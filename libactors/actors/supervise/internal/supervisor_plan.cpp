#include <actors/core/error.hpp>
#include <actors/supervise/internal/settings.hpp>
#include <actors/supervise/internal/supervisor_core.hpp>

#include <algorithm>
#include <cstdint>
#include <string>

namespace actors::supervise::detail {

namespace {

std::string text_of(const restart_intensity& limit) {
  return std::to_string(limit.restarts()) + " in " + internal::seconds(limit.period());
}

} // namespace

// Goes on with the plan until it has to wait for something.
void supervisor_core::step() {
  while (plan_ != plan::none && !over_) {
    switch (plan_) {
    case plan::stop:
      if (!step_stop())
        return;
      if (closing_) {
        over_ = true;
        return;
      }
      plan_ = plan::pause;
      break;
    case plan::pause:
      if (plan_due_ > now())
        return;
      plan_ = plan::start;
      cursor_ = first_;
      break;
    case plan::start:
      if (!step_start())
        return;
      // The last start may have made another plan.
      if (plan_ == plan::start)
        plan_done();
      break;
    case plan::none:
      break;
    }
  }
}

// True once every child from `first_` on is down. The cursor is the first key that is done with.
bool supervisor_core::step_stop() {
  for (auto next = children_.lower_bound(cursor_); next != children_.begin();) {
    --next;
    auto& each = next->second;
    if (each.key < first_)
      break;
    cursor_ = each.key + 1;
    switch (each.state) {
    case child_state::running:
    case child_state::starting:
      ask_to_stop(each);
      return false;
    case child_state::stopping:
      return false;
    case child_state::waiting:
      clear_due(each);
      each.state = child_state::down;
      break;
    case child_state::down:
      break;
    }
    cursor_ = each.key;
    // One that somebody has asked for and that never ran is not lost with its group.
    if (!closing_ && each.spec.restart() == restart::temporary && each.starters.empty()) {
      remove(each);
      next = children_.lower_bound(cursor_);
    }
  }
  return true;
}

// True once every child from the cursor on has started, or the plan has changed.
bool supervisor_core::step_start() {
  for (;;) {
    const auto next = children_.lower_bound(cursor_);
    if (next == children_.end())
      return true;
    auto& each = next->second;
    switch (each.state) {
    case child_state::down:
      if (!spend())
        return false;
      start(each);
      if (plan_ != plan::start)
        return true;
      break;
    case child_state::running:
    case child_state::waiting:
      cursor_ = each.key + 1;
      break;
    case child_state::starting:
    case child_state::stopping:
      return false;
    }
  }
}

void supervisor_core::plan_done() {
  plan_ = plan::none;
  first_ = 0;
  if (std::exchange(opening_, false)) {
    answer_all(start_waiters_, nullptr);
    if (on_started_)
      on_started_();
  }
  for (const auto& each : std::exchange(deferred_, {}))
    handle(each);
}

void supervisor_core::regroup(const child& failed, time_point due) {
  const auto from = spec_.strategy() == strategy::one_for_all ? 0 : failed.key;
  // A wider plan takes the place of the one under way, and waits for the longer of the two delays.
  plan_due_ = plan_ == plan::stop || plan_ == plan::pause ? std::max(plan_due_, due) : due;
  plan_ = plan::stop;
  first_ = from;
  cursor_ = UINT64_MAX;
}

void supervisor_core::close() {
  if (closing_)
    return;
  closing_ = true;
  plan_ = plan::stop;
  first_ = 0;
  cursor_ = UINT64_MAX;
  const auto error = refusal("is stopping");
  answer_all(deferred_, error);
  for (auto& [key, each] : children_) {
    answer_all(each.starters, error);
    if (spec_.stops_together() && (each.state == child_state::running || each.state == child_state::starting))
      ask_to_stop(each);
  }
}

void supervisor_core::give_up(const child& which, const std::exception_ptr& error) {
  failure_ = std::make_exception_ptr(
      restart_limit_error{spec_.name(), which.spec.name(), history_.count(), text_of(spec_.intensity()), error});
  if (spec_.logs_failures())
    log(log_level::error, actors::describe(failure_));
  if (anybody_listens()) {
    auto told = event(child_event_kind::given_up, which);
    told.error = error;
    emit(told);
  }
  close();
}

void supervisor_core::check_auto_shutdown(const child& ended) {
  if (!ended.spec.is_significant())
    return;
  if (spec_.auto_shutdown() == auto_shutdown::all_significant) {
    const auto lives = [](const auto& entry) {
      return entry.second.spec.is_significant() && entry.second.state != child_state::down;
    };
    if (std::any_of(children_.begin(), children_.end(), lives))
      return;
  }
  close();
}

} // namespace actors::supervise::detail
