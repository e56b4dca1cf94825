#pragma once

#include <actors/core/detail/io_worker.hpp>
#include <actors/core/detail/task_context.hpp>

#include <caf/actor_control_block.hpp>

#include <cstdint>
#include <mutex>
#include <utility>

namespace core_test {

/// Passed to one task again and again, from any thread: each `pass` lets one `co_await` of the baton go on.
class baton {
public:
  class awaiter : public actors::detail::leaf_awaiter<awaiter> {
  public:
    explicit awaiter(baton& owner) noexcept : owner_(&owner) {}

    [[nodiscard]] bool start(actors::detail::task_context& context) {
      arm(context);
      return owner_->wait(actors::detail::actor_of(context), id());
    }

    void await_resume() { check_cancelled(); }

  private:
    baton* owner_;
  };

  baton() = default;
  baton(const baton&) = delete;
  baton& operator=(const baton&) = delete;

  /// Takes one pass, or waits for it.
  [[nodiscard]] awaiter operator co_await() noexcept { return awaiter{*this}; }

  void pass() {
    caf::strong_actor_ptr task;
    std::uint64_t id = 0;
    {
      const std::scoped_lock guard{mutex_};
      if (!task_) {
        ++passes_;
        return;
      }
      task = std::move(task_);
      task_ = nullptr;
      id = id_;
    }
    actors::detail::wake(task, id);
  }

private:
  [[nodiscard]] bool wait(caf::strong_actor_ptr task, std::uint64_t id) {
    const std::scoped_lock guard{mutex_};
    if (passes_ > 0) {
      --passes_;
      return false;
    }
    task_ = std::move(task);
    id_ = id;
    return true;
  }

  std::mutex mutex_;
  int passes_ = 0;
  caf::strong_actor_ptr task_;
  std::uint64_t id_ = 0;
};

} // namespace core_test
