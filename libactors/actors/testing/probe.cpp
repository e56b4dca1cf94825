#include <actors/testing/probe.hpp>

#include <actors/core/call_context.hpp>
#include <actors/core/detail/host_actor.hpp>
#include <actors/core/detail/io_worker.hpp>
#include <actors/core/detail/timer.hpp>
#include <actors/core/error.hpp>

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/after.hpp>
#include <caf/default_attachable.hpp>
#include <caf/detail/meta_object.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/send.hpp>

#include <deque>
#include <mutex>

namespace actors::testing {

namespace detail {

// -- probe_message -------------------------------------------------------------------------------------------------------

probe_message::probe_message(caf::strong_actor_ptr probe, caf::strong_actor_ptr sender, caf::message_id id,
                             caf::message content)
    : probe_(std::move(probe)), sender_(std::move(sender)), id_(id), content_(std::move(content)),
      first_(!content_.empty() && content_.match_element<call_context>(0) ? 1 : 0) {}

bool probe_message::is_request() const noexcept {
  return id_.is_request() && sender_ != nullptr;
}

bool probe_message::has_types(caf::type_id_list types) const noexcept {
  const auto own = content_.types();
  if (own.size() != types.size() + first_)
    return false;
  for (std::size_t i = 0; i < types.size(); ++i)
    if (own[i + first_] != types[i])
      return false;
  return true;
}

std::string probe_message::to_string() const {
  std::string result;
  const auto types = content_.types();
  for (std::size_t i = first_; i < types.size(); ++i) {
    if (i > first_)
      result.append(", ");
    caf::detail::global_meta_object(types[i])->stringify(result, content_.cdata().at(i));
  }
  return result.empty() ? "an empty message" : result;
}

void probe_message::answer(caf::message content) {
  if (!is_request())
    throw misuse_error("a reply to a message that is no request: " + to_string());
  if (std::exchange(answered_, true))
    throw misuse_error("a second reply to the request " + to_string());
  sender_->enqueue(caf::make_mailbox_element(probe_, id_.response_id(), {}, std::move(content)), nullptr);
}

namespace {

std::string name_of(caf::type_id_list types) {
  std::string result;
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i > 0)
      result.append(", ");
    const auto name = caf::query_type_name(types[i]);
    result.append(name.data(), name.size());
  }
  return result.empty() ? "an empty message" : result;
}

} // namespace

void throw_unexpected(const probe_message& message, caf::type_id_list expected) {
  throw expectation_error("the probe expected " + name_of(expected) + " and got " + message.to_string());
}

// -- probe_state ---------------------------------------------------------------------------------------------------------

/// What the actor and the one who expects share.
struct probe_state {
  void add(probe_message message) {
    auto text = message.to_string();
    caf::strong_actor_ptr woken;
    std::uint64_t id = 0;
    {
      const std::scoped_lock guard{mutex};
      history.push_back(std::move(text));
      waiting.push_back(std::move(message));
      woken.swap(waiter);
      id = wait_id;
    }
    if (woken)
      actors::detail::wake(woken, id);
  }

  [[nodiscard]] std::optional<probe_message> take() {
    const std::scoped_lock guard{mutex};
    if (waiting.empty())
      return std::nullopt;
    std::optional<probe_message> result{std::move(waiting.front())};
    waiting.pop_front();
    return result;
  }

  mutable std::mutex mutex;
  std::deque<probe_message> waiting;
  std::vector<std::string> history;
  caf::strong_actor_ptr waiter;
  std::uint64_t wait_id = 0;
  bool expecting = false;
};

namespace {

/// Waits for a message, at most until a deadline.
class arrival : public actors::detail::leaf_awaiter<arrival> {
public:
  arrival(std::shared_ptr<probe_state> state, time_point deadline) noexcept
      : state_(std::move(state)), deadline_(deadline) {}

  ~arrival() override {
    caf::strong_actor_ptr released;
    const std::scoped_lock guard{state_->mutex};
    released.swap(state_->waiter);
  }

  [[nodiscard]] bool start(actors::detail::task_context& context) {
    {
      const std::scoped_lock guard{state_->mutex};
      if (!state_->waiting.empty())
        return false;
      arm(context);
      state_->waiter = actors::detail::actor_of(context);
      state_->wait_id = id();
    }
    if (deadline_ != time_point::max())
      timer_.arm(context.host(), id(), deadline_);
    return true;
  }

