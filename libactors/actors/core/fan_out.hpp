#pragma once

#include <actors/core/as_completed.hpp>
#include <actors/core/ask.hpp>
#include <actors/core/error.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/outcome.hpp>
#include <actors/core/service_ref.hpp>
#include <actors/core/task.hpp>
#include <actors/core/task_group.hpp>

#include <caf/actor.hpp>

#include <cstddef>
#include <exception>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

/// Asking many actors the same thing at once.
///
/// ```
/// auto sums  = co_await fan_out<int>(shards, count_atom_v).all();               // every answer, in order
/// auto parts = co_await fan_out<int>(shards, count_atom_v).within(1s).outcomes(); // answers and errors, in order
/// auto value = co_await fan_out<int>(replicas, get_atom_v, key).first();        // the first success
/// auto votes = co_await fan_out<bool>(peers, vote_atom_v, term).quorum(2);      // the first two successes
/// ```
///
/// `within` limits each request by itself; `with_timeout` around the whole limits them together. Requests that are not
/// needed any more are cancelled, which tells the services, and joined before the call returns.
///
/// Errors: `all` throws the first error. `first` and `quorum` throw `group_error` with every error as soon as there are
/// too many of them to succeed. `outcomes` throws none. `misuse_error` for a quorum of none or of more than there are.
///
/// Cancellation: cancelling the caller cancels all requests. Cost: linear in the number of actors; a task and two
/// messages for each, and one copy of the arguments.
///
/// @snippet examples/services.cpp fan out
namespace actors {

/// A success of a quorum.
template <class R>
struct fan_out_answer {
  /// Which of the actors gave it.
  std::size_t index;
  detail::stored<R> value;
};

template <class R>
class [[nodiscard]] fan_out_request {
public:
  fan_out_request(std::vector<caf::strong_actor_ptr> targets, caf::message request, bool with_context)
      : targets_(std::move(targets)), request_(std::move(request)), with_context_(with_context) {}

  /// Gives each request up after `limit`, with `timeout_error`.
  fan_out_request within(duration limit) && noexcept {
    limit_ = limit;
    return std::move(*this);
  }

  /// Every answer in the order of the actors. The first error cancels the other requests and is thrown.
  [[nodiscard]] auto all() && { return detail::as_task(gather(requests())); }

  /// Every answer or error in the order of the actors.
  [[nodiscard]] task<std::vector<outcome<R>>> outcomes() && { return detail::as_task(gather_outcomes(requests())); }

  /// The first success.
  [[nodiscard]] task<R> first() && { return first_of(std::move(*this)); }

  /// The first `count` successes in the order in which they came.
  [[nodiscard]] task<std::vector<fan_out_answer<R>>> quorum(std::size_t count) && {
    return quorum_of(std::move(*this), count);
  }

private:
  static task<R> ask_one(caf::strong_actor_ptr target, caf::message request, bool with_context, duration limit) {
    auto call = ask_awaiter<R>{std::move(target), std::move(request), with_context}.within(limit);
    if constexpr (std::is_void_v<R>)
      co_await call;
    else
      co_return co_await call;
  }

  /// An error must not fail the group; a cancellation is the group's.
  static task<outcome<R>> try_one(task<R> request) {
    outcome<R> result;
    try {
      if constexpr (std::is_void_v<R>) {
        co_await std::move(request);
        result.set_value();
      } else {
        R value = co_await std::move(request);
        result.set_value(std::move(value));
      }
    } catch (const cancelled&) {
      throw;
    } catch (...) {
      result.set_error(std::current_exception());
    }
    co_return result;
  }

  [[nodiscard]] std::vector<task<R>> requests() const {
    std::vector<task<R>> result;
    result.reserve(targets_.size());
    for (const auto& target : targets_)
      result.push_back(ask_one(target, request_, with_context_, limit_));
    return result;
  }

  static task<std::vector<fan_out_answer<R>>> collect(task_group& group, fan_out_request& request, std::size_t count) {
    std::vector<task_handle<outcome<R>>> handles;
    handles.reserve(request.targets_.size());
    for (auto& each : request.requests())
      handles.push_back(group.spawn(try_one(std::move(each))));
    std::vector<fan_out_answer<R>> answers;
    std::vector<std::exception_ptr> errors;
    auto completed = as_completed(handles);
    while (answers.size() < count) {
      if (handles.size() - errors.size() < count)
        throw group_error{std::move(errors)};
      const auto index = co_await completed.next_index();
      // A handle that was cancelled by somebody else throws here.
      const auto& result = handles[*index].result().value();
      if (result.has_value())
        answers.push_back({*index, result.value()});
      else
        errors.push_back(result.error());
    }
    group.cancel();
    co_return answers;
  }

  static task<std::vector<fan_out_answer<R>>> quorum_of(fan_out_request request, std::size_t count) {
    if (count == 0 || count > request.targets_.size())
      throw misuse_error("a quorum of " + std::to_string(count) + " of " + std::to_string(request.targets_.size()) +
                         " actors was asked for");
    std::vector<fan_out_answer<R>> answers;
    std::exception_ptr error;
    auto body = [&request, &answers, &error, count](task_group& group) -> task<void> {
      try {
        answers = co_await collect(group, request, count);
      } catch (const group_error&) {
        // The group would put it into another one.
        error = std::current_exception();
        group.cancel();
      }
    };
    co_await with_task_group(body);
    if (error)
      std::rethrow_exception(error);
    co_return answers;
  }

  static task<R> first_of(fan_out_request request) {
    auto answers = co_await quorum_of(std::move(request), 1);
    if constexpr (!std::is_void_v<R>)
      co_return std::move(answers.front().value);
  }

  std::vector<caf::strong_actor_ptr> targets_;
  caf::message request_;
  bool with_context_;
  duration limit_ = forever;
};

/// The same request to several services, with the context of the call.
template <class R, class... Args>
fan_out_request<R> fan_out(const std::vector<service_ref>& targets, Args&&... args) {
  std::vector<caf::strong_actor_ptr> actors;
  actors.reserve(targets.size());
  for (const auto& target : targets)
    actors.push_back(caf::actor_cast<caf::strong_actor_ptr>(target.actor()));
  return {std::move(actors), detail::make_request(true, std::forward<Args>(args)...), true};
}

/// The same request to several CAF actors, without a context.
template <class R, class... Args>
fan_out_request<R> fan_out(const std::vector<caf::actor>& targets, Args&&... args) {
  std::vector<caf::strong_actor_ptr> actors;
  actors.reserve(targets.size());
  for (const auto& target : targets)
    actors.push_back(caf::actor_cast<caf::strong_actor_ptr>(target));
  return {std::move(actors), detail::make_request(false, std::forward<Args>(args)...), false};
}

} // namespace actors
