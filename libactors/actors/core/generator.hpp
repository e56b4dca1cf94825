#pragma once

#include <actors/core/error.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/outcome.hpp>
#include <actors/core/task.hpp>

#include <coroutine>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

/// `generator<T>`: a coroutine that gives a sequence of values, one when asked, and may `co_await` between them.
///
/// ```
/// generator<std::string> lines(reader& in) {
///   while (auto line = co_await in.read_line())
///     co_yield std::move(*line);
/// }
/// …
/// auto source = lines(in);
/// while (auto line = co_await source.next())
///   use(*line);
/// ```
///
/// It runs inside the task that asks, as an inline `co_await` does, and only while it is asked: nothing is computed
/// ahead. An error or cancellation comes out of `next`; after it, and after the end, `next` gives nothing.
///
/// Ownership: the object owns the coroutine. Leaving it before its end destroys the frame: destructors run, `catch`
/// blocks do not, and cleanup cannot await. `co_await source.close()` ends it properly instead: the pending `co_yield`
/// throws `generator_closed`, which is no `std::exception`, and what the coroutine then awaits is waited for.
/// `for_each` closes in any case, also when the body throws or is cancelled.
///
/// Threads: one task at a time may use it; not necessarily the same one each time. If a task is killed while it waits
/// for a value of a generator that is not its own, the generator stays where it was and can only be dropped.
///
/// Errors: `misuse_error` for asking an empty generator, asking while it runs, or a coroutine that yields although it
/// was closed. Cost: one allocation for the frame, tens of nanoseconds for each value.
///
/// The semantics are those of Python's asynchronous generators (PEP 525).
///
/// @snippet examples/tasks.cpp generator
namespace actors {

/// Thrown by `co_yield` when the generator is closed. Let it pass, after the cleanup.
class generator_closed {};

template <class T>
class generator;

namespace detail {

template <class T>
class generator_promise final : public promise_base {
public:
  enum class phase : std::uint8_t { fresh, running, suspended, over };

  class yield_awaiter {
  public:
    explicit yield_awaiter(generator_promise& promise) noexcept : promise_(&promise) {}

    [[nodiscard]] bool await_ready() const noexcept { return false; }

    void await_suspend(std::coroutine_handle<>) const noexcept {
      promise_->phase_ = phase::suspended;
      promise_->hand_back();
    }

    void await_resume() const {
      promise_->phase_ = phase::running;
      if (promise_->closing_)
        throw generator_closed{};
    }

  private:
    generator_promise* promise_;
  };

  class final_awaiter {
  public:
    [[nodiscard]] bool await_ready() const noexcept { return false; }

    void await_suspend(std::coroutine_handle<generator_promise> handle) const noexcept {
      handle.promise().phase_ = phase::over;
      handle.promise().hand_back();
    }

    void await_resume() const noexcept {}
  };

  generator<T> get_return_object() noexcept;

  [[nodiscard]] final_awaiter final_suspend() const noexcept { return {}; }

  template <class U>
    requires std::is_constructible_v<T, U&&>
  yield_awaiter yield_value(U&& value) {
    value_.emplace(std::forward<U>(value));
    return yield_awaiter{*this};
  }

  void return_void() noexcept {}

  void unhandled_exception() noexcept { error_ = std::current_exception(); }

  [[nodiscard]] phase state() const noexcept { return phase_; }

  void resume_in(task_context& context, std::coroutine_handle<> caller, bool closing) noexcept {
    start_in(context, caller);
    closing_ = closing;
    phase_ = phase::running;
  }

  /// The value that was yielded, nothing at the end; throws what the coroutine threw.
  [[nodiscard]] std::optional<T> take() {
    if (error_)
      std::rethrow_exception(std::exchange(error_, nullptr));
    return std::exchange(value_, std::nullopt);
  }

private:
  std::optional<T> value_;
  std::exception_ptr error_;
  phase phase_ = phase::fresh;
  bool closing_ = false;
};

} // namespace detail

template <class T>
class [[nodiscard]] generator {
public:
  using value_type = T;
  using promise_type = detail::generator_promise<T>;
  using handle_type = std::coroutine_handle<promise_type>;

