#pragma once

#include <actors/core/detail/frame_memory.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/outcome.hpp>

#include <concepts>
#include <coroutine>
#include <exception>
#include <type_traits>
#include <utility>
#include <vector>

/// `task<T>`: a lazy coroutine, the unit of everything asynchronous.
///
/// A function that returns `task<T>` and uses `co_await` or `co_return` is a coroutine. Calling it runs nothing.
/// `co_await child()` runs it inside the awaiting actor, like a call; `spawn(child())` gives it an actor of its own and
/// runs it concurrently.
///
/// Ownership: the object owns the coroutine's frame, and destroying a task that was never awaited or spawned destroys
/// its arguments and runs nothing. Parameters live in the frame: take them by value (a reference parameter must outlive
/// the await). A lambda's captures live in the lambda, not in the frame, so a capturing lambda that is a coroutine must
/// outlive its task; `spawn` and the other verbs that take a callable keep it alive.
///
/// Threads: a task runs on one thread at a time, and each step happens before the next, on whichever worker. Do not
/// hold a lock across a `co_await`, and do not keep the address of a `thread_local`.
///
/// Errors: an exception that leaves the coroutine comes out of the `co_await`, unchanged. Cancellation comes as
/// `cancelled`.
///
/// Cost: an inline `co_await` of a child takes memory for its frame, which each thread keeps at hand: tens of
/// nanoseconds (`benchmarks/core/task_bench.cpp`). Awaits that are ready at once do not grow the stack, in debug builds
/// neither.
///
/// g++ 12 miscompiles some expressions around `co_await`; see docs/compilers.md.
///
/// @snippet examples/fetch_concurrently.cpp fetch
namespace actors {

namespace detail {

class promise_base {
public:
  struct final_awaiter {
    [[nodiscard]] bool await_ready() const noexcept { return false; }

    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> handle) const noexcept {
      promise_base& promise = handle.promise();
      if (promise.continuation_)
        promise.context_->transfer(promise.continuation_);
      else
        promise.context_->mark_root_done();
    }

    void await_resume() const noexcept {}
  };

  [[nodiscard]] static void* operator new(std::size_t size) { return take_frame(size); }

  static void operator delete(void* frame, std::size_t size) noexcept { give_frame(frame, size); }

  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }

  [[nodiscard]] final_awaiter final_suspend() const noexcept { return {}; }

  [[nodiscard]] task_context& context() const noexcept { return *context_; }

  void start_in(task_context& context, std::coroutine_handle<> continuation) noexcept {
    context_ = &context;
    continuation_ = continuation;
  }

protected:
  /// The coroutine that awaits this one goes on.
  void hand_back() noexcept { context_->transfer(continuation_); }

private:
  std::coroutine_handle<> continuation_;
  task_context* context_ = nullptr;
};

template <class T>
class promise final : public promise_base {
public:
  task<T> get_return_object() noexcept;

  template <class U>
    requires std::is_convertible_v<U&&, T>
  void return_value(U&& value) {
    result_.set_value(std::forward<U>(value));
  }

  void unhandled_exception() noexcept { result_.set_error(std::current_exception()); }

  [[nodiscard]] outcome<T>& result() noexcept { return result_; }

private:
  outcome<T> result_;
};

template <>
class promise<void> final : public promise_base {
public:
  task<void> get_return_object() noexcept;

  void return_void() { result_.set_value(); }

  void unhandled_exception() noexcept { result_.set_error(std::current_exception()); }

  [[nodiscard]] outcome<void>& result() noexcept { return result_; }

private:
  outcome<void> result_;
};

} // namespace detail

template <class T>
class [[nodiscard]] task {
public:
  using value_type = T;
  using promise_type = detail::promise<T>;
  using handle_type = std::coroutine_handle<promise_type>;

  static_assert(!std::is_reference_v<T>, "a task returns values: return a pointer or std::reference_wrapper");

  /// Holds no coroutine.
  task() noexcept = default;

  explicit task(handle_type handle) noexcept : handle_(handle) {}

  task(task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}

  task& operator=(task&& other) noexcept {
    task moved{std::move(other)};
    std::swap(handle_, moved.handle_);
    return *this;
  }

  ~task() {
    if (handle_)
      handle_.destroy();
  }

  /// True if there is a coroutine to run.
  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(handle_); }

  class awaiter {
  public:
    explicit awaiter(handle_type handle) noexcept : handle_(handle) {}

    [[nodiscard]] bool await_ready() const noexcept { return false; }

    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> caller) const noexcept {
      detail::task_context& context = caller.promise().context();
      handle_.promise().start_in(context, caller);
      context.transfer(handle_);
    }

    T await_resume() const {
      if constexpr (std::is_void_v<T>)
        static_cast<void>(handle_.promise().result().value());
      else
        return std::move(handle_.promise().result()).value();
    }

  private:
    handle_type handle_;
  };

  /// Runs the task inside the awaiting actor. Throws `misuse_error` if there is no coroutine.
  [[nodiscard]] awaiter operator co_await() const&& {
    if (!handle_)
      throw misuse_error("an empty task (default-constructed or moved from) was awaited");
    return awaiter{handle_};
  }

  /// Gives the frame up. For code that hosts tasks.
  [[nodiscard]] handle_type release() noexcept { return std::exchange(handle_, {}); }

private:
  handle_type handle_;
};

namespace detail {

template <class T>
task<T> promise<T>::get_return_object() noexcept {
  return task<T>{std::coroutine_handle<promise<T>>::from_promise(*this)};
}

inline task<void> promise<void>::get_return_object() noexcept {
  return task<void>{std::coroutine_handle<promise<void>>::from_promise(*this)};
}

template <class T>
struct is_task : std::false_type {};

template <class T>
struct is_task<task<T>> : std::true_type {
  using value_type = T;
};

/// What can be awaited and is neither a task nor a handle: the result of `sleep`, `ask`, `to_thread`, `gather`, …
template <class A>
concept operation = !is_task<A>::value && std::is_move_constructible_v<A> && requires(A& a) {
  { a.await_ready() } -> std::convertible_to<bool>;
  a.await_resume();
};

template <operation A>
using operation_result_t = std::remove_cvref_t<decltype(std::declval<A&>().await_resume())>;

/// The operation as a task.
template <operation A>
task<operation_result_t<A>> as_task(A pending) {
  co_return co_await pending;
}

template <class T>
task<T> as_task(task<T> same) noexcept {
  return same;
}

template <operation A>
[[nodiscard]] std::vector<task<operation_result_t<A>>> as_tasks(std::vector<A> operations) {
  std::vector<task<operation_result_t<A>>> result;
  result.reserve(operations.size());
  for (auto& each : operations)
    result.push_back(as_task(std::move(each)));
  return result;
}

} // namespace detail

} // namespace actors
