#pragma once

#include <actors/core/error.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task.hpp>
#include <actors/core/task_handle.hpp>
#include <actors/core/wait.hpp>

#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

/// Hedged requests: `co_await hedged(make, delay, most)` runs `make(0)`; when that has not ended after `delay`, it runs
/// `make(1)` beside it, and so on up to `most` attempts. The first success wins; the others are cancelled and joined.
///
/// For operations that may run twice: it shortens the slowest few answers at the price of some more requests. An
/// attempt that fails makes the next one start at once. `make` takes the number of the attempt, or nothing, and is kept
/// until all attempts have ended, so they may refer to what the caller holds.
///
/// Cancellation: cancelling the caller cancels every attempt, waits for all, and throws `cancelled`. Errors:
/// `group_error` with every error when all attempts have failed; `misuse_error` for no attempts, or a delay below zero.
///
/// Cost: an actor for each attempt. Source: Dean and Barroso, "The Tail at Scale", 2013; gRPC's hedging policy.
///
/// @snippet examples/supervision.cpp hedged
namespace actors::supervise {

namespace detail {

template <class F>
concept numbered_attempt =
    std::is_invocable_v<F&, std::size_t> && actors::detail::is_task<std::invoke_result_t<F&, std::size_t>>::value;

template <class F>
concept hedged_attempt = numbered_attempt<F> || actors::detail::task_function<F>;

template <hedged_attempt F>
auto make_attempt(F& make, std::size_t number) {
  if constexpr (numbered_attempt<F>)
    return make(number);
  else
    return make();
}

template <hedged_attempt F>
using attempt_task = decltype(make_attempt(std::declval<F&>(), 0));

// What the callable throws before there is a task is the attempt's error too.
template <hedged_attempt F>
attempt_task<F> run_attempt(F& make, std::size_t number) {
  co_return co_await make_attempt(make, number);
}

/// Throws `misuse_error` for settings that make no sense.
void check_hedge(duration delay, std::size_t most);

} // namespace detail

/// Runs up to `most` attempts, each `delay` after the one before it; the result of the first that succeeds.
template <detail::hedged_attempt F>
[[nodiscard]] detail::attempt_task<F> hedged(F make, duration delay, std::size_t most = 2) {
  using result = typename detail::attempt_task<F>::value_type;
  using handle = task_handle<result>;
  detail::check_hedge(delay, most);
  std::vector<handle> running;
  std::vector<std::exception_ptr> errors;
  std::exception_ptr stopped;
  handle winner;
  std::size_t begun = 0;
  bool start_next = true;
  while (!winner && !stopped && (start_next || !running.empty())) {
    if (start_next) {
      running.push_back(spawn(detail::run_attempt(make, begun), spawn_options{}.name("hedged")));
      ++begun;
    }
    wait_result<result> found;
    try {
      found = co_await wait(running, until::first_completed, begun < most ? delay : forever);
    } catch (const cancelled&) {
      stopped = std::current_exception();
      break;
    }
    start_next = begun < most;
    running = std::move(found.pending);
    for (const auto& each : found.done) {
      if (const auto& ended = each.result(); ended.has_error())
        errors.push_back(ended.error());
      else if (!winner)
        winner = each;
    }
  }
  for (const auto& each : running)
    each.cancel("another attempt was faster, or nobody waits any more");
  while (!running.empty()) {
    try {
      auto joined = co_await wait(running);
      // Looked at, so that nobody misses their errors.
      for (const auto& each : joined.done)
        static_cast<void>(each.result());
      running.clear();
    } catch (const cancelled&) {
      stopped = std::current_exception();
    }
  }
  if (stopped)
    std::rethrow_exception(stopped);
  if (!winner)
    throw group_error{std::move(errors)};
  co_return co_await std::move(winner);
}

} // namespace actors::supervise
