#include <actors/core/detail/service_actor.hpp>

#include <actors/core/detail/introspection.hpp>
#include <actors/core/detail/run_with_values.hpp>
#include <actors/core/error.hpp>
#include <actors/core/internal/runtime_core.hpp>
#include <actors/core/service.hpp>

#include <caf/exit_reason.hpp>
#include <caf/sec.hpp>

#include <algorithm>
#include <utility>

namespace actors::detail {

// -- call --------------------------------------------------------------------------------------------------------------------------

/// Cancels a call when the time that its caller gave it is up.
class call::limit final : public waiter {
public:
  limit(call& target, time_point deadline) : target_(&target) {
    arm(target);
    timer_.arm(target.host(), id(), deadline);
  }

private:
  void on_wake() override {
    target_->out_of_time_ = true;
    target_->request_cancel(cancelled{"the caller's time is up"});
  }

  call* target_;
  timer timer_;
};

call::call(service_actor& actor, reply_address reply)
    : task_context(static_cast<host_actor&>(actor)), actor_(&actor), reply_(std::move(reply)) {}

call::~call() = default;

void call::limit_by(const call_context& context) {
  call_id_ = context.call_id;
  if (context.time_left_ns < 0)
    return;
  const auto deadline = saturating_add(actor_->core().now(), duration{context.time_left_ns});
  set_deadline(deadline);
  limit_ = std::make_unique<limit>(*this, deadline);
}

std::exception_ptr call::error_for_caller(const std::exception_ptr& error) {
  // This answer may overtake the caller's own timer, and nobody has cancelled the caller.
  if (out_of_time_ && is_cancelled(error))
    return std::make_exception_ptr(timeout_error{"the request timed out"});
  return actor_->handler_failed(error);
}

/// `on_start` or `on_stop` as a call that nobody waits for.
class service_actor::life_cycle_call final : public call {
public:
  life_cycle_call(service_actor& actor, context_values values, task<void> root)
      : call(actor, {}), root_(std::move(root)) {
    static_cast<void>(exchange_values(std::move(values)));
  }

  void start() override {
    const auto handle = root_.release();
    root_ = task<void>{handle};
    handle.promise().start_in(*this, {});
    drive(handle);
  }

private:
  void on_root_done() override {
    const auto handle = root_.release();
    const auto error = handle.promise().result().error();
    handle.destroy();
    actor().life_cycle_ended(error); // destroys this
  }

