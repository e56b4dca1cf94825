#include <actors/supervise/internal/supervisor_core.hpp>

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/detail/io_worker.hpp>
#include <actors/core/error.hpp>
#include <actors/core/log.hpp>
#include <actors/supervise/internal/settings.hpp>

#include <caf/actor_cast.hpp>

#include <algorithm>
#include <stdexcept>

namespace actors::supervise::detail {

namespace {

// Steps between two looks at what else has to run.
constexpr std::size_t steps_per_turn = 256;

} // namespace

supervisor_core::child::child(std::uint64_t key_arg, child_spec spec_arg, const supervisor_spec& owner)
    : key(key_arg), spec(std::move(spec_arg)),
      slot(std::make_shared<child_slot>(owner.name(), spec.name(), spec.factory().makes_supervisors())),
      pause(spec.backoff().value_or(owner.backoff().value_or(backoff_policy{}))) {}

supervisor_core::supervisor_core(supervisor_spec spec)
    : spec_(std::move(spec)), random_(spec_.seed() ? *spec_.seed() : internal::random_seed()),
      history_(spec_.intensity()) {
  spec_.check();
  for (const auto& each : spec_.children())
    static_cast<void>(add(each));
  // A numbered child may have got what is the name of another one.
  if (names_.size() != children_.size())
    throw std::invalid_argument("supervisor '" + spec_.name() + "': a name of the form 'name#number' is used twice");
}

// -- from any thread -----------------------------------------------------------------------------------------------------------------

caf::actor supervisor_core::address() const {
  const std::scoped_lock guard{mutex_};
  return host_;
}

std::shared_ptr<child_slot> supervisor_core::find(std::string_view name) const {
  const std::scoped_lock guard{mutex_};
  const auto found = names_.find(name);
  return found != names_.end() ? found->second.slot : nullptr;
}

std::shared_ptr<event_buffer> supervisor_core::subscribe(std::size_t capacity) {
  auto result = std::make_shared<event_buffer>(capacity);
  const std::scoped_lock guard{mutex_};
  if (ended_) {
    result->close();
    return result;
  }
  std::erase_if(streams_, [](const auto& each) { return each.expired(); });
  streams_.push_back(result);
  stream_count_.store(streams_.size(), std::memory_order_relaxed);
  return result;
}

bool supervisor_core::submit(const request_ptr& request) {
  supervisor_message message{supervisor_message::kind::request};
  message.request = request;
  if (inbox_.post(std::move(message)))
    return true;
  const auto error = end_error();
  const bool never_started = request->what == supervisor_request::kind::await_start && error && !is_cancelled(error);
  request->error = never_started ? error : refusal("has ended");
  return false;
}

std::exception_ptr supervisor_core::refusal(std::string_view what) const {
  return std::make_exception_ptr(stopping_error{"supervisor '" + spec_.name() + "' " + std::string{what}});
}

void supervisor_core::child_started(std::uint64_t child, std::uint64_t incarnation) {
  static_cast<void>(inbox_.post(supervisor_message{supervisor_message::kind::child_started, child, incarnation}));
}

void supervisor_core::child_ended(std::uint64_t child, std::uint64_t incarnation, const caf::error& reason) {
  supervisor_message message{supervisor_message::kind::child_ended, child, incarnation};
  message.reason = reason;
  static_cast<void>(inbox_.post(std::move(message)));
}

bool supervisor_core::check_ended(wait_node& node, const actors::detail::task_context& context, std::uint64_t id) {
  const std::scoped_lock guard{mutex_};
  if (ended_)
    return true;
  end_waiters_.push(node, context, id);
  return false;
}

void supervisor_core::forget(wait_node& node) {
  const std::scoped_lock guard{mutex_};
  end_waiters_.remove(node);
}

std::exception_ptr supervisor_core::end_error() const {
  const std::scoped_lock guard{mutex_};
  return end_error_;
}

// -- for the coroutine ---------------------------------------------------------------------------------------------------------------

void supervisor_core::begin(actors::detail::task_context& context) {
  context_ = &context;
  {
    const std::scoped_lock guard{mutex_};
    host_ = caf::actor_cast<caf::actor>(actors::detail::actor_of(context));
  }
  plan_ = plan::start;
}

void supervisor_core::turn() {
  budget_ = steps_per_turn;
  step();
  if (position_ == batch_.size()) {
    batch_.clear();
    position_ = 0;
    inbox_.take(batch_);
  }
  while (position_ < batch_.size() && spend()) {
    auto message = std::move(batch_[position_++]);
    handle(message);
    step();
  }
  while (!due_.empty() && due_.begin()->first <= now() && spend()) {
    time_is_up(children_.find(due_.begin()->second)->second);
    step();
  }
}

bool supervisor_core::busy() const {
  return position_ < batch_.size() || budget_ == 0 || next_due() <= now();
}

bool supervisor_core::spend() noexcept {
  if (budget_ == 0)
    return false;
  --budget_;
  return true;
}

void supervisor_core::cancel(std::exception_ptr reason) {
  if (!cancel_)
    cancel_ = std::move(reason);
  close();
}

void supervisor_core::rethrow() const {
  if (failure_)
    std::rethrow_exception(failure_);
  if (cancel_)
    std::rethrow_exception(cancel_);
}

void supervisor_core::abandon() noexcept {
  auto left = inbox_.close();
  std::exception_ptr error = failure_;
  if (!error)
    error = cancel_;
  if (!error && !over_)
    error = std::make_exception_ptr(cancelled{"the supervisor was killed"});
  const auto refused = refusal("has ended");
  answer_all(start_waiters_, failure_ ? failure_ : refused);
  answer_all(deferred_, refused);
  for (auto& [key, each] : children_) {
    // The library's own actors are children of this task and have ended.
    if (each.actor && each.kind == child_actor::plain)
      send_exit(each, true);
    answer_all(each.starters, refused);
    answer_all(each.stoppers, nullptr);
    each.slot->set_gone();
  }
  for (; position_ < batch_.size(); ++position_)
    left.push_back(std::move(batch_[position_]));
  for (const auto& each : left) {
    if (!each.request)
      continue;
    each.request->error = failure_ && each.request->what == supervisor_request::kind::await_start ? failure_ : refused;
    answer(*each.request);
  }
  due_.clear();
  children_.clear();
  std::vector<wake_up> waiting;
  std::vector<std::weak_ptr<event_buffer>> streams;
  caf::actor host;
  {
    const std::scoped_lock guard{mutex_};
    ended_ = true;
    end_error_ = error;
    names_.clear();
    streams.swap(streams_);
    std::swap(host, host_);
    waiting = end_waiters_.take_all();
  }
  for (const auto& each : streams)
    if (const auto buffer = each.lock())
      buffer->close();
  deliver(waiting);
}

// -- telling -------------------------------------------------------------------------------------------------------------------------

bool supervisor_core::anybody_listens() const {
  return !spec_.handlers().empty() || stream_count_.load(std::memory_order_relaxed) != 0;
}

child_event supervisor_core::event(child_event_kind kind, const child& about) const {
  child_event result{kind, spec_.name(), about.spec.name()};
  result.actor = caf::actor_cast<caf::actor>(about.actor);
  result.restarts = about.restarts;
  return result;
}

void supervisor_core::emit(const child_event& event) {
  for (const auto& handler : spec_.handlers()) {
    try {
      handler(event);
    } catch (...) {
      log(log_level::error, "an event handler failed: " + actors::describe(std::current_exception()));
    }
  }
  if (stream_count_.load(std::memory_order_relaxed) == 0)
    return;
  std::vector<std::shared_ptr<event_buffer>> buffers;
  {
    const std::scoped_lock guard{mutex_};
    for (const auto& each : streams_)
      if (auto buffer = each.lock())
        buffers.push_back(std::move(buffer));
    if (buffers.size() != streams_.size()) {
      std::erase_if(streams_, [](const auto& each) { return each.expired(); });
      stream_count_.store(streams_.size(), std::memory_order_relaxed);
    }
  }
  for (const auto& each : buffers)
    each->push(event);
}

void supervisor_core::log(log_level level, const std::string& text) const {
  actors::detail::log_of(actors::detail::core_of(*context_))
      .write({level, "supervisor", "'" + spec_.name() + "': " + text});
}

// -- time ----------------------------------------------------------------------------------------------------------------------------

time_point supervisor_core::now() const {
  return actors::detail::now_of(actors::detail::core_of(*context_));
}

time_point supervisor_core::next_due() const {
  auto result = due_.empty() ? time_point::max() : due_.begin()->first;
  if (plan_ == plan::pause)
    result = std::min(result, plan_due_);
  return result;
}

} // namespace actors::supervise::detail
