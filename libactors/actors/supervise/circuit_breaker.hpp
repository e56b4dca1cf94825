#pragma once

#include <actors/core/error.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task.hpp>
#include <actors/core/this_task.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

/// Circuit breaker: stops calling what keeps failing, and tries again after a while.
///
/// `co_await breaker.run(operation)`. Closed, it lets every call through and counts failures in a sliding window; when
/// there are too many, it opens. Open, it refuses calls with `open_circuit_error`, which says when to come back. After
/// `open_for` it is half open: a few calls are let through as probes; when as many have succeeded it closes, when one
/// fails it opens again. Calls that began before the last change count for nothing.
///
/// Copies share one circuit. Threads: tasks of one runtime, on any of its workers.
///
/// Cancellation: a call that is cancelled counts for nothing, and a probe's place is given back. Errors: the
/// operation's own, unchanged; `open_circuit_error`; `std::invalid_argument` for settings that make no sense.
///
/// Source: Michael Nygard, "Release It!"; the windows are those of Resilience4j.
///
/// @snippet examples/supervision.cpp limits
namespace actors::supervise {

enum class circuit_state : std::uint8_t { closed, open, half_open };

[[nodiscard]] std::string_view to_string(circuit_state state) noexcept;

/// The circuit is open: nothing was called.
class open_circuit_error : public std::runtime_error {
public:
  open_circuit_error(std::string_view name, time_point retry_at, duration retry_after);

  /// When calls are let through again, on the runtime's clock.
  [[nodiscard]] time_point retry_at() const noexcept { return retry_at_; }

  /// The same from now; zero while probes are under way, whose outcome decides.
  [[nodiscard]] duration retry_after() const noexcept { return retry_after_; }

private:
  time_point retry_at_;
  duration retry_after_;
};

/// A change of state.
struct circuit_event {
  circuit_state from;
  circuit_state to;
  /// The failure that opened it, null for other changes.
  std::exception_ptr error;
};

class circuit_options {
public:
  using error_filter = std::function<bool(const std::exception_ptr&)>;
  using change_handler = std::function<void(const circuit_event&)>;

  /// Opens after 5 failures within 10 seconds, for 30 seconds; one probe.
  circuit_options() = default;

  /// For errors; "circuit" by default.
  circuit_options& name(std::string value) {
    name_ = std::move(value);
    return *this;
  }

  /// Opens at this many failures in the window.
  circuit_options& failures(std::uint64_t value);

  /// Opens when this share (above 0, at most 1) of the calls in the window fails, once there are `at_least` of them.
  /// Takes the place of `failures`.
  circuit_options& failure_rate(double share, std::uint64_t at_least);

  /// The window is the last so many seconds, seen in ten steps.
  circuit_options& window(duration length);

  /// The window is the last so many calls.
  circuit_options& window_of_calls(std::size_t count);

  circuit_options& open_for(duration value);

  /// Probes at a time, and successes needed to close.
  circuit_options& probes(std::size_t value);

  /// Which errors count as failures; all others count as successes.
  circuit_options& count_if(error_filter value) {
    filter_ = std::move(value);
    return *this;
  }

  /// Called after every change, by the task that caused it. Must not throw.
  circuit_options& on_change(change_handler value) {
    handler_ = std::move(value);
    return *this;
  }

private:
  friend class circuit_breaker_access;

  std::string name_ = "circuit";
  error_filter filter_;
  change_handler handler_;
  std::uint64_t failures_ = 5;
  double rate_ = 0; // 0: by count
  std::uint64_t at_least_ = 0;
  duration window_ = std::chrono::seconds{10};
  std::size_t window_calls_ = 0; // 0: by time
  duration open_for_ = std::chrono::seconds{30};
  std::size_t probes_ = 1;
};

namespace detail {

class circuit;

} // namespace detail

class circuit_breaker {
public:
  /// One call that was let through. Tell it how it went; destroyed untold, it counts for nothing.
  class call {
  public:
    call(std::shared_ptr<detail::circuit> circuit, std::uint64_t generation) noexcept
        : circuit_(std::move(circuit)), generation_(generation) {}

    call(call&& other) noexcept : circuit_(std::exchange(other.circuit_, nullptr)), generation_(other.generation_) {}

    call& operator=(call&&) = delete;
    ~call();

    void succeeded(time_point now);
    void failed(const std::exception_ptr& error, time_point now);

  private:
    std::shared_ptr<detail::circuit> circuit_;
    std::uint64_t generation_;
  };

  explicit circuit_breaker(circuit_options options = circuit_options{});

  /// Runs `operation()` if the circuit lets it; the callable is kept until it has ended.
  template <actors::detail::task_function F>
  [[nodiscard]] std::invoke_result_t<F&> run(F operation) const;

  /// Lets one call through or throws `open_circuit_error`, for those who make the call themselves.
  [[nodiscard]] call enter(time_point now) const;

  /// As of the last call: an open circuit is half open only when somebody comes.
  [[nodiscard]] circuit_state state() const;

  /// Opens it, for `open_for`.
  void trip(time_point now) const;

  /// Closes it and forgets all failures.
  void reset() const;

private:
  std::shared_ptr<detail::circuit> circuit_;
};

namespace detail {

template <class F>
std::invoke_result_t<F&> run_in_circuit(circuit_breaker where, F operation) {
  using result = typename std::invoke_result_t<F&>::value_type;
  const auto self = co_await this_task();
  auto call = where.enter(self.now());
  try {
    if constexpr (std::is_void_v<result>) {
      co_await operation();
      call.succeeded(self.now());
      co_return;
    } else {
      result value = co_await operation();
      call.succeeded(self.now());
      co_return value;
    }
  } catch (const cancelled&) {
    throw;
  } catch (...) {
    call.failed(std::current_exception(), self.now());
    throw;
  }
}

} // namespace detail

template <actors::detail::task_function F>
std::invoke_result_t<F&> circuit_breaker::run(F operation) const {
  return detail::run_in_circuit(*this, std::move(operation));
}

} // namespace actors::supervise
