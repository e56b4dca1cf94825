#include <actors/core/detail/context_values.hpp>

#include <actors/core/detail/task_context.hpp>
#include <actors/core/log_fields.hpp>
#include <actors/core/trace_context.hpp>

#include <algorithm>

namespace actors::detail {

namespace {

// Out of line, and without inlining: see running_context.
[[gnu::noinline]] const borrowed_values*& borrowed_slot() noexcept {
  thread_local const borrowed_values* current = nullptr;
  return current;
}

constinit const context_values no_values;

} // namespace

const void* context_values::find(std::uint64_t key) const noexcept {
  if (block_ == nullptr || key == 0)
    return nullptr;
  const auto entry = std::ranges::find(block_->locals, key, &context_entry::key);
  return entry != block_->locals.end() ? entry->value.get() : nullptr;
}

std::unique_ptr<context_block> context_values::copy() const {
  auto result = std::make_unique<context_block>();
  if (block_ != nullptr) {
    result->trace = block_->trace;
    result->fields = block_->fields;
    result->locals = block_->locals;
  }
  return result;
}

context_values context_values::adopt(std::unique_ptr<context_block> block) noexcept {
  // Nothing in it is the same as none, which costs nothing to hand on.
  if (!block->trace && !block->fields && block->locals.empty())
    return {};
  return context_values{block.release()};
}

void context_values::release(const context_block* block) noexcept {
  if (block->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
    delete block;
}

context_values context_values::with_trace(std::shared_ptr<const trace_context> trace) const {
  if (peek_trace() == trace.get())
    return *this;
  auto changed = copy();
  changed->trace = std::move(trace);
  return adopt(std::move(changed));
}

context_values context_values::with_fields(std::shared_ptr<const log_fields> fields) const {
  auto changed = copy();
  changed->fields = std::move(fields);
  return adopt(std::move(changed));
}

context_values context_values::with_local(std::uint64_t key, std::shared_ptr<const void> value) const {
  auto changed = copy();
  if (const auto entry = std::ranges::find(changed->locals, key, &context_entry::key); entry != changed->locals.end())
    entry->value = std::move(value);
  else
    changed->locals.push_back({key, std::move(value)});
  return adopt(std::move(changed));
}

std::uint64_t next_context_key() noexcept {
  static constinit std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

borrowed_values::borrowed_values(const context_values& values, std::string_view name) noexcept
    : values_(&values), name_(name), outer_(std::exchange(borrowed_slot(), this)) {}

borrowed_values::~borrowed_values() {
  borrowed_slot() = outer_;
}

[[gnu::noinline]] const borrowed_values* borrowed_values::current() noexcept {
  return borrowed_slot();
}

const context_values& running_values() noexcept {
  if (const auto* context = running_context())
    return context->values();
  if (const auto* borrowed = borrowed_values::current())
    return borrowed->values();
  return no_values;
}

} // namespace actors::detail
