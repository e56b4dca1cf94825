#pragma once

#include <actors/core/fwd.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

/// What a task carries and hands on to those that it spawns: an immutable block of values, shared by all that see the
/// same ones. A task without any holds a null pointer.
namespace actors::detail {

/// One value of a `task_local`.
struct context_entry {
  std::uint64_t key = 0;
  std::shared_ptr<const void> value;
};

struct context_block {
  mutable std::atomic<std::uint32_t> references{1};
  std::shared_ptr<const trace_context> trace;
  std::shared_ptr<const log_fields> fields;
  std::vector<context_entry> locals;
};

/// A reference to a block. Changing a value makes another block: others that share this one see nothing of it.
class context_values {
public:
  constexpr context_values() noexcept = default;

  context_values(const context_values& other) noexcept : block_(other.block_) {
    if (block_ != nullptr)
      block_->references.fetch_add(1, std::memory_order_relaxed);
  }

  context_values(context_values&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}

  context_values& operator=(context_values other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }

  ~context_values() {
    if (block_ != nullptr)
      release(block_);
  }

  [[nodiscard]] explicit operator bool() const noexcept { return block_ != nullptr; }

  /// Null for none.
  [[nodiscard]] std::shared_ptr<const trace_context> trace() const noexcept {
    return block_ != nullptr ? block_->trace : nullptr;
  }

  [[nodiscard]] const trace_context* peek_trace() const noexcept {
    return block_ != nullptr ? block_->trace.get() : nullptr;
  }

  /// Null for none.
  [[nodiscard]] const log_fields* fields() const noexcept { return block_ != nullptr ? block_->fields.get() : nullptr; }

  /// The value of a local, null for none.
  [[nodiscard]] const void* find(std::uint64_t key) const noexcept;

  [[nodiscard]] context_values with_trace(std::shared_ptr<const trace_context> trace) const;
  [[nodiscard]] context_values with_fields(std::shared_ptr<const log_fields> fields) const;
  [[nodiscard]] context_values with_local(std::uint64_t key, std::shared_ptr<const void> value) const;

private:
  explicit context_values(const context_block* block) noexcept : block_(block) {}

  [[nodiscard]] std::unique_ptr<context_block> copy() const;
  static context_values adopt(std::unique_ptr<context_block> block) noexcept;
  static void release(const context_block* block) noexcept;

  const context_block* block_ = nullptr;
};

/// A key that no other local has.
[[nodiscard]] std::uint64_t next_context_key() noexcept;

/// Code that runs for a task outside of it, on a thread for calls that block, sees the task's values.
class borrowed_values {
public:
  borrowed_values(const context_values& values, std::string_view name) noexcept;
  borrowed_values(const borrowed_values&) = delete;
  borrowed_values& operator=(const borrowed_values&) = delete;
  ~borrowed_values();

  [[nodiscard]] const context_values& values() const noexcept { return *values_; }

  [[nodiscard]] std::string_view name() const noexcept { return name_; }

  /// Of this thread, null for none.
  [[nodiscard]] static const borrowed_values* current() noexcept;

private:
  const context_values* values_;
  std::string_view name_;
  const borrowed_values* outer_;
};

/// The values of the task, handler or blocking call that runs on this thread; none outside of them.
[[nodiscard]] const context_values& running_values() noexcept;

} // namespace actors::detail
