#pragma once

#include <actors/core/fwd.hpp>
#include <actors/testing/stream_faults.hpp>

#include <caf/actor_control_block.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>

namespace actors::testing::internal {

/// Who waits for a pipe.
struct pipe_waiter {
  caf::strong_actor_ptr actor;
  std::uint64_t id = 0;
};

/// One direction of an in-memory connection: bytes on their way, each with the time when it arrives. A state machine
/// without locks, time or suspension of its own.
class memory_pipe {
public:
  memory_pipe(std::size_t capacity, const stream_faults& faults);

  enum class state : std::uint8_t { open, ended, reset };

  /// What reading found.
  struct read_result {
    std::size_t count = 0;
    state state_after = state::open; ///< not open: nothing will come any more
  };

  /// Takes what has arrived until `now`. A count of 0 from an open pipe means that one has to wait.
  [[nodiscard]] read_result read(std::span<char> buffer, time_point now);

  /// How many bytes were taken; 0 means that one has to wait. Only while `writable`.
  [[nodiscard]] std::size_t write(std::string_view data, time_point now);

  /// True if there is somebody to write to.
  [[nodiscard]] bool writable() const noexcept { return state_ == state::open && !reader_gone_; }

  [[nodiscard]] bool was_reset() const noexcept { return state_ == state::reset; }

  /// True if a write would take something or fail.
  [[nodiscard]] bool ready_to_write() const noexcept { return !writable() || queued_ < capacity_; }

  /// When a read will find something, or the end; nothing if that depends on the writer.
  [[nodiscard]] std::optional<time_point> readable_at() const noexcept;

  /// True once as many bytes were written as the faults let through.
  [[nodiscard]] bool reached_cut() const noexcept { return written_ >= faults_.cut_after(); }

  [[nodiscard]] const stream_faults& faults() const noexcept { return faults_; }

  [[nodiscard]] cut kind_of_cut() const noexcept { return faults_.kind_of_cut(); }

  /// Nothing more will be written. The end arrives after what is on its way.
  void end(state how, time_point now) noexcept;

  /// Nobody will read any more: what is on its way is dropped.
  void abandon() noexcept;

  pipe_waiter reader;
  pipe_waiter writer;

private:
  struct segment {
    segment(std::string bytes_arg, time_point arrival_arg) : bytes(std::move(bytes_arg)), arrival(arrival_arg) {}

    std::string bytes;
    time_point arrival;
    std::size_t taken = 0;
  };

  [[nodiscard]] std::size_t next_piece(std::size_t wanted);

  std::size_t capacity_;
  stream_faults faults_;
  std::mt19937_64 random_;
  std::deque<segment> segments_;
  std::size_t queued_ = 0;
  std::uint64_t written_ = 0;
  time_point end_arrival_{};
  state state_ = state::open;
  bool reader_gone_ = false;
};

} // namespace actors::testing::internal
