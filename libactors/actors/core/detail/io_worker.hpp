#pragma once

#include <actors/core/detail/task_context.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/log.hpp>

#include <caf/actor_control_block.hpp>

#include <cstdint>
#include <functional>

namespace boost::asio {

class io_context;

} // namespace boost::asio

/// Where the I/O layers meet the scheduler.
///
/// A socket belongs to the reactor of one worker, its home. Its completions arrive there, and what they wake runs there
/// next.
namespace actors::detail {

/// The reactor for a new socket of this task: its own worker's if the task runs on one, else the next in turn. Throws
/// `misuse_error` on CAF's stock scheduler, which has no reactors.
[[nodiscard]] boost::asio::io_context& choose_io_context(task_context& context);

/// The same for code outside of tasks.
[[nodiscard]] boost::asio::io_context& choose_io_context(runtime_core& core);

/// The reactors of all workers in order; for listeners that spread their connections.
[[nodiscard]] std::size_t io_context_count(const runtime_core& core) noexcept;
[[nodiscard]] boost::asio::io_context& io_context_at(runtime_core& core, std::size_t index);

/// The worker that drives a reactor, to bind a task to it (`task_origin::home`).
[[nodiscard]] reactor_worker* worker_of(runtime_core& core, const boost::asio::io_context& io) noexcept;

/// What an I/O completion does: ends the wait `id` of `target`. From any thread; an id that nobody waits for is
/// dropped.
void wake(const caf::strong_actor_ptr& target, std::uint64_t id) noexcept;

/// The actor of a context, to keep in a completion handler.
[[nodiscard]] caf::strong_actor_ptr actor_of(const task_context& context) noexcept;

/// The runtime of a context.
[[nodiscard]] runtime_core& core_of(const task_context& context) noexcept;

/// The clock of a runtime.
[[nodiscard]] time_point now_of(const runtime_core& core) noexcept;

/// Where a runtime logs.
[[nodiscard]] log_sink& log_of(runtime_core& core) noexcept;

} // namespace actors::detail
