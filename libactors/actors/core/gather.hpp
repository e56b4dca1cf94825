#pragma once

#include <actors/core/detail/child_set.hpp>
#include <actors/core/detail/completion_set.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/outcome.hpp>
#include <actors/core/task.hpp>
#include <actors/core/task_handle.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <source_location>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

/// Fan-out: run several operations at once and collect their results in order.
///
/// Three forms, which differ in who owns the children and in what an error does:
///
/// - `gather(tasks…)` owns the tasks, each of which becomes an actor of its own. On the first error the others are
/// cancelled
///   and *joined* before the error is thrown, so a child may refer to the caller's locals.
/// - `gather(handles…)` waits for tasks that live on their own, as asyncio's does: the first error is thrown at once
/// and the others go on.
/// - `gather_outcomes(…)` never throws a child's error: each slot holds a value, an error or a cancellation
///   (asyncio's `return_exceptions=True`).
///
/// Results follow the order of the arguments, not of completion: a tuple for arguments, a vector for a vector,
/// `std::monostate` in the place of `void`. Nothing to gather gives an empty result at once.
///
/// Cancellation: cancelling the caller cancels every child, waits for them as above, and throws `cancelled`. A child
/// that is cancelled by somebody else makes the gather fail with its `cancelled`, without counting as a cancellation of
/// the caller.
///
/// Errors: the first child's exception, unchanged; `misuse_error` for an empty task or handle, or a handle of another
/// runtime.
///
/// Cost: one actor for each task, around half a microsecond and half a kilobyte (`benchmarks/core/gather_bench.cpp`).
///
/// @snippet examples/tasks.cpp gather
namespace actors {

namespace detail {

/// The children of a gather over a vector.
template <class T>
class vector_children final : public child_set {
public:
  vector_children(std::vector<task<T>> tasks, bool fail_fast, std::source_location where)
      : child_set(tasks.size(), fail_fast, where), tasks_(std::move(tasks)), outcomes_(tasks_.size()) {
    for (const auto& entry : tasks_)
      require_coroutine(static_cast<bool>(entry));
  }

  [[nodiscard]] std::vector<outcome<T>>& outcomes() noexcept { return outcomes_; }

private:
  caf::strong_actor_ptr create(std::size_t index, runtime_core& core, const task_origin& origin) override {
    return make_task(core, origin, std::move(tasks_[index])).actor();
  }

  void store(std::size_t index, task_actor& child) noexcept override {
    outcomes_[index] = std::move(static_cast<typed_task<T>&>(child).result());
  }

  void store_error(std::size_t index, std::exception_ptr error) noexcept override {
    tasks_[index] = task<T>{};
    outcomes_[index].set_error(std::move(error));
  }

  std::vector<task<T>> tasks_;
  std::vector<outcome<T>> outcomes_;
};

/// The children of a gather over arguments.
template <class... Ts>
class tuple_children final : public child_set {
public:
  tuple_children(std::source_location where, bool fail_fast, task<Ts>&&... tasks)
      : child_set(sizeof...(Ts), fail_fast, where), tasks_(std::move(tasks)...) {
    std::apply([](const auto&... entries) { (require_coroutine(static_cast<bool>(entries)), ...); }, tasks_);
  }

  [[nodiscard]] std::tuple<outcome<Ts>...>& outcomes() noexcept { return outcomes_; }

private:
  caf::strong_actor_ptr create(std::size_t index, runtime_core& core, const task_origin& origin) override {
    caf::strong_actor_ptr result;
    at(index, [&]<std::size_t I>() { result = make_task(core, origin, std::move(std::get<I>(tasks_))).actor(); });
    return result;
  }

  void store(std::size_t index, task_actor& child) noexcept override {
    at(index, [&]<std::size_t I>() {
      using type = std::tuple_element_t<I, std::tuple<Ts...>>;
      std::get<I>(outcomes_) = std::move(static_cast<typed_task<type>&>(child).result());
    });
  }

  void store_error(std::size_t index, std::exception_ptr error) noexcept override {
    at(index, [&]<std::size_t I>() {
      std::get<I>(tasks_) = {};
      std::get<I>(outcomes_).set_error(error);
    });
  }

