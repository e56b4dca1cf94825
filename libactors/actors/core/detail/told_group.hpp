#pragma once

#include <actors/core/fwd.hpp>

namespace actors::detail {

class task_sink;

/// While a task group that has told its children to cancel tells its body too, which may be waiting for one of them and
/// pass the request on: that child knows already, and a second request would interrupt its cleanup.
///
/// Holds on this thread, until the waiter of the body has been asked what it does.
class told_group {
public:
  explicit told_group(const task_sink& group) noexcept;
  told_group(const told_group&) = delete;
  told_group& operator=(const told_group&) = delete;
  ~told_group();

  /// The group that has told its children, null outside.
  [[nodiscard]] static const task_sink* current() noexcept;

  /// The body goes on, and whatever it asks for is its own request.
  static void forget() noexcept;
};

} // namespace actors::detail