  static_assert(std::is_object_v<T>, "a generator gives values: yield a pointer or std::reference_wrapper");

  /// Holds no coroutine.
  generator() noexcept = default;

  explicit generator(handle_type handle) noexcept : handle_(handle) {}

  generator(generator&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}

  generator& operator=(generator&& other) noexcept {
    generator moved{std::move(other)};
    std::swap(handle_, moved.handle_);
    return *this;
  }

  ~generator() {
    if (handle_)
      handle_.destroy();
  }

  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(handle_); }

  class awaiter {
  public:
    awaiter(handle_type handle, bool closing) noexcept : handle_(handle), closing_(closing) {}

    // Asked again, because much may have happened since `next` was called.
    [[nodiscard]] bool await_ready() const {
      require_not_running(handle_);
      return handle_.promise().state() == promise_type::phase::over;
    }

    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> caller) const noexcept {
      detail::task_context& context = caller.promise().context();
      handle_.promise().resume_in(context, caller, closing_);
      context.transfer(handle_);
    }

    std::optional<T> await_resume() const { return handle_.promise().take(); }

  private:
    handle_type handle_;
    bool closing_;
  };

  /// Runs the coroutine to its next `co_yield` and gives its value, nothing if it has ended.
  [[nodiscard]] awaiter next() {
    check();
    return awaiter{handle_, false};
  }

  /// Ends the coroutine where it stands and waits for its cleanup; throws the error of that, if any. A coroutine that
  /// has not begun never runs. May be repeated.
  [[nodiscard]] task<void> close() {
    check();
    if (handle_.promise().state() == promise_type::phase::fresh) {
      std::exchange(handle_, {}).destroy();
      co_return;
    }
    std::optional<T> ignored;
    try {
      ignored = co_await awaiter{handle_, true};
    } catch (const generator_closed&) {
      // What close is for.
    }
    if (handle_.promise().state() != promise_type::phase::over)
      throw misuse_error("a generator that was closed has yielded another value");
  }

private:
  void check() const {
    if (!handle_)
      throw misuse_error("an empty generator (default-constructed, moved from or closed) was used");
    require_not_running(handle_);
  }

  static void require_not_running(handle_type handle) {
    if (handle.promise().state() == promise_type::phase::running)
      throw misuse_error("a generator was used while it was running");
  }

  handle_type handle_;
};

namespace detail {

template <class T>
generator<T> generator_promise<T>::get_return_object() noexcept {
  return generator<T>{std::coroutine_handle<generator_promise>::from_promise(*this)};
}

} // namespace detail

/// Runs `body(value)` for each value of `source`, and closes the generator in any case. The body is a plain function
/// or returns a task; if it gives a `bool`, false ends the loop. An error of the body comes before one of the closing.
template <class T, class F>
task<void> for_each(generator<T> source, F body) {
  using result = std::invoke_result_t<F&, T>;
  std::exception_ptr error;
  try {
    for (;;) {
      std::optional<T> value = co_await source.next();
      if (!value)
        break;
      bool go_on = true;
      if constexpr (detail::is_task<result>::value) {
        if constexpr (std::is_same_v<typename result::value_type, bool>)
          go_on = co_await std::invoke(body, std::move(*value));
        else
          co_await std::invoke(body, std::move(*value));
      } else if constexpr (std::is_same_v<result, bool>) {
        go_on = std::invoke(body, std::move(*value));
      } else {
        std::invoke(body, std::move(*value));
      }
      if (!go_on)
        break;
    }
  } catch (...) {
    error = std::current_exception();
  }
  if (!error) {
    co_await source.close();
    co_return;
  }
  try {
    co_await source.close();
  } catch (const cancelled&) {
    throw;
  } catch (...) {
    // The error of the body is what the caller has to know.
  }
  std::rethrow_exception(error);
}

} // namespace actors