  task<void> root_;
};

// -- service_actor -----------------------------------------------------------------------------------------------------------------

service_actor::service_actor(caf::actor_config& config, runtime_core& core, const task_origin& origin,
                             std::unique_ptr<service> object)
    : host_actor(config, core, origin), task_context(static_cast<host_actor&>(*this)), object_(std::move(object)) {
  object_->actor_ = this;
  set_deadline(origin.deadline);
  static_cast<void>(exchange_values(origin.values));
}

service_actor::~service_actor() = default;

void service_actor::look_inside(actor_view& view) const {
  view.kind = actor_kind::service;
  const std::scoped_lock guard{calls_mutex_};
  if (life_cycle_)
    life_cycle_->look(view.waits);
  for (const auto* i = calls_; i != nullptr; i = i->next_) {
    ++view.calls;
    i->look(view.waits);
  }
}

void service_actor::reply(const reply_address& to, caf::message answer) {
  to.caller->enqueue(caf::strong_actor_ptr{ctrl()}, to.request.response_id(), std::move(answer), unit());
}

// -- life ----------------------------------------------------------------------------------------------------------------------------

void service_actor::run_life_cycle(task<void> step) {
  auto started = std::make_unique<life_cycle_call>(*this, values(), std::move(step));
  {
    const std::scoped_lock guard{calls_mutex_};
    life_cycle_ = std::move(started);
  }
  life_cycle_->start();
}

void service_actor::drop_life_cycle() noexcept {
  std::unique_ptr<call> dropped;
  const std::scoped_lock guard{calls_mutex_};
  dropped = std::move(life_cycle_);
}

void service_actor::on_start() {
  internal::counter_block::add(counters().services_started);
  if (phase_ == phase::starting)
    run_life_cycle(object_->on_start());
}

void service_actor::life_cycle_ended(const std::exception_ptr& error) {
  drop_life_cycle();
  if (phase_ == phase::stopping) {
    if (error)
      keep_failure(error);
    finish();
    return;
  }
  // The end of on_start. A service that was asked to stop meanwhile, or that could not start, never serves.
  const bool stopped_early = phase_ == phase::draining;
  if (error) {
    if (!stopped_early || !is_cancelled(error))
      keep_failure(error);
    finish();
    return;
  }
  // One that has failed and returned all the same has not started either.
  if (stopped_early || failing_.load(std::memory_order_relaxed)) {
    phase_ = phase::draining;
    drain();
    return;
  }
  phase_ = phase::serving;
  if (serving_)
    serving_();
  while (!waiting_.empty() && phase_ == phase::serving && !failing_.load(std::memory_order_relaxed)) {
    const auto early = waiting_.take_first();
    serve(*early.element, core().now() - early.arrival);
  }
}

void service_actor::on_cancel_request(const caf::error&) {
  stop_serving();
}

void service_actor::stop_serving() {
  switch (phase_) {
  case phase::starting:
    phase_ = phase::draining;
    // Not started at all, or in the middle of on_start, whose end goes on from here.
    if (life_cycle_)
      life_cycle_->request_cancel(why_calls_end());
    else
      finish();
    break;
  case phase::serving:
    phase_ = phase::draining;
    drain();
    break;
  default:
    break;
  }
}

cancelled service_actor::why_calls_end() const {
  return cancelled{failing_.load(std::memory_order_relaxed) ? "the service has failed" : "the service is stopping"};
}

void service_actor::drain() {
  for (const auto& early : waiting_.take_all())
    on_content(*early.element);
  // Cancelling a call may end it at once, but no other: those are woken by messages only.
  for (auto* i = calls_; i != nullptr;) {
    auto* const next = i->next_;
    i->request_cancel(why_calls_end());
    i = next;
  }
  if (calls_ == nullptr && phase_ == phase::draining)
    stop_object();
}

void service_actor::stop_object() {
  phase_ = phase::stopping;
  run_life_cycle(object_->on_stop());
}

void service_actor::finish() {
  phase_ = phase::over;
  for (const auto& early : waiting_.take_all())
    on_content(*early.element);
  if (close())
    end();
  else
    cancel_all(make_caf_error(errc::cancelled, "the service has ended"));
}

void service_actor::on_family_deserted() {
  if (killed_)
    finish_kill();
  else
    end();
}

void service_actor::on_kill_request() {
  if (killed_ || ended())
    return;
  killed_ = true;
  for (auto* i = calls_; i != nullptr; i = i->next_)
    i->waits_for_pending = i->blocks_kill();
  if (life_cycle_)
    life_cycle_->waits_for_pending = life_cycle_->blocks_kill();
  kill_all();
  if (close())
    finish_kill();
}

bool service_actor::admits_wake(const waiter& target) {
  if (!killed_) {
    if (!failing_.load(std::memory_order_relaxed) || phase_ != phase::serving)
      return true;
    // Nobody takes one more step on the state that was given up, except to clean up.
    const auto id = target.id();
    stop_serving();
    return waiters().find(id) != nullptr;
  }
  for (auto* i = calls_; i != nullptr; i = i->next_)
    if (i->waits_on(target))
      i->waits_for_pending = false;
  if (life_cycle_ && life_cycle_->waits_on(target))
    life_cycle_->waits_for_pending = false;
  if (empty())
    finish_kill();
  return false;
}

void service_actor::finish_kill() {
  if (ended() || (life_cycle_ && life_cycle_->waits_for_pending))
    return;
  for (auto* i = calls_; i != nullptr; i = i->next_)
    if (i->waits_for_pending)
      return;
  phase_ = phase::over;
  drop_life_cycle();
  while (calls_ != nullptr) {
    std::unique_ptr<call> dropped;
    {
      const std::scoped_lock guard{calls_mutex_};
      dropped.reset(std::exchange(calls_, calls_->next_));
    }
    // Whoever hears of it may look whether the call is gone.
    const auto to = std::move(dropped->reply_);
    dropped.reset();
    refuse(to);
  }
  calls_by_id_.clear();
  orphan_waiters();
  for (const auto& early : waiting_.take_all())
    refuse({early.element->sender, early.element->mid});
  end();
}

// -- failure -------------------------------------------------------------------------------------------------------------------------

void service_actor::fail(const std::exception_ptr& error) {
  std::exception_ptr first;
  {
    const std::scoped_lock guard{reported_mutex_};
    if (!reported_)
      reported_ = error;
    else
      first = reported_;
  }
  if (first) {
    if (first != error)
      core().log().write(
          {log_level::error, "service", std::string{name()} + ", which is failing, also failed: " + describe(error)});
    return;
  }
  failing_.store(true, std::memory_order_release);
  // The step that is running ends first; what stops the service comes by message.
  send_cancel(make_caf_error(errc::crashed, "the service has failed"));
}

std::exception_ptr service_actor::reported_failure() const {
  const std::scoped_lock guard{reported_mutex_};
  return reported_;
}

std::exception_ptr service_actor::handler_failed(const std::exception_ptr& error) {
  const bool crashes = object_->policy_ == failure_policy::crash;
  if (!crashes && !failing_.load(std::memory_order_acquire))
    return error;
  // A call that was cancelled is no failure; but it was the service that cancelled it if that is failing.
  if (!is_cancelled(error)) {
    if (!crashes)
      return error;
    fail(error);
  }
  return failing_.load(std::memory_order_acquire) ? to_exception(refusal()) : error;
}

void service_actor::keep_failure(const std::exception_ptr& error) {
  const auto reported = reported_failure();
  failure_ = reported ? reported : error;
  if (reported && reported != error && !is_cancelled(error))
    core().log().write(
        {log_level::error, "service", std::string{name()} + ", which is failing, also failed: " + describe(error)});
}

caf::error service_actor::refusal() const {
  const auto reported = reported_failure();
  if (const auto& error = reported ? reported : failure_)
    return make_caf_error(errc::crashed, std::string{name()} + " has failed: " + describe(error));
  if (killed_)
    return caf::make_error(caf::sec::request_receiver_down);
  return make_caf_error(errc::stopping, std::string{name()} + " is stopping");
}

void service_actor::on_end(caf::execution_unit* unit) {
  // The object first: what it holds belongs to this actor's life.
  object_.reset();
  if (const auto reported = reported_failure(); reported && !failure_)
    failure_ = reported;
  auto& counted = counters();
  if (!started())
    internal::counter_block::add(counted.services_started);
  internal::counter_block::add(failure_ ? counted.services_failed : counted.services_ended);
  caf::error reason;
  if (killed_)
    reason = caf::make_error(caf::exit_reason::kill);
  else if (failure_)
    reason = to_caf_error(failure_);
  if (failure_ && !serving_)
    core().log().write({log_level::error, "service", std::string{name()} + " failed: " + describe(failure_)});
  shut(std::move(reason), unit, failure_ ? refusal() : caf::error{});
}

// -- calls ---------------------------------------------------------------------------------------------------------------------------

void service_actor::refuse(const reply_address& to) {
  if (to.wanted())
    reply(to, caf::make_message(refusal()));
}

void service_actor::on_content(caf::mailbox_element& element) {
  if (killed_) {
    refuse({element.sender, element.mid});
    return;
  }
  if (const auto& content = element.payload; content.size() == 1 && content.match_element<cancel_call>(0)) {
    cancel_one(element.sender, content.get_as<cancel_call>(0));
    return;
  }
  if (phase_ == phase::serving && failing_.load(std::memory_order_relaxed))
    stop_serving();
  switch (phase_) {
  case phase::starting:
    waiting_.add(element, core().now());
    break;
  case phase::serving:
    serve(element, duration::zero());
    break;
  default:
    refuse({element.sender, element.mid});
    break;
  }
}

void service_actor::serve(caf::mailbox_element& element, duration waited) {
  auto& content = element.payload;
  const reply_address to{std::move(element.sender), element.mid};
  const bool with_context = !content.empty() && content.match_element<call_context>(0);
  for (const auto& handler : object_->handlers_) {
    if (!handler->accepts(content, with_context))
      continue;
    call_context context;
    if (with_context) {
      context = content.get_as<call_context>(0);
      if (context.time_left_ns >= 0)
        context.time_left_ns = std::max<std::int64_t>(0, context.time_left_ns - waited.count());
    }
    // A call belongs to its caller's trace, whatever the service was spawned in.
    auto carried = values().with_trace(std::move(context.trace));
    std::unique_ptr<call> started;
    {
      const running_scope scope{*this};
      const context_values_scope values_scope{*this, carried};
      started = handler->invoke(*this, to, content, with_context);
    }
    if (started)
      start_call(std::move(started), with_context ? &context : nullptr, std::move(carried));
    return;
  }
  if (to.wanted())
    reply(to, caf::make_message(caf::make_error(caf::sec::unexpected_message)));
}

void service_actor::start_call(std::unique_ptr<call> started, const call_context* context, context_values values) {
  auto& added = *started.release();
  static_cast<void>(added.exchange_values(std::move(values)));
  {
    const std::scoped_lock guard{calls_mutex_};
    added.next_ = calls_;
    if (calls_ != nullptr)
      calls_->previous_ = &added;
    calls_ = &added;
  }
  if (context != nullptr)
    added.limit_by(*context);
  added.start();
}

void service_actor::call_ended(call& ended) noexcept {
  if (ended.in_map_)
    calls_by_id_.erase({ended.reply_.caller.get(), ended.call_id_});
  {
    const std::scoped_lock guard{calls_mutex_};
    (ended.previous_ != nullptr ? ended.previous_->next_ : calls_) = ended.next_;
    if (ended.next_ != nullptr)
      ended.next_->previous_ = ended.previous_;
  }
  delete &ended;
  if (calls_ == nullptr && phase_ == phase::draining && !life_cycle_)
    stop_object();
}

service_actor::call_map& service_actor::calls_by_id() {
  // New calls are at the front, so those not seen yet end at the first one that was.
  for (auto* next = calls_; next != nullptr && !next->seen_; next = next->next_) {
    next->seen_ = true;
    // A caller that uses a number twice breaks the rules, and can cancel only one of the two.
    if (next->call_id_ != 0)
      next->in_map_ = calls_by_id_.try_emplace({next->reply_.caller.get(), next->call_id_}, next).second;
  }
  return calls_by_id_;
}

void service_actor::cancel_one(const caf::strong_actor_ptr& caller, const cancel_call& request) {
  const call_key key{caller.get(), request.call_id};
  const auto& running_calls = calls_by_id();
  if (const auto running = running_calls.find(key); running != running_calls.end()) {
    running->second->request_cancel(cancelled{request.reason});
    return;
  }
  const auto early = waiting_.take(key);
  if (!early.element)
    return;
  const reply_address to{early.element->sender, early.element->mid};
  if (to.wanted())
    reply(to, caf::make_message(make_caf_error(errc::cancelled, request.reason)));
}

} // namespace actors::detail
