#include <actors/core/detail/told_group.hpp>

namespace actors::detail {

namespace {

// Out of line, and without inlining: see running_context.
[[gnu::noinline]] const task_sink*& slot() noexcept {
  thread_local const task_sink* current = nullptr;
  return current;
}

} // namespace

told_group::told_group(const task_sink& group) noexcept {
  slot() = &group;
}

told_group::~told_group() {
  forget();
}

const task_sink* told_group::current() noexcept {
  return slot();
}

void told_group::forget() noexcept {
  slot() = nullptr;
}

} // namespace actors::detail
