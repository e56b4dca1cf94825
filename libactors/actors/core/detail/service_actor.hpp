#pragma once

#include <actors/core/call_context.hpp>
#include <actors/core/detail/call_key.hpp>
#include <actors/core/detail/context_values.hpp>
#include <actors/core/detail/early_messages.hpp>
#include <actors/core/detail/host_actor.hpp>
#include <actors/core/detail/make_task.hpp>
#include <actors/core/detail/spin_mutex.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/detail/timer.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>

#include <caf/actor_control_block.hpp>
#include <caf/message.hpp>
#include <caf/message_id.hpp>
#include <caf/typed_message_view.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace actors::detail {

class call;

/// Where an answer goes.
struct reply_address {
  caf::strong_actor_ptr caller;
  caf::message_id request;

  [[nodiscard]] bool wanted() const noexcept { return caller != nullptr && request.is_request(); }
};

/// One registered handler, its parameter types erased.
class message_handler {
public:
  message_handler() = default;
  message_handler(const message_handler&) = delete;
  message_handler& operator=(const message_handler&) = delete;
  virtual ~message_handler() = default;

  /// True if this handler takes a message of these types.
  [[nodiscard]] virtual bool accepts(const caf::message& content, bool with_context) const noexcept = 0;

  /// Calls the handler. The answer goes out at once, or from the call that this returns and that is not started yet.
  [[nodiscard]] virtual std::unique_ptr<call> invoke(service_actor& actor, const reply_address& reply,
                                                     caf::message& content, bool with_context) = 0;
};

/// The actor of a service.
class service_actor final : public host_actor, private task_context {
public:
  service_actor(caf::actor_config& config, runtime_core& core, const task_origin& origin,
                std::unique_ptr<service> object);
  ~service_actor() override;

  /// For a supervisor, before the launch: `serving` is called on the actor when `on_start` has returned. The supervisor
  /// then looks after `failure`, and the actor does not log it.
  void supervise(std::function<void()> serving) { serving_ = std::move(serving); }

  /// What `on_start` or `on_stop` threw; once the actor has ended.
  [[nodiscard]] const std::exception_ptr& failure() const noexcept { return failure_; }

  /// Makes the service fail. From any thread, while the service lives.
  void fail(const std::exception_ptr& error);

  /// What `fail` was first called with. From any thread.
  [[nodiscard]] std::exception_ptr reported_failure() const;

  /// A handler has thrown: fails the service if that is how it wants it. What the caller is told.
  [[nodiscard]] std::exception_ptr handler_failed(const std::exception_ptr& error);

  void reply(const reply_address& to, caf::message answer);

  /// A call has ended and may be destroyed.
  void call_ended(call& ended) noexcept;

private:
  enum class phase : std::uint8_t { starting, serving, draining, stopping, over };

  void on_start() override;
  void on_content(caf::mailbox_element& element) override;
  void on_cancel_request(const caf::error& reason) override;
  void on_kill_request() override;
  void on_family_deserted() override;
  bool admits_wake(const waiter& target) override;
  void on_end(caf::execution_unit* unit) override;

  void on_root_done() override {}

  void look_inside(actor_view& view) const override;

  class life_cycle_call;

  using call_map = std::unordered_map<call_key, call*, call_key_hash>;

  /// Made when somebody cancels: most calls are never looked for, and a map would cost each of them a cache miss or
  /// two.
  [[nodiscard]] call_map& calls_by_id();

  void run_life_cycle(task<void> step);
  void drop_life_cycle() noexcept;
  void life_cycle_ended(const std::exception_ptr& error);
  void serve(caf::mailbox_element& element, duration waited);
  void start_call(std::unique_ptr<call> started, const call_context* context, context_values values);
  void cancel_one(const caf::strong_actor_ptr& caller, const cancel_call& request);
  void refuse(const reply_address& to);
  [[nodiscard]] caf::error refusal() const;
  void keep_failure(const std::exception_ptr& error);
  void stop_serving();
  [[nodiscard]] cancelled why_calls_end() const;
  void drain();
  void stop_object();
  void finish();
  void finish_kill();

  std::unique_ptr<service> object_;
  std::unique_ptr<call> life_cycle_;
  call* calls_ = nullptr;
  /// Taken to change which calls there are, and by those who look at them.
  mutable spin_mutex calls_mutex_;
  call_map calls_by_id_; // see calls_by_id()
  early_messages waiting_;
  phase phase_ = phase::starting;
  bool killed_ = false;
  std::exception_ptr failure_;
  std::function<void()> serving_;
  mutable spin_mutex reported_mutex_;
  std::exception_ptr reported_;      // by `fail`
  std::atomic<bool> failing_{false}; // `reported_` is set
};

/// A call whose handler is a coroutine: a stack of its own inside the service.
class call : public task_context {
public:
  call(service_actor& actor, reply_address reply);
  ~call() override;

  /// Runs the first step; the call may be gone afterwards.
  virtual void start() = 0;

  /// The pending wait of a killed service must end before the frame may go.
  [[nodiscard]] bool blocks_kill() { return kill_pending(); }

  [[nodiscard]] bool waits_on(const waiter& target) const noexcept { return pending() == &target; }

