#pragma once

#include <actors/core/call_context.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/detail/timer.hpp>
#include <actors/core/error.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/service_ref.hpp>

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/message.hpp>
#include <caf/typed_message_view.hpp>

#include <tuple>
#include <type_traits>
#include <utility>

/// Talking to actors: `ask` sends a request and waits for the answer, `tell` sends and goes on.
///
/// `co_await ask<int>(target, args…)` gives the answer as an `int`; `ask<void>` waits for an answer without content and
/// `ask<std::tuple<A, B>>` for several values. Limit the time with `.within(2s)`, or with `with_timeout` around more
/// than one call.
///
/// With a `service_ref` as the target the call carries its context: the time left of the tightest limit around it, an
/// id, and the trace. If the caller gives up (cancelled, out of time), the service is told and cancels its handler.
///
/// Threads: in tasks and handlers only; `tell` works anywhere when given the actor as a `caf::actor`.
///
/// Errors: `timeout_error`; what the handler threw, mapped back (`remote_error` for types without a counterpart here);
/// `remote_error` with `caf::sec::request_receiver_down` if the actor is gone, with `unexpected_message` if it has no
/// handler for these types, with `unexpected_response` if the answer has other types.
///
/// Cost: two messages, about half a microsecond (`benchmarks/core/ask_bench.cpp`).
///
/// @snippet examples/services.cpp ask
namespace actors {

namespace detail {

class ask_awaiter_base : public leaf_awaiter<ask_awaiter_base> {
public:
  ask_awaiter_base(caf::strong_actor_ptr target, caf::message request, bool with_context) noexcept;

  /// The same call with a limit; the other one has not begun.
  ask_awaiter_base(ask_awaiter_base&& call, duration limit) noexcept;

  [[nodiscard]] bool start(task_context& context);

protected:
  /// The answer; throws what came instead of one.
  [[nodiscard]] caf::message& take_reply();

  [[noreturn]] void throw_unexpected_reply() const;

private:
  void on_wake() override;
  void on_message(caf::message& message) override;
  cancel_action on_cancel() override;
  void describe_wait(wait_view& view) const override;
  void tell_cancelled(std::string_view reason);

  caf::strong_actor_ptr target_;
  caf::message message_; // the request, then the reply
  duration limit_ = forever;
  timer timer_;
  bool with_context_;
  bool timed_out_ = false;
};

/// Puts the context in front of the arguments, where it is filled in when the request is sent.
template <class... Args>
[[nodiscard]] caf::message make_request(bool with_context, Args&&... args) {
  if (with_context)
    return caf::make_message(call_context{}, std::forward<Args>(args)...);
  return caf::make_message(std::forward<Args>(args)...);
}

} // namespace detail

template <class R>
class [[nodiscard]] ask_awaiter : public detail::ask_awaiter_base {
public:
  using detail::ask_awaiter_base::ask_awaiter_base;

  /// Gives up after `limit` with `timeout_error`.
  ask_awaiter within(duration limit) && noexcept { return ask_awaiter{std::move(*this), limit}; }

  R await_resume() {
    auto& reply = take_reply();
    return extract(reply, static_cast<R*>(nullptr));
  }

private:
  void extract(caf::message& reply, void*) const {
    if (!reply.empty() && !reply.match_elements<caf::unit_t>())
      throw_unexpected_reply();
  }

  template <class T>
  T extract(caf::message& reply, T*) const {
    auto view = caf::make_typed_message_view<T>(reply);
    if (!view)
      throw_unexpected_reply();
    return std::move(caf::get<0>(view));
  }

  template <class... Ts>
  std::tuple<Ts...> extract(caf::message& reply, std::tuple<Ts...>*) const {
    auto view = caf::make_typed_message_view<Ts...>(reply);
    if (!view)
      throw_unexpected_reply();
    return [&]<std::size_t... Is>(std::index_sequence<Is...>) {
      return std::tuple<Ts...>{std::move(caf::get<Is>(view))...};
    }(std::index_sequence_for<Ts...>{});
  }
};

/// Sends a request to a service, with its context.
template <class R, class... Args>
ask_awaiter<R> ask(const service_ref& target, Args&&... args) {
  return {caf::actor_cast<caf::strong_actor_ptr>(target.actor()),
          detail::make_request(true, std::forward<Args>(args)...), true};
}

/// Sends a request to any CAF actor, without a context.
template <class R, class... Args>
ask_awaiter<R> ask(const caf::actor& target, Args&&... args) {
  return {caf::actor_cast<caf::strong_actor_ptr>(target), detail::make_request(false, std::forward<Args>(args)...),
          false};
}

namespace detail {

void send(const caf::strong_actor_ptr& target, caf::message content, bool with_context);

} // namespace detail

/// Sends a message to a service, with its context, and expects no answer.
template <class... Args>
void tell(const service_ref& target, Args&&... args) {
  detail::send(caf::actor_cast<caf::strong_actor_ptr>(target.actor()),
               detail::make_request(true, std::forward<Args>(args)...), true);
}

/// Sends a message to any CAF actor.
template <class... Args>
void tell(const caf::actor& target, Args&&... args) {
  detail::send(caf::actor_cast<caf::strong_actor_ptr>(target), detail::make_request(false, std::forward<Args>(args)...),
               false);
}

} // namespace actors
