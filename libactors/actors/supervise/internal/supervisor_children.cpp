#include <actors/core/detail/host_actor.hpp>
#include <actors/core/detail/io_worker.hpp>
#include <actors/core/detail/make_task.hpp>
#include <actors/core/detail/service_actor.hpp>
#include <actors/core/detail/task_actor.hpp>
#include <actors/core/error.hpp>
#include <actors/supervise/internal/settings.hpp>
#include <actors/supervise/internal/supervisor_core.hpp>

#include <caf/actor_cast.hpp>
#include <caf/actor_registry.hpp>
#include <caf/actor_system.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <stdexcept>

namespace actors::supervise::detail {

namespace {

// How long a killed child may take before the log names it, and again each time twice as long after that.
constexpr duration first_overdue = std::chrono::seconds{10};

bool holds(const caf::actor_registry& registry, const std::string& name, caf::actor_id id) {
  const auto found = registry.get<caf::strong_actor_ptr>(name);
  return found && found->id() == id;
}

/// Enters an actor under a name that is free.
void enter(caf::actor_registry& registry, const std::string& name, const caf::strong_actor_ptr& actor) {
  registry.put(name, actor);
  if (holds(registry, name, actor->id()))
    return;
  const auto other = registry.get<caf::strong_actor_ptr>(name);
  throw std::runtime_error("the name '" + name + "' is taken in the registry" +
                           (other ? " by actor " + std::to_string(other->id()) : std::string{}));
}

} // namespace

/// One start of one child.
class supervisor_core::launch final : public child_launch {
public:
  launch(supervisor_core& owner, child& which, const actors::detail::task_origin& origin)
      : child_launch(owner.context_->host().home_system(), actors::detail::core_of(*owner.context_), origin,
                     started_signal{owner.weak_from_this(), which.key, which.incarnation}),
        owner_(&owner), which_(&which) {}

  void prepare(const caf::strong_actor_ptr& actor, child_actor kind) override {
    auto& registry = actor->home_system->registry();
    const auto& name = which_->spec.registered_name();
    try {
      if (!name.empty())
        enter(registry, name, actor);
      if (kind != child_actor::plain &&
          !origin().parent->adopt(static_cast<actors::detail::host_actor&>(*actor->get()))) {
        if (!name.empty())
          registry.erase(name);
        actors::detail::throw_not_adopted();
      }
    } catch (...) {
      if (kind == child_actor::plain)
        caf::anon_send_exit(caf::actor_cast<caf::actor>(actor), caf::exit_reason::kill);
      throw;
    }
    which_->actor = actor;
    which_->kind = kind;
    // On the thread that ends the actor, once its frames and its children are gone.
    actor->get()->attach_functor([core = owner_->weak_from_this(), system = actor->home_system, name, id = actor->id(),
                                  key = which_->key, incarnation = which_->incarnation](const caf::error& reason) {
      if (!name.empty() && holds(system->registry(), name, id))
        system->registry().erase(name);
      if (const auto owner = core.lock())
        owner->child_ended(key, incarnation, reason);
    });
  }

