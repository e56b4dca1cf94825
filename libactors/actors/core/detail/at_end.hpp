#pragma once

#include <type_traits>
#include <utility>

namespace actors::detail {

/// Calls a function at the end of a scope, however that ends: a task that is killed has its frame destroyed where it
/// waits, and runs no code but that of destructors.
template <class F>
class [[nodiscard]] at_end {
public:
  static_assert(std::is_nothrow_move_constructible_v<F>);

  explicit at_end(F function) noexcept : function_(std::move(function)) {}

  at_end(const at_end&) = delete;
  at_end& operator=(const at_end&) = delete;

  ~at_end() { function_(); }

private:
  F function_;
};

} // namespace actors::detail
