#include <actors/supervise/child_ref.hpp>

#include <actors/core/error.hpp>
#include <actors/core/timeout.hpp>
#include <actors/supervise/internal/child_slot.hpp>
#include <actors/supervise/supervisor.hpp>
#include <actors/supervise/supervisor_error.hpp>

#include <caf/actor_cast.hpp>

#include <mutex>
#include <utility>

namespace actors::supervise::detail {

// -- child_slot ----------------------------------------------------------------------------------------------------------------------

void child_slot::set_up(caf::actor actor) {
  std::vector<wake_up> waiting;
  {
    const std::scoped_lock guard{mutex_};
    std::swap(actor_, actor);
    waiting = waiting_.take_all();
  }
  deliver(waiting);
}

void child_slot::set_nested(std::shared_ptr<supervisor_core> core) {
  const std::scoped_lock guard{mutex_};
  std::swap(nested_, core);
}

void child_slot::set_down() {
  // What is dropped goes after the lock: it may be the last reference.
  caf::actor ended;
  std::shared_ptr<supervisor_core> ended_core;
  std::vector<wake_up> waiting;
  {
    const std::scoped_lock guard{mutex_};
    std::swap(actor_, ended);
    std::swap(nested_, ended_core);
    waiting = waiting_.take_all();
  }
  deliver(waiting);
}

void child_slot::set_gone() {
  {
    const std::scoped_lock guard{mutex_};
    gone_ = true;
  }
  set_down();
}

caf::actor child_slot::live() const {
  if (!actor_)
    return {};
  const auto* const object = caf::actor_cast<caf::abstract_actor*>(actor_);
  return object->getf(caf::abstract_actor::is_terminated_flag) ? caf::actor{} : actor_;
}

caf::actor child_slot::current() const {
  const std::scoped_lock guard{mutex_};
  return live();
}

bool child_slot::gone() const {
  const std::scoped_lock guard{mutex_};
  return gone_;
}

std::shared_ptr<supervisor_core> child_slot::nested() const {
  const std::scoped_lock guard{mutex_};
  return nested_;
}

bool child_slot::check(wish what, const caf::actor& old, wait_node& node, const actors::detail::task_context& context,
                       std::uint64_t id) {
  const std::scoped_lock guard{mutex_};
  const auto current = live();
  const bool met = what == wish::other_than ? current && current != old : actor_ != old;
  if (met || gone_)
    return true;
  waiting_.push(node, context, id);
  return false;
}

void child_slot::forget(wait_node& node) {
  const std::scoped_lock guard{mutex_};
  waiting_.remove(node);
}

} // namespace actors::supervise::detail

namespace actors::supervise {

namespace {

using detail::child_slot;

task<caf::actor> wait_for_incarnation(std::shared_ptr<child_slot> slot, caf::actor old) {
  for (;;) {
    co_await detail::slot_awaiter{*slot, child_slot::wish::other_than, old};
    auto current = slot->current();
    if (current && current != old)
      co_return current;
    if (slot->gone())
      throw child_error(child_errc::gone, slot->supervisor(), slot->name());
  }
}

task<void> wait_for_end(std::shared_ptr<child_slot> slot, caf::actor old) {
  // One wake-up is enough: an incarnation that was replaced does not come back.
  co_await detail::slot_awaiter{*slot, child_slot::wish::not_this, old};
}

} // namespace

const std::shared_ptr<child_slot>& child_ref::slot() const {
  if (!slot_)
    throw misuse_error("an empty child_ref was used");
  return slot_;
}

const std::string& child_ref::name() const {
  return slot()->name();
}

caf::actor child_ref::address() const {
  return slot()->current();
}

bool child_ref::gone() const {
  return slot()->gone();
}

task<caf::actor> child_ref::up(duration within) const {
  return next({}, within);
}

task<caf::actor> child_ref::next(caf::actor old, duration within) const {
  auto wait = wait_for_incarnation(slot(), std::move(old));
  return within == forever ? std::move(wait) : with_timeout(within, std::move(wait));
}

task<void> child_ref::down(caf::actor old, duration within) const {
  auto wait = wait_for_end(slot(), std::move(old));
  return within == forever ? std::move(wait) : with_timeout(within, std::move(wait));
}

supervisor_ref child_ref::supervisor() const {
  if (!slot()->holds_supervisors())
    throw misuse_error("child '" + name() + "' is no supervisor");
  auto core = slot()->nested();
  if (!core)
    throw child_error(gone() ? child_errc::gone : child_errc::not_running, slot()->supervisor(), name());
  return supervisor_ref{std::move(core)};
}

} // namespace actors::supervise
