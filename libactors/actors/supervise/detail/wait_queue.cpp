#include <actors/supervise/detail/wait_queue.hpp>

#include <actors/core/detail/io_worker.hpp>

#include <utility>

namespace actors::supervise::detail {

void wake_up::deliver() const noexcept {
  if (who)
    actors::detail::wake(who, id);
}

void wait_queue::push(wait_node& node, const actors::detail::task_context& context, std::uint64_t id) {
  node.who = actors::detail::actor_of(context);
  node.id = id;
  node.next = nullptr;
  node.previous = last_;
  node.queued = true;
  (last_ != nullptr ? last_->next : first_) = &node;
  last_ = &node;
  ++size_;
}

void wait_queue::remove(wait_node& node) noexcept {
  if (!node.queued)
    return;
  node.queued = false;
  (node.previous != nullptr ? node.previous->next : first_) = node.next;
  (node.next != nullptr ? node.next->previous : last_) = node.previous;
  --size_;
}

wake_up wait_queue::pop() {
  auto& node = *first_;
  remove(node);
  return {std::move(node.who), node.id};
}

std::vector<wake_up> wait_queue::take_all() {
  std::vector<wake_up> result;
  result.reserve(size_);
  while (!empty())
    result.push_back(pop());
  return result;
}

void deliver(const std::vector<wake_up>& all) noexcept {
  for (const auto& each : all)
    each.deliver();
}

} // namespace actors::supervise::detail
