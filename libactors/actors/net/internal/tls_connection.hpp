#pragma once

#include <actors/core/detail/task_context.hpp>
#include <actors/core/task.hpp>
#include <actors/net/internal/tls_engine.hpp>
#include <actors/net/stream.hpp>

#include <caf/actor_control_block.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace actors::net::internal {

/// A TLS engine on a transport. Outlives its stream while a task still is inside of an operation.
///
/// One task may read while another writes, but the engine is for one at a time: a lock is held while it works, never
/// while anybody waits. Both make records, those of the reader being answers to the peer, and records must leave in the
/// order in which they were made. So there is a turn: only who has it takes records out of the engine and writes to the
/// transport, and who gives it back has found nothing more to send. A reader takes it only if it is free and writes
/// only what the transport takes at once; for the rest a task of the runtime takes the turn, if no writer does.
class tls_connection : public std::enable_shared_from_this<tls_connection> {
public:
  /// `owner` is kept as long as this.
  tls_connection(std::unique_ptr<stream> transport, ssl_ptr ssl, std::shared_ptr<const void> owner);

  tls_connection(const tls_connection&) = delete;
  tls_connection& operator=(const tls_connection&) = delete;
  ~tls_connection() = default;

  /// Before everything else.
  [[nodiscard]] static task<void> handshake(std::shared_ptr<tls_connection> self, std::string plain_reply);

  /// After a handshake that has failed: lets the other side read why, for a while.
  [[nodiscard]] static task<void> turn_away(std::shared_ptr<tls_connection> self);

  [[nodiscard]] static task<std::size_t> read_some(std::shared_ptr<tls_connection> self, std::span<char> buffer);
  [[nodiscard]] std::optional<std::size_t> try_read_some(std::span<char> buffer);
  [[nodiscard]] static task<void> write_all(std::shared_ptr<tls_connection> self, std::string_view data);
  [[nodiscard]] std::size_t try_write_some(std::string_view data);
  void shutdown_write();
  void close() noexcept;

  [[nodiscard]] bool is_open() const noexcept;

  [[nodiscard]] const std::string& peer() const noexcept { return peer_; }

  /// Calls `function(engine)` under the lock.
  template <class F>
  [[nodiscard]] auto ask(F function) const {
    const std::scoped_lock guard{mutex_};
    return function(engine_);
  }

private:
  class claim;
  class turn;
  class turn_awaiter;

  /// Bytes to read at a time, and to encrypt at a time.
  static constexpr std::size_t big_read = std::size_t{32} * 1024;
  static constexpr std::size_t small_read = 1024;
  static constexpr std::size_t big_write = std::size_t{64} * 1024;
  static constexpr std::size_t record = std::size_t{16} * 1024;

  /// Answers to a peer that does not take them are not kept without end.
  static constexpr std::size_t most_answers = std::size_t{64} * 1024;

  // -- reading; needs the claim --

  [[nodiscard]] std::optional<std::size_t> try_read(std::span<char> buffer);
  [[nodiscard]] std::span<char> big_buffer();
  void feed_big(std::size_t count);
  void feed_small(std::size_t count);
  void drop_big() noexcept;

  // -- writing; needs the turn --

  /// Makes records of the first `most` bytes of `data`, and takes these away, if all records have been sent. False if
  /// there is nothing to send after that; then the turn is given back.
  [[nodiscard]] bool prepare(turn& held, std::string_view& data, std::size_t most);

  /// Sends what the transport takes at once. True if that is all.
  [[nodiscard]] bool send_now();

  /// Sends without waiting until nothing is left, and gives the turn back. False if something is left.
  [[nodiscard]] bool send_all_now(turn& held);

  /// Sends what is unsent now.
  [[nodiscard]] static task<void> send(std::shared_ptr<tls_connection> self);

  /// Sends until nothing is left, and gives the turn back.
  [[nodiscard]] static task<void> send_rest(std::shared_ptr<tls_connection> self);
  [[nodiscard]] static task<void> send_in_background(std::shared_ptr<tls_connection> self);
  [[nodiscard]] static task<void> send_in_turn(std::shared_ptr<tls_connection> self);
  [[nodiscard]] static task<void> linger(std::shared_ptr<tls_connection> self);

  [[nodiscard]] std::string_view unsent() const noexcept { return std::string_view{unsent_}.substr(sent_); }

  /// Empties a buffer of records, and gives its memory back if that is more than the next usually need.
  static void clear_output(std::string& out) noexcept;

  void sent(std::size_t count) noexcept;
  void send_answers() noexcept;
  void start_background() noexcept;
  [[nodiscard]] bool start_linger() noexcept;
  [[nodiscard]] bool take_turn() noexcept;
  void give_turn() noexcept;
  void require_fit(std::string_view operation) const;
  void require_writable() const;
  [[noreturn]] void throw_failure(std::string_view operation) const;

  const std::string peer_;
  const std::shared_ptr<const void> owner_;
  const std::unique_ptr<stream> transport_;
  std::atomic<bool> reading_{false};
  std::atomic<bool> writing_{false};

  mutable std::mutex mutex_;
  // Under the lock.
  tls_engine engine_;
  bool closed_ = false;
  bool cut_short_ = false;
  bool ended_ = false; // our direction
  bool transport_ended_ = false;
  bool sending_ = false;
  caf::strong_actor_ptr waiter_; // for the turn
  std::uint64_t wait_id_ = 0;

  // Of the reader.
  std::unique_ptr<char[]> big_;
  std::array<char, small_read> small_;
  bool peer_ended_ = false;
  bool more_ = false; // the transport probably has more to read at once

  // Of who has the turn.
  std::string unsent_;
  std::size_t sent_ = 0; // of these
  bool broken_ = false;  // the transport takes nothing any more
};

} // namespace actors::net::internal
