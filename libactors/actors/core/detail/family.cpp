#include <actors/core/detail/family.hpp>

#include <actors/core/detail/host_actor.hpp>

#include <mutex>

namespace actors::detail {

bool family::adopt(host_actor& child) noexcept {
  const std::scoped_lock guard{mutex_};
  if (closed_)
    return false;
  child.previous_sibling_ = nullptr;
  child.next_sibling_ = first_;
  if (first_ != nullptr)
    first_->previous_sibling_ = &child;
  first_ = &child;
  ++size_;
  return true;
}

void family::leave(host_actor& child) noexcept {
  bool deserted = false;
  caf::strong_actor_ptr parent;
  {
    const std::scoped_lock guard{mutex_};
    if (child.previous_sibling_ != nullptr)
      child.previous_sibling_->next_sibling_ = child.next_sibling_;
    else
      first_ = child.next_sibling_;
    if (child.next_sibling_ != nullptr)
      child.next_sibling_->previous_sibling_ = child.previous_sibling_;
    --size_;
    deserted = closed_ && size_ == 0;
    if (deserted)
      parent = owner();
  }
  // A parent that is killed looks whether the family is empty whenever it is woken, so it may end before this call.
  if (deserted)
    on_deserted();
}

bool family::close() noexcept {
  const std::scoped_lock guard{mutex_};
  closed_ = true;
  return size_ == 0;
}

bool family::empty() const noexcept {
  const std::scoped_lock guard{mutex_};
  return size_ == 0;
}

std::vector<caf::strong_actor_ptr> family::members() const {
  std::vector<caf::strong_actor_ptr> result;
  std::size_t room = 0;
  for (;;) {
    // Memory is asked for outside of the lock.
    result.reserve(room);
    const std::scoped_lock guard{mutex_};
    if (size_ > result.capacity()) {
      room = size_;
      continue;
    }
    for (auto* child = first_; child != nullptr; child = child->next_sibling_)
      result.emplace_back(child->ctrl());
    return result;
  }
}

void family::cancel_all(const caf::error& reason) const {
  for (const auto& member : members())
    static_cast<host_actor*>(member->get())->send_cancel(reason);
}

void family::cancel_all_of(const task_sink& sink, const caf::error& reason) const {
  for (const auto& member : members())
    if (auto& child = static_cast<host_actor&>(*member->get()); child.sink() == &sink)
      child.send_cancel(reason);
}

void family::kill_all() const {
  for (const auto& member : members())
    static_cast<host_actor*>(member->get())->send_kill();
}

} // namespace actors::detail
