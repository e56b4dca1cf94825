#include <actors/core/detail/io_worker.hpp>
#include <actors/core/error.hpp>
#include <actors/supervise/internal/supervisor_core.hpp>

#include <caf/actor_cast.hpp>

namespace actors::supervise::detail {

bool request_awaiter::start(actors::detail::task_context& context) {
  arm(context);
  request_->who = actors::detail::actor_of(context);
  request_->id = id();
  return core_->submit(request_);
}

void supervisor_core::handle(supervisor_message& message) {
  if (message.what == supervisor_message::kind::request) {
    handle(message.request);
    return;
  }
  const auto found = children_.find(message.child);
  // News of an incarnation that is over.
  if (found == children_.end() || !found->second.actor || found->second.incarnation != message.incarnation)
    return;
  if (message.what == supervisor_message::kind::child_ended)
    ended(found->second, message.reason);
  else if (found->second.state == child_state::starting)
    started(found->second);
}

void supervisor_core::handle(const request_ptr& request) {
  using kind = supervisor_request::kind;
  switch (request->what) {
  case kind::list:
    list_children(*request);
    answer(*request);
    return;
  case kind::await_start:
    if (opening_)
      start_waiters_.push_back(request);
    else
      answer(*request);
    return;
  case kind::stop:
    close();
    answer(*request);
    return;
  default:
    break;
  }
  if (closing_) {
    request->error = refusal("is stopping");
    answer(*request);
    return;
  }
  if (request->what == kind::start_child) {
    start_child(request);
    return;
  }
  // The others wait for the end of what concerns the whole group, as if the supervisor did one thing at a time.
  if (plan_ != plan::none) {
    deferred_.push_back(request);
    return;
  }
  auto* const which = find_child(request->name);
  if (which == nullptr) {
    refuse(*request, child_errc::not_found);
    return;
  }
  switch (request->what) {
  case kind::terminate_child:
    terminate_child(request, *which);
    break;
  case kind::restart_child:
    restart_child(request, *which);
    break;
  default:
    delete_child(request, *which);
    break;
  }
}

void supervisor_core::start_child(const request_ptr& request) {
  auto& spec = *request->spec;
  request->name = spec.name();
  try {
    spec_.check(spec);
  } catch (...) {
    request->error = std::current_exception();
    answer(*request);
    return;
  }
  if (!spec.is_numbered()) {
    if (const auto* const other = find_child(spec.name()); other != nullptr) {
      refuse(*request, other->state == child_state::down ? child_errc::already_present : child_errc::already_started);
      return;
    }
  }
  auto& added = add(std::move(spec));
  request->spec.reset();
  added.added_by_request = true;
  added.starters.push_back(request);
  // A plan comes to it in the end.
  if (plan_ == plan::none)
    start(added);
}

void supervisor_core::terminate_child(const request_ptr& request, child& which) {
  switch (which.state) {
  case child_state::waiting:
    clear_due(which);
    which.state = child_state::down;
    answer(*request);
    break;
  case child_state::down:
    answer(*request);
    break;
  case child_state::starting:
  case child_state::running:
    which.stoppers.push_back(request);
    ask_to_stop(which);
    break;
  case child_state::stopping:
    which.stoppers.push_back(request);
    break;
  }
}

void supervisor_core::restart_child(const request_ptr& request, child& which) {
  switch (which.state) {
  case child_state::down:
    which.starters.push_back(request);
    start(which);
    break;
  case child_state::waiting:
    refuse(*request, child_errc::restarting);
    break;
  default:
    refuse(*request, child_errc::running);
    break;
  }
}

void supervisor_core::delete_child(const request_ptr& request, child& which) {
  switch (which.state) {
  case child_state::down:
    remove(which);
    answer(*request);
    break;
  case child_state::waiting:
    refuse(*request, child_errc::restarting);
    break;
  default:
    refuse(*request, child_errc::running);
    break;
  }
}

void supervisor_core::list_children(supervisor_request& request) const {
  request.list.reserve(children_.size());
  for (const auto& [key, each] : children_) {
    auto& info = request.list.emplace_back();
    info.name = each.spec.name();
    info.state = each.state;
    // Down for as long as its group is down.
    if (each.state == child_state::down && !closing_ && plan_ != plan::none && key >= first_)
      info.state = child_state::waiting;
    info.restart = each.spec.restart();
    info.restarts = each.restarts;
    info.actor = caf::actor_cast<caf::actor>(each.actor);
    info.last_error = each.last_error;
  }
}

supervisor_core::child* supervisor_core::find_child(std::string_view name) {
  std::uint64_t key = 0;
  {
    const std::scoped_lock guard{mutex_};
    const auto found = names_.find(name);
    if (found == names_.end())
      return nullptr;
    key = found->second.key;
  }
  return &children_.find(key)->second;
}

void supervisor_core::refuse(supervisor_request& request, child_errc why) const {
  request.error = std::make_exception_ptr(child_error{why, spec_.name(), request.name});
  answer(request);
}

void supervisor_core::answer(supervisor_request& request) {
  if (const auto who = std::exchange(request.who, nullptr))
    actors::detail::wake(who, request.id);
}

void supervisor_core::answer_all(std::vector<request_ptr>& requests, const std::exception_ptr& error) const {
  for (const auto& each : std::exchange(requests, {})) {
    each->error = error;
    answer(*each);
  }
}

} // namespace actors::supervise::detail