  template <class F>
  static void at(std::size_t index, const F& f) {
    [&]<std::size_t... Is>(std::index_sequence<Is...>) {
      ((index == Is ? f.template operator()<Is>() : void()), ...);
    }(std::index_sequence_for<Ts...>{});
  }

  std::tuple<task<Ts>...> tasks_;
  std::tuple<outcome<Ts>...> outcomes_;
};

template <class T>
[[nodiscard]] std::vector<stored<T>> values_of(std::vector<outcome<T>>& outcomes) {
  std::vector<stored<T>> result;
  result.reserve(outcomes.size());
  for (auto& entry : outcomes)
    result.push_back(std::move(entry).value());
  return result;
}

template <class... Ts>
[[nodiscard]] std::tuple<stored<Ts>...> values_of(std::tuple<outcome<Ts>...>& outcomes) {
  return std::apply([](auto&... entries) { return std::tuple<stored<Ts>...>{std::move(entries).value()...}; },
                    outcomes);
}

/// `co_await` of a gather over tasks. `Throws`: errors are thrown, not returned.
template <class Children, bool Throws>
class [[nodiscard]] gather_awaiter : public child_set_awaiter<gather_awaiter<Children, Throws>> {
public:
  explicit gather_awaiter(std::unique_ptr<Children> children) noexcept : children_(std::move(children)) {}

  [[nodiscard]] Children& children() noexcept { return *children_; }

  auto await_resume() {
    this->check_children_cancelled();
    if constexpr (Throws) {
      if (children_->first_error())
        std::rethrow_exception(children_->first_error());
      return values_of(children_->outcomes());
    } else {
      return std::move(children_->outcomes());
    }
  }

private:
  std::unique_ptr<Children> children_;
};

template <bool Throws, class Children, class... Args>
[[nodiscard]] gather_awaiter<Children, Throws> gather_children(Args&&... args) {
  return gather_awaiter<Children, Throws>{std::make_unique<Children>(std::forward<Args>(args)...)};
}

/// `co_await` of a gather over handles.
template <class Handles, bool Throws>
class [[nodiscard]] gather_handles_awaiter : public leaf_awaiter<gather_handles_awaiter<Handles, Throws>> {
public:
  static constexpr bool looks_first = true;

  gather_handles_awaiter(Handles handles, std::vector<caf::strong_actor_ptr> targets)
      : handles_(std::move(handles)),
        set_(std::make_unique<completion_set>(std::move(targets),
                                              Throws ? completion_rule::first_failure : completion_rule::all)) {}

  [[nodiscard]] bool start(task_context& context) {
    if (set_->size() == 0)
      return false;
    set_->check_awaitable(context);
    this->arm(context);
    return !set_->watch(context.host(), this->id());
  }

  auto await_resume() {
    if (cancel_seen_)
      this->awaiting_context().throw_cancelled();
    this->check_cancelled();
    if constexpr (Throws)
      rethrow_first();
    return collect(handles_);
  }

private:
  cancel_action on_cancel() override {
    cancel_seen_ = true;
    return set_->cancel_all(this->context()->cancel_reason().reason()) ? cancel_action::wait : cancel_action::resume;
  }

  void describe_wait(wait_view& view) const override {
    describe_gather(view);
    set_->describe_wait(view);
  }

  // The set woke us for a failure or at the end of all; the first in the order of the arguments stands for those that
  // failed at once.
  void rethrow_first() const {
    for (std::size_t i = 0; i < set_->size(); ++i) {
      auto& target = set_->target(i);
      if (!target.done() || !target.error())
        continue;
      target.mark_retrieved();
      std::rethrow_exception(target.error());
    }
  }

  template <class T>
  static auto take(const task_handle<T>& handle) {
    if constexpr (Throws)
      return stored<T>{handle.result().value()};
    else
      return outcome<T>{handle.result()};
  }

  template <class T>
  static auto collect(const std::vector<task_handle<T>>& handles) {
    std::vector<std::conditional_t<Throws, stored<T>, outcome<T>>> result;
    result.reserve(handles.size());
    for (const auto& handle : handles)
      result.push_back(take(handle));
    return result;
  }

  template <class... Ts>
  static auto collect(const std::tuple<task_handle<Ts>...>& handles) {
    return std::apply([](const auto&... entries) { return std::make_tuple(take(entries)...); }, handles);
  }

