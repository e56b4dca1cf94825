#pragma once

#include <actors/http/status.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace actors::http {

/// What is wrong with a message, a URL or a value that should become part of one.
enum class errc : std::uint8_t {
  invalid_url = 1,     ///< not a URL, or not one that HTTP can use
  invalid_target,      ///< a request target with a control character, a space or nothing in it
  invalid_field_name,  ///< not a token (RFC 9110 §5.1)
  invalid_field_value, ///< holds CR, LF, NUL or another control character
  invalid_reason,      ///< a reason phrase that holds a control character
  invalid_value,       ///< an argument or a serialised value out of its range

  bad_start_line,      ///< the request or status line is malformed
  bad_field,           ///< a header field is malformed (also folded lines and bare line ends)
  bad_host,            ///< an HTTP/1.1 request without exactly one Host field
  bad_framing,         ///< Content-Length or Transfer-Encoding malformed, repeated or in conflict: maybe smuggling
  bad_chunk,           ///< a chunk with a malformed or overflowing size, or an extension without end
  unknown_method,      ///< a method that this library does not know
  unsupported_version, ///< neither HTTP/1.0 nor HTTP/1.1
  unsupported_transfer_coding, ///< a transfer coding other than chunked
  start_line_too_long,         ///< the target (or reason phrase) is over its limit
  fields_too_large,            ///< the header section is over its limit in bytes
  too_many_fields,             ///< the header section is over its limit in fields
  body_too_large,              ///< the body is over its limit
  truncated,                   ///< the stream ended inside a message
  data_after_close,            ///< bytes after a message that announced the end of the connection

  unsupported_content_coding, ///< a Content-Encoding other than gzip, deflate, br and identity, or too many of them
  corrupt_content,            ///< compressed data that does not decode
  truncated_content,          ///< compressed data that ends early
  decoded_too_large,          ///< decoded content is over its limit

  too_many_parameters, ///< a query or form with more parameters than its limit
  invalid_json,        ///< a body that is no JSON
  invalid_form,        ///< a body that is not the form that it should be
  bad_multipart,       ///< a multipart body that is malformed
  multipart_too_large, ///< a multipart body with too many parts, or a part over its limit
  invalid_cookie,      ///< a cookie that cannot be written in a field
};

/// A short name such as `body_too_large`, stable for logs and metrics.
[[nodiscard]] std::string_view to_string(errc kind) noexcept;

/// The status with which a server answers a request that failed so: 400, 413, 414, 415, 431, 501 or 505.
[[nodiscard]] status status_for(errc kind) noexcept;

/// The exception of this folder. `what()` names what is wrong and where; text from the peer is quoted in printable form
/// and cut to a reasonable length, so it can go to a log.
class error : public std::runtime_error {
public:
  error(errc kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}

  [[nodiscard]] errc kind() const noexcept { return kind_; }

private:
  errc kind_;
};

} // namespace actors::http
