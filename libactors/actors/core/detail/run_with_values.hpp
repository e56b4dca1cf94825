#pragma once

#include <actors/core/detail/context_values.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task.hpp>

#include <type_traits>
#include <utility>

namespace actors::detail {

/// Sets what a stack carries for as long as this lives; in the frame of a coroutine of that stack.
class context_values_scope {
public:
  context_values_scope(task_context& context, context_values values) noexcept
      : context_(&context), outer_(context.exchange_values(std::move(values))) {}

  context_values_scope(const context_values_scope&) = delete;
  context_values_scope& operator=(const context_values_scope&) = delete;

  ~context_values_scope() { static_cast<void>(context_->exchange_values(std::move(outer_))); }

private:
  task_context* context_;
  context_values outer_;
};

/// What the verbs that open a scope take: a task, another operation, or a callable that returns a task, which is kept.
template <class Inner>
concept scoped_work = is_task<Inner>::value || operation<Inner> || task_function<Inner>;

template <scoped_work Inner>
auto work_of(Inner inner) {
  if constexpr (is_task<Inner>::value)
    return inner;
  else if constexpr (operation<Inner>)
    return as_task(std::move(inner));
  else
    return hold(std::move(inner));
}

template <scoped_work Inner>
using work_result_t = typename decltype(work_of(std::declval<Inner>()))::value_type;

/// Runs `inner` with what `change` makes of the values that hold where it is awaited.
template <class Change, class T>
task<T> run_with_values(Change change, task<T> inner) {
  auto& context = co_await current_context{};
  const context_values_scope scope{context, change(context.values())};
  // Destroyed before the scope, whose values it may still see.
  task<T> running = std::move(inner);
  co_return co_await std::move(running);
}

} // namespace actors::detail
