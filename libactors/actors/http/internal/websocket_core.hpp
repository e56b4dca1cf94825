#pragma once

#include <actors/core/detail/task_context.hpp>
#include <actors/core/detail/timer.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/http/internal/outgoing_message.hpp>
#include <actors/http/internal/outgoing_queue.hpp>
#include <actors/http/internal/utf8_checker.hpp>
#include <actors/http/internal/websocket_deflate.hpp>
#include <actors/http/internal/websocket_frame.hpp>
#include <actors/http/websocket_error.hpp>
#include <actors/http/websocket_message.hpp>
#include <actors/http/websocket_options.hpp>
#include <actors/net/stream.hpp>
#include <actors/sync/event.hpp>

#include <caf/actor_control_block.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace actors::http::internal {

enum class websocket_side : bool { server, client };

/// What the opening handshake has settled.
struct websocket_agreement {
  std::string protocol;
  std::optional<deflate_agreement> deflate;
};

/// An open WebSocket. Two tasks work on it: whoever receives reads the stream and takes it apart; the pump, a task of
/// its own, writes what waits, all that has come up since it last ran in one piece, and minds the deadlines. Everybody
/// else only puts something into the queue, or sets a flag, and wakes the pump.
///
/// The end is the pump's alone: it closes the stream when both Close frames have gone, when the reader has met the end
/// of the stream, or when a deadline has passed.
class websocket_core : public std::enable_shared_from_this<websocket_core> {
public:
  websocket_core(std::unique_ptr<net::stream> stream, websocket_side side, websocket_options options,
                 websocket_agreement agreed, std::string early);
  ~websocket_core();
  websocket_core(const websocket_core&) = delete;
  websocket_core& operator=(const websocket_core&) = delete;

  /// Starts the pump, as a task of the runtime that runs where the calling one does.
  void start();

  // -- any thread ----------------------------------------------------------------------------------------------------------

  /// Queues a message without waiting.
  [[nodiscard]] post_result post(outgoing_ptr message);

  /// Waits for room. False if the message was dropped. Throws if the closing has begun.
  [[nodiscard]] static task<bool> send(std::shared_ptr<websocket_core> self, outgoing_ptr message);

  [[nodiscard]] bool ping(std::string payload);

  /// Begins the closing handshake; what was queued before is still sent.
  void begin_close(const close_status& status);

  /// The owner has gone: ends in order without anybody who receives.
  void abandon(const close_status& status);

  [[nodiscard]] bool is_open() const;

  /// What the peer's Close said.
  [[nodiscard]] close_status peer_status() const;

  [[nodiscard]] std::size_t queued() const;

  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

  [[nodiscard]] const std::string& peer() const noexcept { return peer_; }

  [[nodiscard]] const std::string& protocol() const noexcept { return agreed_.protocol; }

  [[nodiscard]] const std::optional<deflate_agreement>& deflate() const noexcept { return agreed_.deflate; }

  // -- one task at a time --------------------------------------------------------------------------------------------------

  [[nodiscard]] static task<std::optional<ws_message>> receive(std::shared_ptr<websocket_core> self);

  /// Begins the closing, unless it has begun, and waits for its end; reads on if nobody else does.
  [[nodiscard]] static task<void> close(std::shared_ptr<websocket_core> self, close_status status);

private:
  /// Pongs and pings that wait; a peer that sends pings and reads nothing costs no more.
  static constexpr std::size_t max_waiting_control = 128;

  /// What a queued message costs besides its data.
  static constexpr std::size_t entry_cost = 32;

  class pump_wait;
  class alarm;
  class reading_claim;

  /// What the bytes that are there have led to.
  enum class progress : std::uint8_t { more, message, closed, failed };

  /// What the pump does next.
  enum class pump_step : std::uint8_t { write, look_around, wait };

  // -- reading (websocket_receive.cpp) -----------------------------------------------------------------------------------

  [[nodiscard]] progress take_apart();
  [[nodiscard]] bool begin_frame(const frame_piece& piece);
  [[nodiscard]] bool take_data(const frame_piece& piece);
  [[nodiscard]] bool end_message();
  [[nodiscard]] bool take_control(const frame_piece& piece);
  [[nodiscard]] bool take_close();
  bool fail(close_code code, websocket_errc kind, std::string_view problem);
  [[nodiscard]] task<bool> fill();
  [[nodiscard]] task<void> discard_input();
  [[nodiscard]] task<void> read_to_close();
  void end_reading();
  void note_end_of_input(const std::exception* error);