  bool waits_for_pending = false;

protected:
  [[nodiscard]] service_actor& actor() const noexcept { return *actor_; }

  [[nodiscard]] const reply_address& reply_to() const noexcept { return reply_; }

  /// What the caller is told of an error of the handler.
  [[nodiscard]] std::exception_ptr error_for_caller(const std::exception_ptr& error);

private:
  friend class service_actor;

  class limit;

  void limit_by(const call_context& context);

  service_actor* actor_;
  reply_address reply_;
  std::uint64_t call_id_ = 0; // 0: cannot be cancelled by its caller
  std::unique_ptr<limit> limit_;
  bool out_of_time_ = false;
  bool seen_ = false; // by calls_by_id()
  bool in_map_ = false;
  call* next_ = nullptr;
  call* previous_ = nullptr;
};

template <class T>
[[nodiscard]] caf::message make_content(T&& value) {
  return caf::make_message(std::forward<T>(value));
}

/// Several values: each is an element of the answer, as in `caf::result`.
template <class... Ts>
[[nodiscard]] caf::message make_content(std::tuple<Ts...>&& values) {
  return std::apply([](Ts&... each) { return caf::make_message(std::move(each)...); }, values);
}

template <class T>
[[nodiscard]] caf::message make_answer(outcome<T>& result) {
  if (result.has_error())
    return caf::make_message(to_caf_error(result.error()));
  if constexpr (std::is_void_v<T>)
    return caf::message{};
  else
    return make_content(std::move(result).value());
}

template <class T>
class typed_call final : public call {
public:
  typed_call(service_actor& actor, reply_address reply, task<T> root)
      : call(actor, std::move(reply)), root_(std::move(root)) {}

  void start() override {
    const auto handle = root_.release();
    root_ = task<T>{handle};
    handle.promise().start_in(*this, {});
    drive(handle);
  }

private:
  void on_root_done() override {
    const auto handle = root_.release();
    auto result = std::move(handle.promise().result());
    handle.destroy();
    if (result.has_error())
      result.set_error(error_for_caller(result.error()));
    if (reply_to().wanted())
      actor().reply(reply_to(), make_answer(result));
    actor().call_ended(*this); // destroys this
  }

  task<T> root_;
};

template <class F>
struct handler_traits : handler_traits<decltype(&F::operator())> {};

template <class C, class R, class... Args>
struct handler_traits<R (C::*)(Args...)> {
  using result = R;
  using arguments = std::tuple<std::decay_t<Args>...>;
  static constexpr bool by_value = (!std::is_reference_v<Args> && ...);
};

template <class C, class R, class... Args>
struct handler_traits<R (C::*)(Args...) const> : handler_traits<R (C::*)(Args...)> {};

template <class F, class R, class Arguments>
class typed_handler;

template <class F, class R, class... Args>
class typed_handler<F, R, std::tuple<Args...>> final : public message_handler {
public:
  explicit typed_handler(F function) : function_(std::move(function)) {}

  [[nodiscard]] bool accepts(const caf::message& content, bool with_context) const noexcept override {
    return with_context ? content.match_elements<call_context, Args...>() : content.match_elements<Args...>();
  }

  [[nodiscard]] std::unique_ptr<call> invoke(service_actor& actor, const reply_address& reply, caf::message& content,
                                             bool with_context) override {
    if (with_context)
      return apply<1>(actor, reply, caf::make_typed_message_view<call_context, Args...>(content),
                      std::index_sequence_for<Args...>{});
    return apply<0>(actor, reply, caf::make_typed_message_view<Args...>(content), std::index_sequence_for<Args...>{});
  }

private:
  template <std::size_t First, class View, std::size_t... Is>
  std::unique_ptr<call> apply(service_actor& actor, const reply_address& reply, View view, std::index_sequence<Is...>) {
    if constexpr (is_task<R>::value) {
      using value = typename R::value_type;
      outcome<value> failure;
      try {
        // A function that returns a task need not be a coroutine: it may throw, and return a task that holds nothing.
        auto root = function_(std::move(caf::get<First + Is>(view))...);
        require_coroutine(static_cast<bool>(root));
        return std::make_unique<typed_call<value>>(actor, reply, std::move(root));
      } catch (...) {
        failure.set_error(actor.handler_failed(std::current_exception()));
      }
      if (reply.wanted())
        actor.reply(reply, make_answer(failure));
      return nullptr;
    } else {
      outcome<R> result;
      try {
        if constexpr (std::is_void_v<R>) {
          function_(std::move(caf::get<First + Is>(view))...);
          result.set_value();
        } else {
          result.set_value(function_(std::move(caf::get<First + Is>(view))...));
        }
      } catch (...) {
        result.set_error(actor.handler_failed(std::current_exception()));
      }
      if (reply.wanted())
        actor.reply(reply, make_answer(result));
      return nullptr;
    }
  }

  F function_;
};

template <class F>
[[nodiscard]] std::unique_ptr<message_handler> make_handler(F function) {
  using traits = handler_traits<F>;
  static_assert(!is_task<typename traits::result>::value || traits::by_value,
                "a handler that returns a task takes its arguments by value: they have to live as long as the task");
  return std::make_unique<typed_handler<F, typename traits::result, typename traits::arguments>>(std::move(function));
}

} // namespace actors::detail
