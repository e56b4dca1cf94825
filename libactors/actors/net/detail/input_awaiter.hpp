#pragma once

#include <actors/core/detail/task_context.hpp>

#include <caf/actor_control_block.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

/// Waiting for input without a buffer to put it in, and without a coroutine for each wait: what a server with many
/// silent connections wants, which then hold neither.
///
///     if (auto* const input = stream->input()) {
///       for (;;) {
///         if (input->is_worth_trying())
///           if (const auto size = input->try_read(buffer))
///             co_return *size;
///         co_await input_awaiter{*input};          // here the buffer may serve others
///       }
///     }
///
/// One task reads, as with `stream::read_some`; the stream must outlive the wait. Cancellation ends the wait at once,
/// and nothing was taken. Errors come from `try_read`, also that the stream was closed, which ends the wait.
namespace actors::net::detail {

/// The side of a stream that can be waited for.
class input {
public:
  input(const input&) = delete;
  input& operator=(const input&) = delete;

  /// False if the last read has shown that there is nothing and nothing has come since.
  [[nodiscard]] virtual bool is_worth_trying() const noexcept = 0;

  /// As `stream::try_read_some`.
  [[nodiscard]] virtual std::optional<std::size_t> try_read(std::span<char> buffer) = 0;

private:
  friend class input_awaiter;

  /// `waiter` will be woken under `id` when it is worth trying again, perhaps for nothing; false if it is so now.
  [[nodiscard]] virtual bool begin_wait(caf::strong_actor_ptr waiter, std::uint64_t id) = 0;

  /// Whoever waits does so no more.
  virtual void end_wait() noexcept = 0;

  /// The wait is over; `has_waited` tells whether there was one.
  virtual void resume(bool has_waited) noexcept = 0;

protected:
  input() = default;
  ~input() = default;
};

class [[nodiscard]] input_awaiter : public actors::detail::leaf_awaiter<input_awaiter> {
public:
  explicit input_awaiter(input& target) noexcept : target_(&target) {}

  ~input_awaiter() override;

  [[nodiscard]] bool start(actors::detail::task_context& context);
  void await_resume();

private:
  input* target_;
  bool has_waited_ = false;
};

} // namespace actors::net::detail
