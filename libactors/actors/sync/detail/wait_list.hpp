#pragma once

#include <actors/core/detail/task_context.hpp>
#include <actors/core/error.hpp>
#include <actors/core/fwd.hpp>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>

/// The building block of everything in `actors::sync`: a list of those who wait, in the order in which they came.
///
/// Each object keeps its lists and its other state under one lock, in a block that its waiters share. A node lives in
/// the awaiter, so in a coroutine frame, or on the stack of a plain thread. What is released goes to the first waiter
/// at once, under the lock: nobody can overtake it. Nobody leaves without taking the lock, so a waiter cannot go away
/// while it is being woken; one that was woken and is cancelled or killed before it could go on hands over what it was
/// given.
namespace actors::sync::detail {

/// What a waiter was told.
enum class reply : std::uint8_t {
  none,
  granted,
  /// What it waits for will not come any more.
  refused,
  /// The object was destroyed.
  destroyed,
};

class wait_list;

/// Somebody who waits, a task or a plain thread. All members are for those who hold the lock of the object.
class wait_node {
public:
  wait_node() noexcept = default;
  wait_node(const wait_node&) = delete;
  wait_node& operator=(const wait_node&) = delete;

  /// Makes the node stand for the wait `id` of a task.
  void stand_for(actors::detail::task_context& context, std::uint64_t id) noexcept;

  /// Makes the node stand for a thread that sleeps on `sleeping`.
  void stand_for(std::condition_variable& sleeping) noexcept { thread_ = &sleeping; }

  [[nodiscard]] bool listed() const noexcept { return list_ != nullptr; }

  [[nodiscard]] bool listed_in(const wait_list& list) const noexcept { return list_ == &list; }

  /// The one behind this one, null at the end of the list.
  [[nodiscard]] wait_node* next() const noexcept { return next_; }

  /// Leaves the list, if it is in one.
  void leave() noexcept;

  [[nodiscard]] reply answer() const noexcept { return answer_; }

  /// Changes the answer of a waiter that was woken already.
  void set_answer(reply answer) noexcept { answer_ = answer; }

  /// Leaves the list and wakes whoever waits.
  void wake(reply answer) noexcept;

protected:
  ~wait_node() = default;

private:
  friend class wait_list;

  wait_list* list_ = nullptr;
  wait_node* next_ = nullptr;
  wait_node* previous_ = nullptr;
  // Neither is owned: the node goes before the frame or stack that it is in.
  actors::detail::host_actor* task_ = nullptr;
  std::condition_variable* thread_ = nullptr;
  std::uint64_t id_ = 0;
  reply answer_ = reply::none;
};

/// First come, first served.
class wait_list {
public:
  wait_list() noexcept = default;
  wait_list(const wait_list&) = delete;
  wait_list& operator=(const wait_list&) = delete;

  [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// There must be one.
  [[nodiscard]] wait_node& front() const noexcept { return *first_; }

  /// The node must be in no list.
  void push_back(wait_node& node) noexcept;

  /// Gives everybody the same answer.
  void wake_all(reply answer) noexcept;

private:
  friend class wait_node;

  wait_node* first_ = nullptr;
  wait_node* last_ = nullptr;
  std::size_t size_ = 0;
};

/// What waiters are told when `what` goes while they wait.
[[nodiscard]] misuse_error destroyed_error(const char* what);

/// Throws `misuse_error` if the caller is a task: it would block a worker.
void require_plain_thread(const char* operation);

/// Lets a plain thread sleep until its node is answered; false if it was not by the end of `limit`, counted from now on
/// the monotonic clock. `lock` is held before and after.
[[nodiscard]] bool sleep_until_answered(std::unique_lock<std::mutex>& lock, wait_node& node,
                                        std::condition_variable& sleeping, duration limit);

/// Waits for what a `State` gives out:
///
/// - `State::mutex` is its lock, which is held in all of these;
/// - `admit(node)`: true if there is nothing to wait for; throws if there never will be;
/// - `enlist(node)`: puts the node into a list;
/// - `settle(node)`: the task goes on and takes what it was given, or throws what it was told;
/// - `abandon(node)`: `settle` has thrown, or the task was cancelled or killed, waiting or with something given that it
///   did not take.
template <class State, class Node = wait_node>
class [[nodiscard]] list_awaiter : public actors::detail::leaf_awaiter<list_awaiter<State, Node>>, public Node {
public:
  template <class... Args>
  explicit list_awaiter(State& state, Args&&... args) : Node(std::forward<Args>(args)...), state_(&state) {}

  ~list_awaiter() override {
    if (!suspended_)
      return;
    const std::scoped_lock guard{state_->mutex};
    state_->abandon(*this);
  }

  [[nodiscard]] bool start(actors::detail::task_context& context) {
    const std::scoped_lock guard{state_->mutex};
    if (state_->admit(*this))
      return false;
    this->arm(context);
    this->stand_for(context, this->id());
    state_->enlist(*this);
    suspended_ = true;
    return true;
  }

  /// The node, with what it was given.
  Node& await_resume() {
    this->check_cancelled();
    if (suspended_) {
      const std::scoped_lock guard{state_->mutex};
      state_->settle(*this);
      suspended_ = false;
    }
    return *this;
  }

protected:
  [[nodiscard]] State& state() const noexcept { return *state_; }

private:
  State* state_;
  bool suspended_ = false;
};

} // namespace actors::sync::detail
