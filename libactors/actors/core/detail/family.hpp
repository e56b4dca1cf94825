#pragma once

#include <actors/core/detail/spin_mutex.hpp>
#include <actors/core/fwd.hpp>

#include <caf/actor_control_block.hpp>
#include <caf/error.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace actors::detail {

class task_sink;

/// The live children of a task, a service, or the runtime: who gets cancelled and joined when the parent ends.
///
/// A child is in the list from its launch until it has ended, so whoever holds the lock may take a reference to it.
///
/// Threads: all members may be called from any thread.
class family {
public:
  family() noexcept = default;
  family(const family&) = delete;
  family& operator=(const family&) = delete;
  virtual ~family() = default;

  /// Adds a child; false if the family is closed.
  [[nodiscard]] bool adopt(host_actor& child) noexcept;

  /// Removes a child. The last one of a closed family calls `on_deserted`.
  void leave(host_actor& child) noexcept;

  /// Takes no more children. True if there are none; otherwise `on_deserted` follows.
  [[nodiscard]] bool close() noexcept;

  /// True if there are no children at this moment.
  [[nodiscard]] bool empty() const noexcept;

  /// References to the children of this moment.
  [[nodiscard]] std::vector<caf::strong_actor_ptr> members() const;

  void cancel_all(const caf::error& reason) const;
  void kill_all() const;

  /// Cancels the children that report to one sink.
  void cancel_all_of(const task_sink& sink, const caf::error& reason) const;

protected:
  /// The last child has left after `close`.
  virtual void on_deserted() noexcept = 0;

  /// The actor that has to live until `on_deserted` has returned, null if nothing is needed for that. Called while the
  /// last child still keeps the family from ending.
  [[nodiscard]] virtual caf::strong_actor_ptr owner() noexcept = 0;

private:
  mutable spin_mutex mutex_;
  bool closed_ = false;
  std::uint32_t size_ = 0;
  host_actor* first_ = nullptr;
};

} // namespace actors::detail
