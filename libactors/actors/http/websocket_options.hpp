#pragma once

#include <actors/core/fwd.hpp>
#include <actors/http/websocket_message.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace actors::http {

/// Compression of messages, permessage-deflate (RFC 7692).
///
/// A side that keeps its window from one message to the next (context takeover) compresses similar messages far better,
/// for about 300 KB of memory for each connection that sends and 40 KB for each that receives; so by default none is
/// kept. Smaller windows take less: 9 bits about 20 KB.
class deflate_options {
public:
  deflate_options() = default;

  /// Whether the server keeps its window between messages, if the client lets it; no.
  deflate_options& server_context_takeover(bool value) noexcept { return set(server_takeover_, value); }

  /// Whether the client may keep its window between messages; no.
  deflate_options& client_context_takeover(bool value) noexcept { return set(client_takeover_, value); }

  /// The largest window that the server compresses with, as a power of two: 8 … 15; 15. Throws `misuse_error`.
  deflate_options& server_max_window_bits(int value);

  /// The largest window that the client compresses with; 15.
  deflate_options& client_max_window_bits(int value);

  /// Messages of fewer bytes are sent as they are; 128.
  deflate_options& threshold(std::size_t value) noexcept { return set(threshold_, value); }

  /// zlib's level, 1 (fast) … 9 (small); 6. Throws `misuse_error`.
  deflate_options& level(int value);

  [[nodiscard]] bool server_context_takeover() const noexcept { return server_takeover_; }

  [[nodiscard]] bool client_context_takeover() const noexcept { return client_takeover_; }

  [[nodiscard]] int server_max_window_bits() const noexcept { return server_bits_; }

  [[nodiscard]] int client_max_window_bits() const noexcept { return client_bits_; }

  [[nodiscard]] std::size_t threshold() const noexcept { return threshold_; }

  [[nodiscard]] int level() const noexcept { return level_; }

private:
  template <class T>
  deflate_options& set(T& member, T value) noexcept {
    member = value;
    return *this;
  }

  bool server_takeover_ = false;
  bool client_takeover_ = false;
  int server_bits_ = 15;
  int client_bits_ = 15;
  int level_ = 6;
  std::size_t threshold_ = 128;
};

/// What happens to a message for a peer that has not taken what it was sent before.
enum class slow_reader : std::uint8_t {
  wait,        ///< `send` waits until there is room; `post` says that there is none
  drop_newest, ///< the message is dropped
  drop_oldest, ///< the oldest messages that wait are dropped
  close,       ///< the connection is closed with `slow_reader_code`
};

/// How a WebSocket behaves, as server or client. The defaults suit a public server: nothing that a peer does holds
/// memory or a connection without end.
///
///     websocket_options{}.max_message(1 << 20).protocols({"chat.v2", "chat.v1"}).allow_origin("https://example.org")
class websocket_options {
public:
  websocket_options() = default;

  /// Sub-protocols in order of preference: a server takes its first that the client offers, a client offers all. Throws
  /// `misuse_error` for one that is no token.
  websocket_options& protocols(std::vector<std::string> value);

  /// Whether a peer that agrees on none of the sub-protocols is refused (400); no.
  websocket_options& require_protocol(bool value) noexcept { return set(require_protocol_, value); }

  /// Adds an origin, such as `https://example.org`, whose pages a server lets connect. Without any, pages of the
  /// request's own host may; a request without an Origin is not from a page and always may.
  websocket_options& allow_origin(std::string value) {
    origins_.push_back(std::move(value));
    return *this;
  }

  /// Lets the pages of all sites connect, for servers that do not go by cookies or by the network a browser is in.
  websocket_options& allow_any_origin() noexcept { return set(any_origin_, true); }

  /// The largest message that is received, in bytes, compressed or not; 16 MiB. Beyond: 1009. One that is compressed
  /// may have an eighth and 4 KiB more on the wire, and is refused beyond that, whatever it would become.
  websocket_options& max_message(std::size_t value) noexcept { return set(max_message_, value); }

