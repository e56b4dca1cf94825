#include <actors/http/internal/serializer.hpp>

#include <actors/http/date.hpp>
#include <actors/http/error.hpp>
#include <actors/http/internal/ascii.hpp>
#include <actors/http/internal/quoted.hpp>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace actors::http::internal {

namespace {

enum class known_field : std::uint8_t { other, host, date, server, connection, content_length, transfer_encoding };

/// The fields that the serialiser has a say in; told apart by size first, since this runs for every field sent.
known_field classify(std::string_view name) noexcept {
  switch (name.size()) {
  case 4:
    return iequals(name, "host") ? known_field::host : iequals(name, "date") ? known_field::date : known_field::other;
  case 6:
    return iequals(name, "server") ? known_field::server : known_field::other;
  case 10:
    return iequals(name, "connection") ? known_field::connection : known_field::other;
  case 14:
    return iequals(name, "content-length") ? known_field::content_length : known_field::other;
  case 17:
    return iequals(name, "transfer-encoding") ? known_field::transfer_encoding : known_field::other;
  default:
    return known_field::other;
  }
}

/// Gathers the pieces of a head, most of which are short, so that they reach their string in one append.
class head_writer {
public:
  explicit head_writer(std::string& out) noexcept : out_(&out) {}

  [[gnu::always_inline]] head_writer& put(std::string_view piece) {
    if (piece.empty())
      return *this; // perhaps without an address, which memcpy must have
    if (piece.size() > sizeof buffer_ - size_) [[unlikely]]
      return put_big(piece);
    std::memcpy(buffer_ + size_, piece.data(), piece.size());
    size_ += piece.size();
    return *this;
  }

  head_writer& put_number(std::uint64_t value) {
    constexpr std::size_t most_digits = 20;
    if (sizeof buffer_ - size_ < most_digits) [[unlikely]]
      finish();
    const auto end = std::to_chars(buffer_ + size_, buffer_ + sizeof buffer_, value).ptr;
    size_ = static_cast<std::size_t>(end - buffer_);
    return *this;
  }

  /// Appends what was gathered.
  void finish() {
    out_->append(buffer_, size_);
    size_ = 0;
  }

private:
  head_writer& put_big(std::string_view piece) {
    finish();
    out_->append(piece);
    return *this;
  }

  std::string* out_;
  std::size_t size_ = 0;
  char buffer_[1024];
};

void put_fields(head_writer& out, const fields& all, const field_survey& found, body_framing framing) {
  const bool keeps_length = framing.what() == body_framing::kind::as_given;
  if (!found.has_framing) {
    out.put(all.wire());
    return;
  }
  for (const auto [name, value] : all) {
    const auto known = classify(name);
    if (known == known_field::transfer_encoding || (known == known_field::content_length && !keeps_length))
      continue;
    if (known == known_field::content_length &&
        (value.empty() || !std::all_of(value.begin(), value.end(), is_digit) || all.count("Content-Length") > 1))
      throw error{errc::bad_framing, "Content-Length " + quoted(value) + " is not one number"};
    out.put(name).put(": ").put(value).put("\r\n");
  }
}

void put_framing(head_writer& out, body_framing framing) {
  if (framing.what() == body_framing::kind::sized)
    out.put("Content-Length: ").put_number(framing.size()).put("\r\n");
  else if (framing.what() == body_framing::kind::chunked)
    out.put("Transfer-Encoding: chunked\r\n");
}

void put_note(head_writer& out, const fields& all, const field_survey& found, connection_note note) {
  if (note == connection_note::none)
    return;
  const std::string_view token = note == connection_note::close ? "close" : "keep-alive";
  if (found.has_connection && all.has_token("Connection", token))
    return;
  out.put("Connection: ").put(token).put("\r\n");
}

} // namespace

field_survey::field_survey(const fields& all) noexcept {
  for (const auto field : all) {
    const auto known = classify(field.name);
    has_host |= known == known_field::host;
    has_date |= known == known_field::date;
    has_server |= known == known_field::server;
    has_connection |= known == known_field::connection;
    has_framing |= known == known_field::content_length || known == known_field::transfer_encoding;
  }
}

body_framing framing_of(const request& message) noexcept {
  const auto m = message.method();
  if (message.body().empty() && m != method::post && m != method::put && m != method::patch)
    return body_framing::none();
  return body_framing::sized(message.body().size());
}

body_framing framing_of(const response& message, method answered) noexcept {
  const auto s = message.status();
  const bool is_tunnel = answered == method::connect && is_success(s);
  if (is_informational(s) || s == status::no_content || is_tunnel)
    return body_framing::none(); // RFC 9110 §8.6: these must not even have the field
  const bool is_described = message.body().empty() && message.fields().contains("Content-Length");
  if (s == status::not_modified)
    return is_described ? body_framing::as_given() : body_framing::none();
  if (answered == method::head && is_described)
    return body_framing::as_given();
  return body_framing::sized(message.body().size());
}

bool sends_body(status value, method answered) noexcept {
  return answered != method::head && !is_bodiless(value) && !(answered == method::connect && is_success(value));
}

void append_head(std::string& out, const request& message, body_framing framing, std::string_view host,
                 connection_note note) {
  const field_survey found{message.fields()};
  if (!found.has_host && !std::all_of(host.begin(), host.end(), [](char c) { return is(target_char, c); }))
    throw error{errc::invalid_field_value,
                "host " + quoted(host) + " holds a space, control character or non-ASCII byte"};
  head_writer head{out};
  head.put(to_string(message.method())).put(" ").put(message.target());
  head.put(message.version() == version::http_1_1 ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
  if (!found.has_host)
    head.put("Host: ").put(host).put("\r\n");
  put_fields(head, message.fields(), found, framing);
  put_framing(head, framing);
  put_note(head, message.fields(), found, note);
  head.put("\r\n").finish();
}

void append_head(std::string& out, const response& message, const field_survey& found, body_framing framing,
                 std::string_view date, connection_note note) {
  constexpr std::string_view most_usual = "OK";
  head_writer head{out};
  if (const auto reason = message.reason(); message.status() == status::ok && reason == most_usual)
    head.put("HTTP/1.1 200 OK\r\n");
  else
    head.put("HTTP/1.1 ").put_number(code(message.status())).put(" ").put(reason).put("\r\n");
  if (!found.has_date && !date.empty())
    head.put("Date: ").put(date).put("\r\n");
  put_fields(head, message.fields(), found, framing);
  put_framing(head, framing);
  put_note(head, message.fields(), found, note);
  head.put("\r\n").finish();
}

void append_chunk(std::string& out, std::string_view data) {
  if (data.empty())
    return;
  append_chunk_header(out, data.size());
  out.append(data).append("\r\n");
}

void append_chunk_header(std::string& out, std::uint64_t size) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, size, 16).ptr;
  out.append(digits, end).append("\r\n");
}

void append_last_chunk(std::string& out) {
  out.append("0\r\n\r\n");
}

void append_last_chunk(std::string& out, const fields& trailers) {
  for (const auto field : trailers)
    if (const auto known = classify(field.name); known != known_field::other && known != known_field::date)
      throw error{errc::invalid_field_name, "field " + quoted(field.name) + " must not be in a trailer"};
  out.append("0\r\n").append(trailers.wire()).append("\r\n");
}

void append_number(std::string& out, std::uint64_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

std::string_view date_cache::at(std::chrono::sys_seconds now) {
  if (now != time_ || text_.empty()) {
    text_ = format_date(now);
    time_ = now;
  }
  return text_;
}

} // namespace actors::http::internal
