#include <actors/core/as_completed.hpp>

#include <actors/core/detail/introspection.hpp>
#include <actors/core/error.hpp>
#include <actors/core/internal/runtime_core.hpp>

#include <mutex>
#include <unordered_set>

namespace actors::detail {

class completion_queue::link final : public completion_watcher {
public:
  link() noexcept : completion_watcher(&completed) {}

  void bind(completion_queue& queue, std::size_t index) noexcept {
    queue_ = &queue;
    index_ = index;
  }

private:
  static caf::strong_actor_ptr completed(completion_watcher& watcher, task_actor&, std::uint64_t& id) noexcept {
    const auto& self = static_cast<link&>(watcher);
    auto& queue = *self.queue_;
    const std::scoped_lock guard{queue.mutex_};
    queue.ended_.push_back(self.index_); // reserved
    id = queue.wait_id_;
    return std::move(queue.waiter_);
  }

  completion_queue* queue_ = nullptr;
  std::size_t index_ = 0;
};

completion_queue::completion_queue(std::vector<caf::strong_actor_ptr> targets) : targets_(std::move(targets)) {
  std::unordered_set<const caf::actor_control_block*> known;
  for (auto& target : targets_)
    if (!known.insert(target.get()).second)
      target = nullptr;
  count_ = known.size();
  ended_.reserve(count_);
}

completion_queue::~completion_queue() {
  if (!links_)
    return;
  for (std::size_t i = 0; i < targets_.size(); ++i)
    if (targets_[i])
      static_cast<task_actor&>(*targets_[i]->get()).unwatch(links_[i]);
}

void completion_queue::watch(const task_context& context) {
  if (links_)
    return;
  for (const auto& target : targets_)
    if (target)
      check_awaitable(context, static_cast<const task_actor&>(*target->get()));
  links_ = std::make_unique<link[]>(targets_.size());
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    if (!targets_[i])
      continue;
    links_[i].bind(*this, i);
    if (static_cast<task_actor&>(*targets_[i]->get()).watch(links_[i]))
      continue;
    const std::scoped_lock guard{mutex_};
    ended_.push_back(i);
  }
}

std::optional<std::size_t> completion_queue::pop() noexcept {
  const std::scoped_lock guard{mutex_};
  if (taken_ == ended_.size())
    return std::nullopt;
  return ended_[taken_++];
}

std::optional<std::size_t> completion_queue::pop_or_wait(host_actor& waiter, std::uint64_t id) {
  const std::scoped_lock guard{mutex_};
  if (taken_ < ended_.size())
    return ended_[taken_++];
  waiter_ = caf::strong_actor_ptr{waiter.ctrl()};
  wait_id_ = id;
  return std::nullopt;
}

void completion_queue::describe_wait(wait_view& view) const {
  view.kind = "as_completed";
  const auto end = std::min(targets_.size(), view.from + wait_view::batch);
  for (auto i = view.from; i < end; ++i)
    if (targets_[i] && !static_cast<const task_actor&>(*targets_[i]->get()).done())
      view.targets.push_back(targets_[i]);
  if (end < targets_.size())
    view.next = end;
}

void completion_queue::forget_waiter() noexcept {
  const std::scoped_lock guard{mutex_};
  waiter_ = nullptr;
}

time_point completion_queue::deadline(const task_context& context, duration timeout) {
  if (!deadline_)
    deadline_ = saturating_add(context.host().core().now(), timeout);
  return *deadline_;
}

next_completion_awaiter_base::~next_completion_awaiter_base() {
  if (armed())
    queue_->forget_waiter();
}

bool next_completion_awaiter_base::start(task_context& context) {
  queue_->watch(context);
  if (queue_->taken() == queue_->size())
    return false;
  arm(context);
  found_ = queue_->pop_or_wait(context.host(), id());
  if (found_)
    return false;
  const auto deadline = queue_->deadline(context, timeout_);
  if (deadline != time_point::max())
    timer_.arm(context.host(), id(), deadline);
  return true;
}

std::optional<std::size_t> next_completion_awaiter_base::take() {
  check_cancelled();
  if (found_ || queue_->taken() == queue_->size())
    return found_;
  // Woken by a task or by the timer; a task that ended in the same moment is still given.
  if (auto index = queue_->pop())
    return index;
  queue_->forget_waiter();
  throw timeout_error{"as_completed timed out with " + std::to_string(queue_->size() - queue_->taken()) +
                      " tasks still running"};
}

} // namespace actors::detail