  void await_resume() { check_cancelled(); }

private:
  std::shared_ptr<probe_state> state_;
  time_point deadline_;
  actors::detail::timer timer_;
};

/// The right to be the one who expects.
class expecting {
public:
  explicit expecting(std::shared_ptr<probe_state> state) : state_(std::move(state)) {
    const std::scoped_lock guard{state_->mutex};
    if (std::exchange(state_->expecting, true))
      throw misuse_error("two tasks expect messages of the same probe at once");
  }

  expecting(const expecting&) = delete;
  expecting& operator=(const expecting&) = delete;

  ~expecting() {
    const std::scoped_lock guard{state_->mutex};
    state_->expecting = false;
  }

private:
  std::shared_ptr<probe_state> state_;
};

/// Waits for a message until the deadline; nothing if there is none.
task<std::optional<probe_message>> message_before(std::shared_ptr<probe_state> state, time_point deadline) {
  const expecting claimed{state};
  auto& context = co_await actors::detail::current_context{};
  for (;;) {
    if (auto message = state->take())
      co_return message;
    if (actors::detail::now_of(actors::detail::core_of(context)) >= deadline)
      co_return std::nullopt;
    co_await arrival{state, deadline};
  }
}

caf::actor start_probe(caf::actor_system& system, const std::shared_ptr<probe_state>& state) {
  return system.spawn([state](caf::event_based_actor* self) {
    const auto keep = [state, self](caf::message content) {
      const auto* element = self->current_mailbox_element();
      state->add(probe_message{caf::actor_cast<caf::strong_actor_ptr>(self), element->sender, element->mid,
                               std::move(content)});
    };
    self->set_default_handler([keep](caf::scheduled_actor*, caf::message& content) -> caf::skippable_result {
      keep(content);
      // The test answers, or nobody does.
      return caf::delegated<caf::message>{};
    });
    self->set_down_handler([keep](caf::down_msg& down) { keep(caf::make_message(down)); });
    // Without a behaviour it would end at once; this one takes no message.
    return caf::behavior{caf::after(caf::infinite) >> [] {}};
  });
}

caf::actor_system& system_of_running_task() {
  auto* context = actors::detail::running_context();
  if (context == nullptr)
    throw misuse_error("a probe was made outside of a task; there, give it the runtime");
  return context->host().home_system();
}

} // namespace

} // namespace detail

// -- probe ---------------------------------------------------------------------------------------------------------------

probe::probe()
    : state_(std::make_shared<detail::probe_state>()),
      actor_(detail::start_probe(detail::system_of_running_task(), state_)) {}

probe::probe(runtime& owner)
    : state_(std::make_shared<detail::probe_state>()), actor_(detail::start_probe(owner.system(), state_)) {}

probe::~probe() {
  caf::anon_send_exit(actor_, caf::exit_reason::kill);
}

task<time_point> probe::deadline_after(duration within) {
  auto& context = co_await actors::detail::current_context{};
  const auto now = actors::detail::now_of(actors::detail::core_of(context));
  co_return within >= time_point::max() - now ? time_point::max() : now + within;
}

task<detail::probe_message> probe::next(duration within, caf::type_id_list expected) {
  const auto deadline = co_await deadline_after(within);
  co_return co_await next_until(deadline, expected);
}

task<detail::probe_message> probe::next_until(time_point deadline, caf::type_id_list expected) {
  auto message = co_await detail::message_before(state_, deadline);
  if (!message)
    throw expectation_error("the probe expected " + detail::name_of(expected) + " and got nothing in time");
  co_return std::move(*message);
}

task<void> probe::expect_nothing(duration length) {
  const auto deadline = co_await deadline_after(length);
  const auto message = co_await detail::message_before(state_, deadline);
  if (message)
    throw expectation_error("the probe expected nothing and got " + message->to_string());
}

void probe::watch(const caf::actor& other) const {
  other->attach(caf::default_attachable::make_monitor(other.address(), actor_.address()));
}

std::vector<std::string> probe::history() const {
  const std::scoped_lock guard{state_->mutex};
  return state_->history;
}

} // namespace actors::testing
