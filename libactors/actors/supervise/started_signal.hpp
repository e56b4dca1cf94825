#pragma once

#include <cstdint>
#include <memory>
#include <utility>

namespace actors::supervise {

namespace detail {

class supervisor_core;

} // namespace detail

/// How a child that is a task tells its supervisor that it has started, so that the next one may: `started()`.
///
/// A child that ends without having called it has failed to start. Copies stand for the same start; calling one again,
/// or after the child has ended, changes nothing. May be called from any thread.
///
/// @snippet examples/supervision.cpp children
class started_signal {
public:
  /// For the supervisor.
  started_signal(std::weak_ptr<detail::supervisor_core> core, std::uint64_t child, std::uint64_t incarnation) noexcept
      : core_(std::move(core)), child_(child), incarnation_(incarnation) {}

  void operator()() const;

private:
  std::weak_ptr<detail::supervisor_core> core_;
  std::uint64_t child_;
  std::uint64_t incarnation_;
};

} // namespace actors::supervise
