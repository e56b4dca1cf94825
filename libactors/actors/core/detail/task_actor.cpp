#include <actors/core/detail/task_actor.hpp>

#include <actors/core/detail/exception_cast.hpp>
#include <actors/core/detail/introspection.hpp>
#include <actors/core/detail/told_group.hpp>
#include <actors/core/error.hpp>
#include <actors/core/internal/runtime_core.hpp>

#include <caf/exit_reason.hpp>
#include <caf/message.hpp>
#include <caf/typed_message_view.hpp>

#include <mutex>
#include <utility>

namespace actors::detail {

namespace {

std::string place(const std::source_location& where) {
  return std::string{where.file_name()} + ":" + std::to_string(where.line());
}

} // namespace

/// What will be logged when the last handle goes and nobody has looked. Holds the sink, because handles may outlive the
/// runtime.
struct task_actor::unretrieved_error {
  std::shared_ptr<log_sink> sink;
  std::string text;
};

task_actor::task_actor(caf::actor_config& config, runtime_core& core, const task_origin& origin)
    : host_actor(config, core, origin), task_context(static_cast<host_actor&>(*this)), index_(origin.index),
      log_unretrieved_(origin.log_unretrieved) {
  set_deadline(origin.deadline);
  static_cast<void>(exchange_values(origin.values));
}

task_actor::~task_actor() {
  if (unretrieved_ && !retrieved_.load(std::memory_order_relaxed))
    unretrieved_->sink->write({log_level::error, "task", unretrieved_->text});
}

// -- from any thread -----------------------------------------------------------------------------------------------------------------

bool task_actor::cancel(std::string_view reason) {
  if (done())
    return false;
  if (sink() == nullptr || sink() != told_group::current())
    send_cancel(make_caf_error(errc::cancelled, reason));
  return true;
}

bool task_actor::watch(completion_watcher& watcher) noexcept {
  const std::scoped_lock guard{watchers_mutex_};
  if (done())
    return false;
  watcher.previous_ = nullptr;
  watcher.next_ = watchers_;
  if (watchers_ != nullptr)
    watchers_->previous_ = &watcher;
  watchers_ = &watcher;
  return true;
}

void task_actor::unwatch(completion_watcher& watcher) noexcept {
  const std::scoped_lock guard{watchers_mutex_};
  // Told already: then it is in no list.
  if (watcher.previous_ == nullptr && watchers_ != &watcher)
    return;
  (watcher.previous_ != nullptr ? watcher.previous_->next_ : watchers_) = watcher.next_;
  if (watcher.next_ != nullptr)
    watcher.next_->previous_ = watcher.previous_;
  watcher.next_ = watcher.previous_ = nullptr;
}

// -- steps ---------------------------------------------------------------------------------------------------------------------------

void task_actor::on_start() {
  if (ended())
    return;
  if (!std::exchange(start_counted_, true))
    internal::counter_block::add(counters().tasks_started);
  drive(begin());
}

void task_actor::on_root_done() {
  settle();
  settled_ = true;
  finish_when_childless();
}

void task_actor::finish_when_childless() {
  // A child may refer to what its parent's caller holds, so none outlives the parent, however that ended.
  if (close())
    end();
  else
    cancel_all(make_caf_error(errc::cancelled, "the parent task has ended"));
}

void task_actor::on_family_deserted() {
  if (killed_)
    finish_kill();
  else
    end();
}

void task_actor::on_cancel_request(const caf::error& reason) {
  // A task that has returned and waits for its children cannot be cancelled any more.
  if (settled_ || ended() || killed_)
    return;
  const auto error = to_exception(reason);
  const auto* const asked = exception_cast<cancelled>(error);
  // Otherwise a linked actor has failed: its error is the reason.
  const auto request = asked != nullptr ? *asked : cancelled{caf::to_string(reason)};
  if (!started()) {
    abandon(std::make_exception_ptr(request));
    settled_ = true;
    end();
    return;
  }
  request_cancel(request);
}

void task_actor::on_kill_request() {
  if (killed_ || ended())
    return;
  killed_ = true;
  waits_for_pending_ = !settled_ && kill_pending();
  kill_all();
  if (close())
    finish_kill();
}

bool task_actor::admits_wake(const waiter& target) {
  if (!killed_)
    return true;
  // The coroutine must not run any more. Once what it waited for has ended, its frame may go.
  if (&target == pending())
    waits_for_pending_ = false;
  if (empty())
    finish_kill();
  return false;
}

void task_actor::finish_kill() {
  if (waits_for_pending_ || ended())
    return;
  if (!settled_) {
    forget_pending();
    abandon(std::make_exception_ptr(cancelled{"killed"}));
    orphan_waiters();
    settled_ = true;
  }
  end();
}

void task_actor::prepare_report(const std::exception_ptr& failure) {
  if (!log_unretrieved_ || is_cancelled(failure))
    return;
  unretrieved_ = std::make_unique<unretrieved_error>();
  unretrieved_->sink = core().shared_log();
  unretrieved_->text = std::string{"task "} + name() + " (spawned at " + place(where()) +
                       ") failed and nobody asked for its result: " + describe(failure);
}

void task_actor::look_inside(actor_view& view) const {
  view.kind = actor_kind::task;
  task_context::look(view.waits);
  // The coroutine has returned, its children have not.
  if (view.waits.empty() && view.activity == actor_activity::waiting && !view.children.empty()) {
    wait_view wait;
    wait.kind = "children";
    wait.targets = view.children;
    view.waits.push_back(std::move(wait));
  }
}

void task_actor::on_end(caf::execution_unit* unit) {
  const auto failure = error();
  auto& counted = counters();
  if (!start_counted_)
    internal::counter_block::add(counted.tasks_started);
  if (failure) {
    internal::counter_block::add(killed_ || is_cancelled(failure) ? counted.tasks_cancelled : counted.tasks_failed);
    prepare_report(failure);
  } else {
    internal::counter_block::add(counted.tasks_completed);
  }
  {
    // Those to wake are collected one by one: each is told under the lock and woken after it.
    std::unique_lock guard{watchers_mutex_};
    done_.store(true, std::memory_order_release);
    while (watchers_ != nullptr) {
      auto& watcher = *watchers_;
      watchers_ = watcher.next_;
      if (watchers_ != nullptr)
        watchers_->previous_ = nullptr;
      watcher.next_ = watcher.previous_ = nullptr;
      std::uint64_t id = 0;
      const auto target = watcher.completed_(watcher, *this, id);
      if (!target)
        continue;
      guard.unlock();
      static_cast<host_actor*>(target->get())->wake(id);
      guard.lock();
    }
  }
  caf::error reason;
  if (killed_)
    reason = caf::make_error(caf::exit_reason::kill);
  else if (failure)
    reason = to_caf_error(failure);
  if (sink() != nullptr)
    sink()->child_ended(*this);
  shut(std::move(reason), unit);
}

} // namespace actors::detail
