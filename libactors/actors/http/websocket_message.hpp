#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace actors::http {

/// The two kinds of messages (RFC 6455 §5.6).
enum class ws_kind : std::uint8_t { text = 1, binary = 2 };

/// A message as a value. The data of a text is UTF-8: what is received was checked, what is sent is checked.
///
///     ws_message::text("hello");
///     ws_message::binary(bytes);
class ws_message {
public:
  ws_message() = default;

  ws_message(ws_kind kind, std::string data) noexcept : kind_(kind), data_(std::move(data)) {}

  [[nodiscard]] static ws_message text(std::string data) noexcept { return {ws_kind::text, std::move(data)}; }

  [[nodiscard]] static ws_message binary(std::string data) noexcept { return {ws_kind::binary, std::move(data)}; }

  [[nodiscard]] ws_kind kind() const noexcept { return kind_; }

  [[nodiscard]] bool is_text() const noexcept { return kind_ == ws_kind::text; }

  [[nodiscard]] const std::string& data() const& noexcept { return data_; }

  [[nodiscard]] std::string data() && noexcept { return std::move(data_); }

  [[nodiscard]] friend bool operator==(const ws_message&, const ws_message&) = default;

private:
  ws_kind kind_ = ws_kind::text;
  std::string data_;
};

/// For CAF: a kind travels as 1 or 2.
template <class Inspector>
bool inspect(Inspector& f, ws_message& x) {
  auto get_kind = [&x] { return static_cast<std::uint8_t>(x.kind()); };
  auto set_kind = [&x](std::uint8_t number) {
    x = ws_message{static_cast<ws_kind>(number), std::move(x).data()};
    return number == 1 || number == 2;
  };
  auto get_data = [&x]() -> const std::string& { return x.data(); };
  auto set_data = [&x](std::string value) {
    x = ws_message{x.kind(), std::move(value)};
    return true;
  };
  return f.object(x).fields(f.field("kind", get_kind, set_kind), f.field("data", get_data, set_data));
}

/// Why a connection was closed (RFC 6455 §7.4). Any code from 3000 to 4999 belongs to applications.
enum class close_code : std::uint16_t {
  normal = 1000,
  going_away = 1001,       ///< a server that stops, a page that is left
  protocol_error = 1002,   ///< a malformed frame
  unsupported_data = 1003, ///< text where only binary is understood, or the other way round
  no_status = 1005,        ///< never sent: the peer's Close had no code
  abnormal = 1006,         ///< never sent: there was no Close
  invalid_data = 1007,     ///< text that is not UTF-8
  policy_violation = 1008, ///< what has no code of its own
  too_large = 1009,        ///< a message over the limit
  missing_extension = 1010,
  internal_error = 1011,
  service_restart = 1012,
  try_again_later = 1013,
  bad_gateway = 1014,
};

/// Whether a Close frame may carry it.
[[nodiscard]] bool can_be_sent(close_code code) noexcept;

/// The code and the reason of a Close.
class close_status {
public:
  close_status() = default;

  close_status(close_code code, std::string reason) noexcept : code_(code), reason_(std::move(reason)) {}

  /// `abnormal` until a Close has come.
  [[nodiscard]] close_code code() const noexcept { return code_; }

  /// UTF-8, at most 123 bytes.
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

  [[nodiscard]] friend bool operator==(const close_status&, const close_status&) = default;

private:
  close_code code_ = close_code::abnormal;
  std::string reason_;
};

/// What became of a message that was to be sent without waiting.
enum class post_result : std::uint8_t {
  queued,  ///< it will be sent
  dropped, ///< the peer is too slow, and messages for it are dropped
  full,    ///< the peer is too slow; nothing was done
  closed,  ///< the closing has begun
};

namespace internal {
class outgoing_message;
}

/// A message that is encoded, and compressed, once for all who get it: what a broadcast sends.
///
/// Copies share the encoded forms, which are made when the first connection needs them: one without compression and one
/// for each window size that was agreed on. A text that is not UTF-8 throws `misuse_error`. May be used from any
/// thread.
class prepared_message {
public:
  explicit prepared_message(ws_message message);

  /// The size of the data, in bytes.
  [[nodiscard]] std::size_t size() const noexcept;

private:
  friend class websocket;
  friend class websocket_sender;

  std::shared_ptr<const internal::outgoing_message> shared_;
};

} // namespace actors::http
