#pragma once

#include <actors/core/detail/io_worker.hpp>
#include <actors/core/detail/task_context.hpp>

#include <caf/actor_control_block.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

namespace core_test {

/// Closed until somebody opens it, once and for all: lets a test decide when a task goes on, from any thread.
class gate {
public:
  class awaiter : public actors::detail::leaf_awaiter<awaiter> {
  public:
    explicit awaiter(gate& owner) noexcept : owner_(&owner) {}

    [[nodiscard]] bool start(actors::detail::task_context& context) {
      arm(context);
      return owner_->enter(actors::detail::actor_of(context), id());
    }

    void await_resume() { check_cancelled(); }

  private:
    gate* owner_;
  };

  gate() = default;
  gate(const gate&) = delete;
  gate& operator=(const gate&) = delete;

  /// Waits until the gate is open.
  [[nodiscard]] awaiter operator co_await() noexcept { return awaiter{*this}; }

  void open() {
    std::vector<entry> waiting;
    {
      const std::scoped_lock guard{mutex_};
      open_ = true;
      waiting.swap(waiting_);
    }
    for (const auto& each : waiting)
      actors::detail::wake(each.task, each.id);
  }

private:
  struct entry {
    caf::strong_actor_ptr task;
    std::uint64_t id;
  };

  [[nodiscard]] bool enter(caf::strong_actor_ptr task, std::uint64_t id) {
    const std::scoped_lock guard{mutex_};
    if (!open_)
      waiting_.push_back({std::move(task), id});
    return !open_;
  }

  std::mutex mutex_;
  bool open_ = false;
  std::vector<entry> waiting_;
};

} // namespace core_test
