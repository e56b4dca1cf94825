#include <actors/sync/detail/wait_list.hpp>

#include <actors/core/detail/host_actor.hpp>

#include <chrono>

namespace actors::sync::detail {

void wait_node::stand_for(actors::detail::task_context& context, std::uint64_t id) noexcept {
  task_ = &context.host();
  id_ = id;
}

void wait_node::leave() noexcept {
  if (list_ == nullptr)
    return;
  (previous_ != nullptr ? previous_->next_ : list_->first_) = next_;
  (next_ != nullptr ? next_->previous_ : list_->last_) = previous_;
  --list_->size_;
  list_ = nullptr;
  next_ = previous_ = nullptr;
}

void wait_node::wake(reply answer) noexcept {
  leave();
  answer_ = answer;
  // Under the lock of the object, without which the frame that holds the node cannot go: so the actor, and the runtime
  // that it belongs to, are still there when this is done.
  if (task_ != nullptr)
    task_->wake(id_);
  else
    thread_->notify_one();
}

void wait_list::push_back(wait_node& node) noexcept {
  node.list_ = this;
  node.next_ = nullptr;
  node.previous_ = last_;
  (last_ != nullptr ? last_->next_ : first_) = &node;
  last_ = &node;
  ++size_;
}

void wait_list::wake_all(reply answer) noexcept {
  while (!empty())
    front().wake(answer);
}

misuse_error destroyed_error(const char* what) {
  return misuse_error{std::string{what} + " was destroyed while it was in use"};
}

void require_plain_thread(const char* operation) {
  if (actors::detail::running_context() != nullptr)
    throw misuse_error{std::string{operation} +
                       " was called inside a task: it would block the worker; co_await instead"};
}

bool sleep_until_answered(std::unique_lock<std::mutex>& lock, wait_node& node, std::condition_variable& sleeping,
                          duration limit) {
  const auto answered = [&] { return node.answer() != reply::none; };
  const auto deadline = saturating_add(std::chrono::steady_clock::now(), limit);
  if (deadline != time_point::max())
    return sleeping.wait_until(lock, deadline, answered);
  sleeping.wait(lock, answered);
  return true;
}

} // namespace actors::sync::detail