  void nested(const std::shared_ptr<supervisor_core>& core) override { which_->slot->set_nested(core); }

private:
  supervisor_core* owner_;
  child* which_;
};

// -- the list ------------------------------------------------------------------------------------------------------------------------

supervisor_core::child& supervisor_core::add(child_spec spec) {
  const auto key = ++last_key_;
  if (spec.is_numbered()) {
    const auto base = spec.name();
    auto number = key;
    do
      spec.rename(base + "#" + std::to_string(number++));
    while (find(spec.name()));
  }
  auto& added = children_.try_emplace(key, key, std::move(spec), spec_).first->second;
  const std::scoped_lock guard{mutex_};
  names_.try_emplace(added.spec.name(), entry{key, added.slot});
  return added;
}

void supervisor_core::remove(child& which) {
  clear_due(which);
  which.slot->set_gone();
  {
    const std::scoped_lock guard{mutex_};
    names_.erase(which.spec.name());
  }
  children_.erase(which.key);
}

void supervisor_core::set_due(child& which, time_point when) {
  clear_due(which);
  if (when == time_point::max())
    return;
  which.due = when;
  due_.emplace(when, which.key);
}

void supervisor_core::clear_due(child& which) {
  if (which.due == time_point::max())
    return;
  due_.erase({which.due, which.key});
  which.due = time_point::max();
}

// -- start ---------------------------------------------------------------------------------------------------------------------------

void supervisor_core::start(child& which) {
  clear_due(which);
  which.state = child_state::starting;
  which.incarnation = ++last_incarnation_;
  which.kill_sent = false;
  which.overdue = duration::zero();
  const auto options = spawn_options{}.name(which.spec.name()).run_on(which.spec.run_on());
  auto origin = actors::detail::child_origin(*context_, options, std::source_location::current());
  // The supervisor knows of every error.
  origin.log_unretrieved = false;
  launch start{*this, which, origin};
  bool has_started = false;
  try {
    has_started = which.spec.factory().launch(start);
  } catch (...) {
    which.actor = nullptr;
    which.state = child_state::down;
    which.slot->set_down();
    start_failed(which, std::current_exception());
    return;
  }
  if (has_started)
    started(which);
  else if (which.spec.start_within() != forever)
    set_due(which, saturating_add(now(), which.spec.start_within()));
}

void supervisor_core::started(child& which) {
  clear_due(which);
  which.state = child_state::running;
  which.started_once = true;
  which.announced = true;
  which.up_since = now();
  // The plan is done with it, even if it ends before the plan goes on.
  if (plan_ == plan::start && which.key >= cursor_)
    cursor_ = which.key + 1;
  which.slot->set_up(caf::actor_cast<caf::actor>(which.actor));
  if (anybody_listens())
    emit(event(child_event_kind::started, which));
  for (const auto& each : std::exchange(which.starters, {})) {
    each->child = child_ref{which.slot};
    answer(*each);
  }
}

void supervisor_core::start_failed(child& which, std::exception_ptr error) {
  which.last_error = error;
  if (spec_.logs_failures())
    log(log_level::warning, "child '" + which.spec.name() + "' failed to start: " + actors::describe(error));
  if (anybody_listens()) {
    auto told = event(child_event_kind::start_failed, which);
    told.error = error;
    emit(told);
  }
  // A plan that is about to start it again, or nobody ever will.
  if (closing_ || about_to_stop(which))
    return;
  // Somebody asked for this start and decides what to do.
  if (!which.starters.empty()) {
    answer_all(which.starters, error);
    if (which.added_by_request && !which.started_once)
      remove(which);
    return;
  }
  if (opening_ && !which.started_once && which.restarts == 0) {
    failure_ = std::make_exception_ptr(start_error{spec_.name(), which.spec.name(), error});
    close();
    return;
  }
  restart(which, error, true);
}

// -- end -----------------------------------------------------------------------------------------------------------------------------

supervisor_core::exit supervisor_core::exit_of(const child& which, const caf::error& reason) {
  if (reason == caf::exit_reason::kill)
    return {exit_kind::killed, to_exception(reason)};
  std::exception_ptr error;
  switch (which.kind) {
  case child_actor::task:
    error = static_cast<actors::detail::task_actor&>(*which.actor->get()).error();
    break;
  case child_actor::service:
    error = static_cast<actors::detail::service_actor&>(*which.actor->get()).failure();
    break;
  case child_actor::plain:
    if (reason == caf::exit_reason::user_shutdown)
      return {exit_kind::orderly, nullptr};
    error = to_exception(reason);
    break;
  }
  if (!error)
    return {exit_kind::normal, nullptr};
  if (is_cancelled(error))
    return {exit_kind::orderly, nullptr};
  return {exit_kind::error, error};
}

void supervisor_core::ended(child& which, const caf::error& reason) {
  const auto how = exit_of(which, reason);
  const auto before = which.state;
  clear_due(which);
  which.slot->set_down();
  if (how.error)
    which.last_error = how.error;
  if (how.error && spec_.logs_failures() && !(which.kill_sent && how.kind == exit_kind::killed))
    log(log_level::warning, "child '" + which.spec.name() + "' ended: " + actors::describe(how.error));
  if (std::exchange(which.announced, false) && anybody_listens()) {
    auto told = event(child_event_kind::exited, which);
    told.exit = how.kind;
    told.error = how.error;
    emit(told);
  }
  which.actor = nullptr;
  which.state = child_state::down;
  auto stoppers = std::exchange(which.stoppers, {});
  if (auto timeout = std::exchange(which.start_timeout, nullptr)) {
    // Terminated as well: then nobody wants it any more.
    if (stoppers.empty() && plan_ != plan::stop)
      start_failed(which, std::move(timeout));
  } else if (before == child_state::starting) {
    start_failed(which,
                 how.error ? how.error : std::make_exception_ptr(std::runtime_error{"it ended before it had started"}));
    return;
  } else if (before == child_state::running) {
    ended_by_itself(which, how);
    return;
  }
  if (!stoppers.empty()) {
    if (!which.starters.empty()) {
      for (const auto& each : std::exchange(which.starters, {}))
        refuse(*each, child_errc::terminated);
    }
    if (which.spec.restart() == restart::temporary)
      remove(which);
    answer_all(stoppers, nullptr);
  }
}

bool supervisor_core::about_to_stop(const child& which) const noexcept {
  return (plan_ == plan::stop || plan_ == plan::pause) && which.key >= first_;
}

void supervisor_core::ended_by_itself(child& which, const exit& how) {
  if (closing_)
    return;
  if (now() - which.up_since >= (which.spec.backoff() ? which.spec.stable_after() : spec_.stable_after()))
    which.pause.reset();
  const bool failed = how.kind == exit_kind::error || how.kind == exit_kind::killed;
  const auto kind = which.spec.restart();
  if (kind == restart::permanent || (kind == restart::transient && failed)) {
    // A plan that is about to stop and start it anyway saves the restart.
    if (about_to_stop(which))
      return;
    restart(which, how.error, false);
    return;
  }
  check_auto_shutdown(which);
  if (kind == restart::temporary)
    remove(which);
}

void supervisor_core::restart(child& which, const std::exception_ptr& error, bool failed_start) {
  const auto moment = now();
  if (history_.add(moment)) {
    give_up(which, error);
    return;
  }
  duration delay = duration::zero();
  if (which.spec.backoff() || spec_.backoff())
    delay = which.pause.next(random_);
  ++which.restarts;
  if (anybody_listens()) {
    auto told = event(child_event_kind::restarting, which);
    told.error = error;
    told.delay = delay;
    emit(told);
  }
  const auto due = saturating_add(moment, delay);
  if (spec_.strategy() != strategy::one_for_one) {
    regroup(which, due);
  } else if (delay == duration::zero() && !failed_start) {
    start(which);
  } else {
    // A start that fails at once comes back by the clock, so that others get their turn.
    which.state = child_state::waiting;
    set_due(which, due);
  }
}

// -- stop ----------------------------------------------------------------------------------------------------------------------------

void supervisor_core::send_exit(const child& which, bool kill) {
  if (which.kind == child_actor::plain) {
    caf::anon_send_exit(caf::actor_cast<caf::actor>(which.actor),
                        kill ? caf::exit_reason::kill : caf::exit_reason::user_shutdown);
    return;
  }
  auto& actor = static_cast<actors::detail::host_actor&>(*which.actor->get());
  if (kill)
    actor.send_kill();
  else
    actor.send_cancel(make_caf_error(errc::cancelled, "its supervisor stops it"));
}

void supervisor_core::ask_to_stop(child& which) {
  which.state = child_state::stopping;
  const auto patience = which.spec.stop_within();
  if (patience == duration::zero()) {
    kill(which);
    return;
  }
  clear_due(which);
  if (patience != forever)
    set_due(which, saturating_add(now(), patience));
  send_exit(which, false);
}

void supervisor_core::kill(child& which) {
  which.kill_sent = true;
  which.overdue = first_overdue;
  set_due(which, saturating_add(now(), first_overdue));
  send_exit(which, true);
}

// It blocks something else than the stop of the others from now on. Should it end after all, that is told as ever.
void supervisor_core::abandon(child& which) {
  which.state = child_state::down;
  if (anybody_listens())
    emit(event(child_event_kind::abandoned, which));
}

void supervisor_core::time_is_up(child& which) {
  clear_due(which);
  switch (which.state) {
  case child_state::waiting:
    start(which);
    break;
  case child_state::starting:
    which.start_timeout = std::make_exception_ptr(
        timeout_error{"it had not started after " + internal::seconds(which.spec.start_within())});
    ask_to_stop(which);
    break;
  case child_state::stopping:
    if (!which.kill_sent) {
      if (spec_.logs_failures())
        log(log_level::warning, "child '" + which.spec.name() + "' did not stop within " +
                                    internal::seconds(which.spec.stop_within()) + " and is killed");
      kill(which);
      break;
    }
    log(log_level::error, "child '" + which.spec.name() + "' was killed " + internal::seconds(which.overdue) +
                              " ago and has not ended" + (closing_ ? "; the others are stopped without it" : ""));
    if (closing_) {
      abandon(which);
      break;
    }
    set_due(which, saturating_add(now(), which.overdue));
    which.overdue = which.overdue < forever / 2 ? which.overdue * 2 : forever;
    break;
  default:
    break;
  }
}

} // namespace actors::supervise::detail