  // -- the pump (websocket_pump.cpp) -----------------------------------------------------------------------------------

  [[nodiscard]] static task<void> pump(std::shared_ptr<websocket_core> self);
  [[nodiscard]] task<void> run_pump();
  [[nodiscard]] bool may_finish() const;
  void mind_time(time_point now);
  [[nodiscard]] time_point next_deadline() const;
  void finish() noexcept;
  void say_goodbye() noexcept;

  // -- writing (websocket_write.cpp) ---------------------------------------------------------------------------------------

  [[nodiscard]] pump_step take_batch();
  void settle_batch_locked();
  [[nodiscard]] bool compresses(const outgoing_message& message) const;
  [[nodiscard]] bool is_shared_frame(const outgoing_message& message) const;
  [[nodiscard]] std::string_view shared_frame(const outgoing_message& message);
  void encode(const outgoing_message& message);
  void append(opcode code, bool fin, std::uint8_t reserved, std::string_view payload);
  [[nodiscard]] bool write_at_once();
  [[nodiscard]] task<void> write_rest();
  void note_write_failure(websocket_errc kind, std::string_view problem);
  [[nodiscard]] bool keeps_window() const;
  void release_idle_memory_locked();
  [[nodiscard]] std::uint32_t next_mask();

  // -- for all of them (websocket_core.cpp) ------------------------------------------------------------------------------

  void wake_locked() noexcept;
  void set_failure_locked(websocket_errc kind, std::string_view problem);
  void begin_close_locked(const close_status& status);
  [[noreturn]] void throw_failure() const;

  // Set once.
  std::unique_ptr<net::stream> stream_;
  websocket_side side_;
  websocket_options options_;
  websocket_agreement agreed_;
  std::string peer_;

  // -- shared, under the lock --------------------------------------------------------------------------------------------------

  mutable std::mutex mutex_;
  outgoing_queue queue_;
  std::size_t queued_bytes_ = 0;             // with those being written
  std::vector<std::string> control_;         // pings and pongs: opcode and payload
  std::optional<std::string> close_payload_; // to be sent when the queue is empty
  close_status peer_status_;
  std::exception_ptr failure_;
  caf::strong_actor_ptr pump_;
  std::uint64_t pump_id_ = 0;
  bool pump_waits_ = false;
  bool pump_wanted_ = false;
  bool rang_ = true; // a deadline may have come
  bool room_wanted_ = false;
  bool reading_ = false;
  bool closing_ = false; // nothing more is queued
  bool failing_ = false; // by our verdict: the peer is not waited for long
  bool close_sent_ = false;
  bool close_received_ = false;
  bool input_ended_ = false;
  bool abandoned_ = false;
  bool ended_ = false;

  std::atomic<bool> heard_{false};
  std::atomic<std::uint64_t> dropped_{0};
  sync::event has_room_;
  sync::event has_ended_;

  // -- of the reader ---------------------------------------------------------------------------------------------------------------

  frame_decoder decoder_;
  std::string early_;
  std::string_view input_;
  std::unique_ptr<char[]> small_buffer_;
  std::unique_ptr<char[]> big_buffer_;
  bool expects_more_ = false;
  bool reader_done_ = false;
  bool in_message_ = false;
  bool compressed_ = false;
  bool in_control_ = false;
  ws_kind kind_ = ws_kind::text;
  std::size_t fragments_ = 0;
  std::size_t packed_left_ = 0;
  std::string message_;
  std::string control_data_;
  utf8_checker utf8_;
  std::unique_ptr<message_inflater> inflater_;

  // -- of the pump -----------------------------------------------------------------------------------------------------------------

  std::vector<outgoing_ptr> batch_;
  std::size_t batch_bytes_ = 0;
  std::string written_;
  std::string_view left_to_write_;
  std::unique_ptr<message_deflater> deflater_;
  bool batch_closes_ = false;
  bool shut_down_ = false;
  bool awaits_pong_ = false;
  bool read_alone_ = false;
  time_point ping_at_ = time_point::max();
  time_point pong_by_ = time_point::max();
  time_point closed_by_ = time_point::max();
  std::array<std::uint32_t, 16> masks_{};
  std::size_t masks_left_ = 0;
};

/// The payload of a Close frame.
[[nodiscard]] std::string close_payload(const close_status& status);

} // namespace actors::http::internal