  Handles handles_;
  std::unique_ptr<completion_set> set_;
  bool cancel_seen_ = false;
};

void require_handle(bool present);

template <class T>
[[nodiscard]] std::vector<caf::strong_actor_ptr> actors_of(const std::vector<task_handle<T>>& handles) {
  std::vector<caf::strong_actor_ptr> result;
  result.reserve(handles.size());
  for (const auto& handle : handles) {
    require_handle(static_cast<bool>(handle));
    result.push_back(handle.ref().actor());
  }
  return result;
}

template <class... Ts>
[[nodiscard]] std::vector<caf::strong_actor_ptr> actors_of(const std::tuple<task_handle<Ts>...>& handles) {
  std::vector<caf::strong_actor_ptr> result;
  std::apply(
      [&](const auto&... entries) {
        (require_handle(static_cast<bool>(entries)), ...);
        (result.push_back(entries.ref().actor()), ...);
      },
      handles);
  return result;
}

template <bool Throws, class Handles>
[[nodiscard]] gather_handles_awaiter<Handles, Throws> gather_handles(Handles handles) {
  auto targets = actors_of(handles);
  return {std::move(handles), std::move(targets)};
}

} // namespace detail

// -- tasks -------------------------------------------------------------------------------------------------------------------------

/// Runs the tasks concurrently; their results as a vector in order, or the first error.
template <class T>
auto gather(std::vector<task<T>> tasks, std::source_location where = std::source_location::current()) {
  return detail::gather_children<true, detail::vector_children<T>>(std::move(tasks), true, where);
}

/// Runs the tasks concurrently; their results as a tuple in order, or the first error.
template <class... Ts>
auto gather(task<Ts>... tasks) {
  return detail::gather_children<true, detail::tuple_children<Ts...>>(std::source_location::current(), true,
                                                                      std::move(tasks)...);
}

/// Runs the tasks concurrently; what became of each.
template <class T>
auto gather_outcomes(std::vector<task<T>> tasks, std::source_location where = std::source_location::current()) {
  return detail::gather_children<false, detail::vector_children<T>>(std::move(tasks), false, where);
}

template <class... Ts>
auto gather_outcomes(task<Ts>... tasks) {
  return detail::gather_children<false, detail::tuple_children<Ts...>>(std::source_location::current(), false,
                                                                       std::move(tasks)...);
}

/// Operations that are not tasks (`ask`, `sleep`, `to_thread`, another `gather`, …), alone or among tasks, become
/// tasks.
template <class... As>
  requires(detail::operation<As> || ...)
auto gather(As... operations) {
  return gather(detail::as_task(std::move(operations))...);
}

template <class... As>
  requires(detail::operation<As> || ...)
auto gather_outcomes(As... operations) {
  return gather_outcomes(detail::as_task(std::move(operations))...);
}

template <detail::operation A>
auto gather(std::vector<A> operations, std::source_location where = std::source_location::current()) {
  return gather(detail::as_tasks(std::move(operations)), where);
}

template <detail::operation A>
auto gather_outcomes(std::vector<A> operations, std::source_location where = std::source_location::current()) {
  return gather_outcomes(detail::as_tasks(std::move(operations)), where);
}

// -- handles -----------------------------------------------------------------------------------------------------------------------

/// Waits for tasks that live on their own; copies of their results, or the first error while the others go on.
template <class T>
auto gather(std::vector<task_handle<T>> handles) {
  return detail::gather_handles<true>(std::move(handles));
}

template <class T, class... Ts>
auto gather(task_handle<T> first, task_handle<Ts>... others) {
  return detail::gather_handles<true>(
      std::tuple<task_handle<T>, task_handle<Ts>...>{std::move(first), std::move(others)...});
}

/// Waits until all of the tasks have ended; what became of each.
template <class T>
auto gather_outcomes(std::vector<task_handle<T>> handles) {
  return detail::gather_handles<false>(std::move(handles));
}

template <class T, class... Ts>
auto gather_outcomes(task_handle<T> first, task_handle<Ts>... others) {
  return detail::gather_handles<false>(
      std::tuple<task_handle<T>, task_handle<Ts>...>{std::move(first), std::move(others)...});
}

} // namespace actors
