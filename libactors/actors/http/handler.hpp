#pragma once

#include <actors/core/task.hpp>
#include <actors/http/message.hpp>
#include <actors/http/server_exchange.hpp>

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

/// What a server does with a request: any callable of one of three forms.
///
///     response hello(const request& r);                  // answers at once: the cheapest
///     task<response> user(request r);                    // may wait; takes the request by value
///     task<void> download(server_exchange& x);           // reads and writes the bodies in pieces
///
/// Ownership: the server keeps the callable, captures and all, until the last connection has ended. Threads: it is
/// called as const from every worker at the same time, so what it changes needs a lock or an actor. Errors: an
/// exception becomes a 500 without details, and is logged with the request. Cancellation: a handler that may wait is
/// cancelled when the server ends or its client leaves.
namespace actors::http {

namespace detail {

enum class handler_form : unsigned char { plain, coroutine, exchange };

class handler_base {
public:
  explicit handler_base(handler_form form) noexcept : form_(form) {}

  handler_base(const handler_base&) = delete;
  handler_base& operator=(const handler_base&) = delete;
  virtual ~handler_base() = default;

  [[nodiscard]] handler_form form() const noexcept { return form_; }

  // The one that fits the form is overridden.

  [[nodiscard]] virtual response answer(request&& what) const;
  [[nodiscard]] virtual task<response> answer_later(request&& what) const;
  [[nodiscard]] virtual task<void> serve(server_exchange& exchange) const;

private:
  handler_form form_;
};

template <class F>
concept plain_handler = std::is_invocable_r_v<response, const F&, request&&>;

template <class F>
concept coroutine_handler = std::is_invocable_v<const F&, request&&> && requires(const F& f, request&& r) {
  { f(std::move(r)) } -> std::same_as<task<response>>;
};

template <class F>
concept exchange_handler = requires(const F& f, server_exchange& x) {
  { f(x) } -> std::same_as<task<void>>;
};

template <class F>
class handler_of final : public handler_base {
public:
  explicit handler_of(F function) : handler_base(form), function_(std::move(function)) {}

  [[nodiscard]] response answer(request&& what) const override {
    if constexpr (form == handler_form::plain)
      return function_(std::move(what));
    else
      return handler_base::answer(std::move(what));
  }

  [[nodiscard]] task<response> answer_later(request&& what) const override {
    if constexpr (form == handler_form::coroutine)
      return function_(std::move(what));
    else
      return handler_base::answer_later(std::move(what));
  }

  [[nodiscard]] task<void> serve(server_exchange& exchange) const override {
    if constexpr (form == handler_form::exchange)
      return function_(exchange);
    else
      return handler_base::serve(exchange);
  }

private:
  static constexpr auto form = exchange_handler<F>    ? handler_form::exchange
                               : coroutine_handler<F> ? handler_form::coroutine
                                                      : handler_form::plain;

  F function_;
};

} // namespace detail

/// A callable of one of the three forms. Copies share it.
class handler {
public:
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, handler> &&
             (detail::exchange_handler<std::decay_t<F>> || detail::coroutine_handler<std::decay_t<F>> ||
              detail::plain_handler<std::decay_t<F>>))
  handler(F&& function) // NOLINT(google-explicit-constructor): any callable is a handler
      : function_(std::make_shared<const detail::handler_of<std::decay_t<F>>>(std::forward<F>(function))) {}

  [[nodiscard]] const detail::handler_base& function() const noexcept { return *function_; }

private:
  std::shared_ptr<const detail::handler_base> function_;
};

} // namespace actors::http
