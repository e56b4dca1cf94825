#pragma once

#include <actors/core/detail/make_task.hpp>
#include <actors/core/detail/task_actor.hpp>
#include <actors/core/detail/task_context.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace actors::detail {

/// When a wait for several tasks is over.
enum class completion_rule : std::uint8_t {
  /// All have ended.
  all,
  /// One has ended.
  first,
  /// One has failed (a cancelled one does not count), or all have ended.
  first_exception,
  /// One has failed or was cancelled, or all have ended.
  first_failure,
};

/// Watches tasks that live on their own, and wakes one waiting task when a rule is met. Lives in the waiting frame.
class completion_set {
public:
  completion_set(std::vector<caf::strong_actor_ptr> targets, completion_rule rule);
  completion_set(const completion_set&) = delete;
  completion_set& operator=(const completion_set&) = delete;
  ~completion_set();

  [[nodiscard]] std::size_t size() const noexcept { return targets_.size(); }

  [[nodiscard]] task_actor& target(std::size_t index) const noexcept {
    return static_cast<task_actor&>(*targets_[index]->get());
  }

  /// Throws `misuse_error` if one of the targets cannot be awaited here.
  void check_awaitable(const task_context& context) const;

  /// Starts to watch for the waiter with this id; true if the rule is met already.
  [[nodiscard]] bool watch(host_actor& waiter, std::uint64_t id);

  /// For `waiter::describe_wait`.
  void describe_wait(wait_view& view) const;

  /// Asks every target to cancel, once though it be listed twice; true if one of them was not done.
  bool cancel_all(std::string_view reason) const;

private:
  class link;

  [[nodiscard]] bool counts(const task_actor& ended) noexcept;

  std::vector<caf::strong_actor_ptr> targets_;
  completion_rule rule_;
  std::atomic<std::size_t> left_;
  std::atomic<bool> met_{false};
  caf::strong_actor_ptr waiter_;
  std::uint64_t wait_id_ = 0;
  std::unique_ptr<link[]> links_;
};

} // namespace actors::detail
