#include <actors/core/detail/task_context.hpp>

#include <actors/core/detail/fetch_ahead.hpp>
#include <actors/core/detail/host_actor.hpp>
#include <actors/core/detail/introspection.hpp>
#include <actors/core/detail/told_group.hpp>

#include <caf/actor_control_block.hpp>

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>

namespace actors::detail {

namespace {

// Out of line, and without inlining: see running_context.
[[gnu::noinline]] task_context*& running_slot() noexcept {
  thread_local task_context* current = nullptr;
  return current;
}

/// The name of a waiter's class for people: without the library's namespaces, template arguments and `_awaiter`.
std::string kind_of(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> readable{
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free};
  std::string_view text = readable ? readable.get() : type.name();
  text = text.substr(0, text.find('<'));
  for (const std::string_view prefix : {"actors::", "detail::", "internal::", "(anonymous namespace)::"})
    if (text.starts_with(prefix))
      text.remove_prefix(prefix.size());
  for (const std::string_view suffix : {"_base", "_awaiter", "::awaiter"})
    if (text.ends_with(suffix) && text.size() > suffix.size())
      text.remove_suffix(suffix.size());
  return std::string{text};
}

} // namespace

[[gnu::noinline]] task_context* running_context() noexcept {
  return running_slot();
}

running_scope::running_scope(task_context& context) noexcept : outer_(std::exchange(running_slot(), &context)) {}

running_scope::~running_scope() {
  running_slot() = outer_;
}

// -- waiter ------------------------------------------------------------------------------------------------------------------------

waiter::~waiter() {
  disarm();
  if (orphaned_)
    caf::intrusive_ptr_release(keeper_->ctrl());
}

void waiter::orphan(host_actor& actor) noexcept {
  context_ = nullptr;
  armed_ = false;
  orphaned_ = true;
  keeper_ = &actor;
  caf::intrusive_ptr_add_ref(actor.ctrl());
}

void waiter::arm(task_context& context) {
  context_ = &context;
  id_ = context.host().next_wait_id();
  context.host().waiters().insert(*this);
  armed_ = true;
}

void waiter::disarm() noexcept {
  if (!armed_)
    return;
  armed_ = false;
  context_->host().waiters().erase(*this);
}

void waiter::finish() {
  disarm();
  context_->resume_from(*this);
}

void waiter::on_message(caf::message&) {
  on_wake();
}

// -- task_context --------------------------------------------------------------------------------------------------------------------

void task_context::drive(std::coroutine_handle<> next) {
  auto* const outer = std::exchange(running_slot(), this);
  next_ = next;
  while (next_)
    std::exchange(next_, {}).resume();
  running_slot() = outer;
  if (root_done_)
    on_root_done();
}

void task_context::resume_from(waiter& leaf) {
  if (pending() != &leaf)
    return;
  forget_pending();
  drive(std::exchange(pending_handle_, {}));
}

void task_context::fetch_ahead() const noexcept {
  // What one step uses of a frame; most are smaller.
  constexpr std::size_t frame_size = 448;
  if (pending_handle_)
    detail::fetch_ahead(pending_handle_.address(), frame_size);
  detail::fetch_ahead(working_memory_, working_size_);
}

void task_context::throw_cancelled() const {
  throw cancelled{reason_};
}

void task_context::count_cancel_request(const cancelled& reason) {
  ++cancel_requests_;
  reason_ = reason;
}

void task_context::restore_cancel(const cancelled& reason, bool was_pending) noexcept {
  reason_ = reason;
  must_cancel_ = must_cancel_ && was_pending;
}

void task_context::deliver_cancel() {
  auto* const leaf = pending();
  if (leaf == nullptr) {
    must_cancel_ = true;
    return;
  }
  const auto action = leaf->on_cancel();
  told_group::forget();
  switch (action) {
  case cancel_action::wait:
    return;
  case cancel_action::later:
    must_cancel_ = true;
    return;
  case cancel_action::resume:
    interrupted_ = true;
    pending()->finish();
  }
}

void task_context::look(std::vector<wait_view>& views) const {
  wait_view view;
  const waiter* first = nullptr;
  std::uint64_t id = 0;
  for (;;) {
    const std::scoped_lock guard{pending_mutex_};
    const auto* const leaf = pending_.load(std::memory_order_acquire);
    // Another one, or the same memory used again: what was listed so far is still true of a moment ago.
    if (leaf == nullptr || (first != nullptr && (leaf != first || leaf->id() != id)))
      break;
    first = leaf;
    id = leaf->id();
    view.next = SIZE_MAX;
    leaf->describe_wait(view);
    if (view.kind.empty())
      view.kind = kind_of(typeid(*leaf));
    if (view.next == SIZE_MAX)
      break;
    view.from = view.next;
  }
  if (first != nullptr)
    views.push_back(std::move(view));
}

std::uint32_t task_context::uncancel() noexcept {
  if (cancel_requests_ > 0)
    --cancel_requests_;
  if (cancel_requests_ == 0)
    must_cancel_ = false;
  return cancel_requests_;
}

} // namespace actors::detail
