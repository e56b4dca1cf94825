#pragma once

#include <actors/http/fields.hpp>
#include <actors/http/websocket_options.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace actors::http::internal {

/// What both sides have agreed on (RFC 7692 §7.1).
struct deflate_agreement {
  bool server_takeover = true;
  bool client_takeover = true;
  int server_bits = 15;
  int client_bits = 15;

  [[nodiscard]] friend bool operator==(const deflate_agreement&, const deflate_agreement&) = default;
};

/// The value of Sec-WebSocket-Extensions with which a client offers compression.
[[nodiscard]] std::string offer_deflate(const deflate_options& ours);

/// A server's choice among the offers of a request: the first that is well-formed and can be met. Nothing if there is
/// none.
[[nodiscard]] std::optional<deflate_agreement> choose_deflate(const fields& request, const deflate_options& ours);

/// How a server tells its choice, given the offer that it has chosen.
[[nodiscard]] std::string accept_deflate(const deflate_agreement& agreed);

/// What a server's answer to our offer means; nothing without compression. `problem` is set if it is none that a server
/// may give.
[[nodiscard]] std::optional<deflate_agreement>
read_deflate(const fields& response, const std::optional<deflate_options>& ours, std::string& problem);

/// Compresses messages. About 260 KB with 15 bits; each thread keeps one that is not used for the next.
class message_deflater {
public:
  message_deflater(int bits, int level);
  ~message_deflater();
  message_deflater(const message_deflater&) = delete;
  message_deflater& operator=(const message_deflater&) = delete;

  /// Appends the compressed form of a whole message, which may refer to those before.
  void compress(std::string_view message, std::string& out);

  /// Forgets the messages before.
  void reset() noexcept;

private:
  struct state;

  std::unique_ptr<state> state_;
};

/// Decompresses messages, in pieces.
class message_inflater {
public:
  enum class result : std::uint8_t { ok, corrupt, too_large };

  explicit message_inflater(int bits);
  ~message_inflater();
  message_inflater(const message_inflater&) = delete;
  message_inflater& operator=(const message_inflater&) = delete;

  /// Appends what the next piece of the message decompresses to, until `out` is larger than `limit`.
  [[nodiscard]] result feed(std::string_view piece, std::string& out, std::size_t limit);

  /// To be called at the end of a message.
  [[nodiscard]] result finish(std::string& out, std::size_t limit);

private:
  struct state;

  std::unique_ptr<state> state_;
};

} // namespace actors::http::internal
