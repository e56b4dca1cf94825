#pragma once

#include <actors/core/detail/leave_worker.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/spawn_options.hpp>
#include <actors/core/task.hpp>
#include <actors/core/task_handle.hpp>
#include <actors/core/to_thread.hpp>
#include <actors/http/handler.hpp>
#include <actors/http/message.hpp>

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

/// Where a handler runs. By itself it runs inline: on the worker of its connection, which is the fastest, and holds up
/// the worker's other connections while it computes. A handler that takes its time is wrapped:
///
///     server site{on_any_worker(render)};       // a task on the stealable queue, whose worker goes to a spare thread
///     server site{in_blocking_pool(query)};     // a thread of the blocking pool: for calls that block
///     server site{forward_to(orders)};          // a message to an actor, which may be on another node (forward.hpp)
///
/// The wrapper is a handler itself. Its connection waits for the answer, the others do not. The neighbours of a handler
/// that is not wrapped wait for 2 to 4 ms, until it is seen to be late and its worker is handed to a spare thread
/// (`benchmarks/http/neighbours.cpp`).
///
/// Ownership: the callable is shared by all calls, as that of `handler`; the request is moved to where it is handled.
/// Threads: the callable is called as const, by several threads at a time.
///
/// Cancellation (the server ends or the client leaves): on any worker the task is cancelled and joined; a blocking call
/// that has not begun is withdrawn, one that runs is waited for.
///
/// Errors: as for every handler, an exception is a 500 and logged. Cost: about a microsecond for the task, some more
/// for waking a thread.
///
/// @snippet tests/http/placement_test.cpp placement
namespace actors::http {

namespace detail {

template <class F>
concept movable_handler = plain_handler<F> || coroutine_handler<F>;

/// The callable and the request belong to the task's frame.
template <class F>
task<response> call_anywhere(std::shared_ptr<const F> function, request what) {
  // The worker that took it has connections of its own.
  actors::detail::leave_worker();
  if constexpr (coroutine_handler<F>)
    co_return co_await (*function)(std::move(what));
  else
    co_return (*function)(std::move(what));
}

template <class F>
task<response> call_on_any_worker(std::shared_ptr<const F> function, request what) {
  auto handling = spawn(call_anywhere(std::move(function), std::move(what)),
                        spawn_options{}.name("http handler").run_on(affinity::any_worker));
  co_return co_await std::move(handling);
}

template <class F>
task<response> call_in_pool(std::shared_ptr<const F> function, request what) {
  auto call = [function = std::move(function), what = std::move(what)]() mutable -> response {
    return (*function)(std::move(what));
  };
  co_return co_await to_thread(std::move(call));
}

} // namespace detail

/// Runs a plain or coroutine handler in a task that any worker may take.
template <class F>
  requires detail::movable_handler<std::decay_t<F>>
[[nodiscard]] handler on_any_worker(F&& function) {
  auto shared = std::make_shared<const std::decay_t<F>>(std::forward<F>(function));
  return handler{
      [shared = std::move(shared)](request what) { return detail::call_on_any_worker(shared, std::move(what)); }};
}

/// Runs a plain handler on a thread of the blocking pool.
template <class F>
  requires(detail::plain_handler<std::decay_t<F>> && !detail::coroutine_handler<std::decay_t<F>>)
[[nodiscard]] handler in_blocking_pool(F&& function) {
  auto shared = std::make_shared<const std::decay_t<F>>(std::forward<F>(function));
  return handler{[shared = std::move(shared)](request what) { return detail::call_in_pool(shared, std::move(what)); }};
}

} // namespace actors::http
