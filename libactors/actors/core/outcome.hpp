#pragma once

#include <actors/core/error.hpp>
#include <actors/core/fwd.hpp>

#include <exception>
#include <type_traits>
#include <utility>
#include <variant>

/// How a task ended: with a value, an error, or cancelled. What `gather_outcomes` fills its slots with.
///
/// Threads: a value like any other. Cost: the size of `T` and a word or two.
namespace actors {

namespace detail {

/// `void` has no objects; outcomes and tuples hold this in its place.
template <class T>
using stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

} // namespace detail

template <class T>
class outcome {
public:
  using value_type = T;

  /// Not finished: holds neither.
  outcome() = default;

  template <class... Args>
  void set_value(Args&&... args) {
    state_.template emplace<1>(std::forward<Args>(args)...);
  }

  void set_error(std::exception_ptr error) noexcept { state_.template emplace<2>(std::move(error)); }

  /// True if the task returned.
  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 1; }

  /// True if the task threw or was cancelled.
  [[nodiscard]] bool has_error() const noexcept { return state_.index() == 2; }

  [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }

  /// The exception, null if there is none.
  [[nodiscard]] std::exception_ptr error() const noexcept {
    return has_error() ? *std::get_if<2>(&state_) : std::exception_ptr{};
  }

  /// True if the task ended with `cancelled`.
  [[nodiscard]] bool was_cancelled() const noexcept { return has_error() && is_cancelled(*std::get_if<2>(&state_)); }

  /// The value; throws the error if there is one, `misuse_error` if the task has not finished.
  [[nodiscard]] detail::stored<T>& value() & {
    check();
    return *std::get_if<1>(&state_);
  }

  [[nodiscard]] const detail::stored<T>& value() const& {
    check();
    return *std::get_if<1>(&state_);
  }

  [[nodiscard]] detail::stored<T>&& value() && {
    check();
    return std::move(*std::get_if<1>(&state_));
  }

private:
  void check() const {
    if (has_error())
      std::rethrow_exception(*std::get_if<2>(&state_));
    if (!has_value())
      throw misuse_error("the outcome of a task that has not finished was asked for");
  }

  std::variant<std::monostate, detail::stored<T>, std::exception_ptr> state_;
};

} // namespace actors
