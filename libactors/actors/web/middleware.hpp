#pragma once

#include <actors/core/task.hpp>
#include <actors/web/context.hpp>
#include <actors/web/reply.hpp>

#include <concepts>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

/// Middleware: what stands around handlers. A callable that takes the context and the next one, and gives a reply:
///
///     task<reply> no_sniff(context& c, next go_on) {
///       auto answer = co_await go_on(c);
///       answer.head().set("X-Content-Type-Options", "nosniff");
///       co_return answer;
///     }
///
///     app.use(no_sniff);
///
/// Those of an application stand around those of its routers and routes; of several in one place the first that was
/// added is outermost. They see every request, also one that no route takes; those of a router only what its routes
/// take. One that does not call the next answers by itself; calling it twice is for those who know that the handler
/// bears it.
///
/// Ownership: the application keeps a copy, captures and all. Threads: called as const from all workers at once.
/// Errors: `next` never throws but for a request that was cancelled or whose client has gone: what is thrown behind it
/// has become a reply by the application's handlers of exceptions. What a middleware throws becomes one too.
/// Cancellation: as for any task. Cost: a coroutine each; without any, handlers are called directly.
namespace actors::web {

class next;

namespace detail {

class middleware_base {
public:
  middleware_base() = default;
  middleware_base(const middleware_base&) = delete;
  middleware_base& operator=(const middleware_base&) = delete;
  virtual ~middleware_base() = default;

  [[nodiscard]] virtual task<reply> call(context& c, next behind) const = 0;
};

using middleware_list = std::vector<std::shared_ptr<const middleware_base>>;

} // namespace detail

/// The rest of the way to the handler.
class next {
public:
  explicit next(std::span<const std::shared_ptr<const detail::middleware_base>> rest) noexcept : rest_(rest) {}

  /// The reply of what comes behind.
  [[nodiscard]] task<reply> operator()(context& c) const { return call(rest_, c); }

private:
  // Static: the task may outlive this.
  static task<reply> call(std::span<const std::shared_ptr<const detail::middleware_base>> rest, context& c);

  std::span<const std::shared_ptr<const detail::middleware_base>> rest_;
};

template <class F>
concept middleware = requires(const F& f, context& c, next behind) {
  { f(c, behind) } -> std::same_as<task<reply>>;
};

namespace detail {

template <middleware F>
class middleware_of final : public middleware_base {
public:
  explicit middleware_of(F function) : function_(std::move(function)) {}

  [[nodiscard]] task<reply> call(context& c, next behind) const override { return function_(c, behind); }

private:
  F function_;
};

template <class F>
[[nodiscard]] std::shared_ptr<const middleware_base> make_middleware(F&& function) {
  return std::make_shared<const middleware_of<std::decay_t<F>>>(std::forward<F>(function));
}

} // namespace detail

} // namespace actors::web
