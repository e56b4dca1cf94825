#include <actors/core/detail/completion_set.hpp>

#include <actors/core/detail/introspection.hpp>
#include <actors/core/task_handle.hpp>

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace actors::detail {

class completion_set::link final : public completion_watcher {
public:
  link() noexcept : completion_watcher(&completed) {}

  void bind(completion_set& set) noexcept { set_ = &set; }

private:
  static caf::strong_actor_ptr completed(completion_watcher& watcher, task_actor& ended, std::uint64_t& id) noexcept {
    auto& set = *static_cast<link&>(watcher).set_;
    if (!set.counts(ended))
      return nullptr;
    id = set.wait_id_;
    return set.waiter_;
  }

  completion_set* set_ = nullptr;
};

completion_set::completion_set(std::vector<caf::strong_actor_ptr> targets, completion_rule rule)
    : targets_(std::move(targets)), rule_(rule), left_(targets_.size()) {}

completion_set::~completion_set() {
  if (!links_)
    return;
  for (std::size_t i = 0; i < targets_.size(); ++i)
    target(i).unwatch(links_[i]);
}

void completion_set::check_awaitable(const task_context& context) const {
  for (std::size_t i = 0; i < targets_.size(); ++i)
    detail::check_awaitable(context, target(i));
}

bool completion_set::counts(const task_actor& ended) noexcept {
  bool met = left_.fetch_sub(1, std::memory_order_acq_rel) == 1 || rule_ == completion_rule::first;
  if (!met && rule_ != completion_rule::all) {
    const auto error = ended.error();
    met = error && (rule_ == completion_rule::first_failure || !is_cancelled(error));
  }
  return met && !met_.exchange(true, std::memory_order_acq_rel);
}

bool completion_set::watch(host_actor& waiter, std::uint64_t id) {
  waiter_ = caf::strong_actor_ptr{waiter.ctrl()};
  wait_id_ = id;
  links_ = std::make_unique<link[]>(targets_.size());
  bool met = false;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    links_[i].bind(*this);
    if (!target(i).watch(links_[i]))
      met = counts(target(i)) || met;
  }
  return met;
}

void completion_set::describe_wait(wait_view& view) const {
  const auto end = std::min(targets_.size(), view.from + wait_view::batch);
  for (auto i = view.from; i < end; ++i)
    if (!target(i).done())
      view.targets.push_back(targets_[i]);
  if (end < targets_.size())
    view.next = end;
}

bool completion_set::cancel_all(std::string_view reason) const {
  // Each request counts in the task, and a second one would interrupt its cleanup.
  std::unordered_set<const task_actor*> told;
  bool any = false;
  for (std::size_t i = 0; i < targets_.size(); ++i)
    if (told.insert(&target(i)).second)
      any = target(i).cancel(reason) || any;
  return any;
}

} // namespace actors::detail