  /// In how many fragments one may come; 1,000,000. Beyond: 1009.
  websocket_options& max_fragments(std::size_t value) noexcept { return set(max_fragments_, value); }

  /// How much may wait to be sent, in bytes; 1 MiB. One message always may.
  websocket_options& max_queue(std::size_t value) noexcept { return set(max_queue_, value); }

  /// What happens beyond; `slow_reader::wait`.
  websocket_options& when_full(slow_reader value) noexcept { return set(when_full_, value); }

  /// The code for `slow_reader::close`; 1008. Throws `misuse_error` for one that cannot be sent.
  websocket_options& slow_reader_code(close_code value);

  /// Messages over this size are sent in fragments of it, so that pongs need not wait for the end; 0: never, the
  /// default.
  websocket_options& fragment_size(std::size_t value) noexcept { return set(fragment_size_, value); }

  /// After how long a silence of the peer a ping is sent; 30 s. `forever` for none.
  websocket_options& ping_interval(duration value) noexcept { return set(ping_interval_, value); }

  /// How long the peer may stay silent after that; 20 s. The connection is then given up (`timeout`).
  websocket_options& pong_timeout(duration value) noexcept { return set(pong_timeout_, value); }

  /// How long the peer may take nothing of what we send; 30 s. The connection is then given up (`slow_reader`).
  websocket_options& write_timeout(duration value) noexcept { return set(write_timeout_, value); }

  /// How long a closing handshake may take; 10 s. The connection is then cut.
  websocket_options& close_timeout(duration value) noexcept { return set(close_timeout_, value); }

  /// Offers or accepts compression so. On by default.
  websocket_options& compression(const deflate_options& value) noexcept {
    deflate_ = value;
    return *this;
  }

  websocket_options& no_compression() noexcept {
    deflate_.reset();
    return *this;
  }

  [[nodiscard]] const std::vector<std::string>& protocols() const noexcept { return protocols_; }

  [[nodiscard]] bool require_protocol() const noexcept { return require_protocol_; }

  [[nodiscard]] const std::vector<std::string>& origins() const noexcept { return origins_; }

  [[nodiscard]] bool any_origin() const noexcept { return any_origin_; }

  [[nodiscard]] std::size_t max_message() const noexcept { return max_message_; }

  [[nodiscard]] std::size_t max_fragments() const noexcept { return max_fragments_; }

  [[nodiscard]] std::size_t max_queue() const noexcept { return max_queue_; }

  [[nodiscard]] slow_reader when_full() const noexcept { return when_full_; }

  [[nodiscard]] close_code slow_reader_code() const noexcept { return slow_code_; }

  [[nodiscard]] std::size_t fragment_size() const noexcept { return fragment_size_; }

  [[nodiscard]] duration ping_interval() const noexcept { return ping_interval_; }

  [[nodiscard]] duration pong_timeout() const noexcept { return pong_timeout_; }

  [[nodiscard]] duration write_timeout() const noexcept { return write_timeout_; }

  [[nodiscard]] duration close_timeout() const noexcept { return close_timeout_; }

  [[nodiscard]] const std::optional<deflate_options>& compression() const noexcept { return deflate_; }

private:
  template <class T>
  websocket_options& set(T& member, T value) noexcept {
    member = value;
    return *this;
  }

  std::vector<std::string> protocols_;
  std::vector<std::string> origins_;
  std::size_t max_message_ = std::size_t{16} << 20;
  std::size_t max_fragments_ = 1'000'000;
  std::size_t max_queue_ = std::size_t{1} << 20;
  std::size_t fragment_size_ = 0;
  duration ping_interval_ = std::chrono::seconds(30);
  duration pong_timeout_ = std::chrono::seconds(20);
  duration write_timeout_ = std::chrono::seconds(30);
  duration close_timeout_ = std::chrono::seconds(10);
  std::optional<deflate_options> deflate_ = deflate_options{};
  close_code slow_code_ = close_code::policy_violation;
  slow_reader when_full_ = slow_reader::wait;
  bool require_protocol_ = false;
  bool any_origin_ = false;
};

} // namespace actors::http
