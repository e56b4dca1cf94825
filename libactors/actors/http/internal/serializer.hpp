#pragma once

#include <actors/http/fields.hpp>
#include <actors/http/message.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace actors::http::internal {

/// How the receiver learns where the body ends; decides the framing fields of the head.
class body_framing {
public:
  enum class kind : std::uint8_t {
    none,        ///< no body, no framing field
    sized,       ///< Content-Length
    chunked,     ///< Transfer-Encoding: chunked
    until_close, ///< a response whose end is the end of the connection (to HTTP/1.0 clients)
    as_given,    ///< no body, but the message's own Content-Length is sent: responses to HEAD, and 304
  };

  [[nodiscard]] static body_framing none() noexcept { return {kind::none, 0}; }

  [[nodiscard]] static body_framing sized(std::uint64_t size) noexcept { return {kind::sized, size}; }

  [[nodiscard]] static body_framing chunked() noexcept { return {kind::chunked, 0}; }

  [[nodiscard]] static body_framing until_close() noexcept { return {kind::until_close, 0}; }

  [[nodiscard]] static body_framing as_given() noexcept { return {kind::as_given, 0}; }

  [[nodiscard]] kind what() const noexcept { return kind_; }

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

private:
  body_framing(kind k, std::uint64_t size) noexcept : kind_(k), size_(size) {}

  kind kind_;
  std::uint64_t size_;
};

/// The framing of a message whose body is in it. A request without a body gets a Content-Length only if its method
/// usually has one.
[[nodiscard]] body_framing framing_of(const request& message) noexcept;

/// The framing of a response whose body is in it. Whether the body is then sent is another matter: `sends_body`.
[[nodiscard]] body_framing framing_of(const response& message, method answered) noexcept;

/// Whether a response may be followed by body bytes: not for HEAD, 1xx, 204 and 304.
[[nodiscard]] bool sends_body(status value, method answered) noexcept;

/// What the sender says about the connection, added unless the message says it already.
enum class connection_note : std::uint8_t { none, close, keep_alive };

/// What a header section has of the fields that whoever sends it adds or leaves out.
struct field_survey {
  explicit field_survey(const fields& all) noexcept;

  bool has_host = false;
  bool has_date = false;
  bool has_server = false;
  bool has_connection = false;
  bool has_framing = false;
};

/// Appends the request line and the header section. Host is added first unless the message has one; Content-Length and
/// Transfer-Encoding come from `framing` only, the message's own are left out.
///
/// Nothing can be smuggled into the head: method, target and fields were checked when they were set (see `request` and
/// `fields`).
/// @throws error `invalid_field_value` for a host with control characters, `bad_framing` for an `as_given` length that
/// is no number.
void append_head(std::string& out, const request& message, body_framing framing, std::string_view host,
                 connection_note note = connection_note::none);

/// Appends the status line, always HTTP/1.1, and the header section; Date is added unless `date` is empty or the
/// message has one. `found` is the survey of the message's fields, for those who have it.
void append_head(std::string& out, const response& message, const field_survey& found, body_framing framing,
                 std::string_view date, connection_note note = connection_note::none);

inline void append_head(std::string& out, const response& message, body_framing framing, std::string_view date,
                        connection_note note = connection_note::none) {
  append_head(out, message, field_survey{message.fields()}, framing, date, note);
}

/// Appends a chunk; nothing if it is empty, as an empty chunk ends the body.
void append_chunk(std::string& out, std::string_view data);

/// Appends what stands before the data of a chunk of this size (> 0), for data that is written from elsewhere; behind
/// it goes "\r\n".
void append_chunk_header(std::string& out, std::uint64_t size);

/// Appends the end of a chunked body. @throws error `invalid_field_name` for a trailer field that would change the
/// framing.
void append_last_chunk(std::string& out);
void append_last_chunk(std::string& out, const fields& trailers);

void append_number(std::string& out, std::uint64_t value);

/// The Date field's text, made anew only when the second has changed. One per thread or connection.
class date_cache {
public:
  [[nodiscard]] std::string_view at(std::chrono::sys_seconds now);

private:
  std::chrono::sys_seconds time_{std::chrono::seconds::min()};
  std::string text_;
};

} // namespace actors::http::internal
