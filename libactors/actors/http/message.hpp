#pragma once

#include <actors/http/fields.hpp>
#include <actors/http/method.hpp>
#include <actors/http/status.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace actors::http {

namespace internal {
class head_access;
}

/// The protocol version of a message; the library speaks HTTP/1.1 and understands HTTP/1.0.
enum class version : std::uint8_t { http_1_0 = 10, http_1_1 = 11 };

/// A request as a value: method, target, header fields and the whole body.
///
/// What a setter takes can be sent: a target with a space, control character or non-ASCII byte throws `error` with
/// `invalid_target` (see `url` and `percent_encode`), and so do bad fields (see `fields`). Content-Length,
/// Transfer-Encoding and Host are written by whoever sends the message and need not be set.
///
///     auto r = request{method::post, "/orders?dry=1"}.set("Accept", "application/json");
///     r.set_body("a=1", "application/x-www-form-urlencoded");
///     r.path();  // "/orders"
class request {
public:
  request() = default;

  request(http::method method, std::string target) : method_(method) { set_target(std::move(target)); }

  request(http::method method, std::string target, std::string body, std::string_view content_type)
      : request(method, std::move(target)) {
    set_body(std::move(body), content_type);
  }

  [[nodiscard]] http::method method() const noexcept { return method_; }

  request& set_method(http::method value) noexcept {
    method_ = value;
    return *this;
  }

  /// The target as in the request line, not decoded: normally the path and query.
  [[nodiscard]] const std::string& target() const noexcept { return target_; }

  request& set_target(std::string value);

  /// The path of the target, not decoded and without the query; of an absolute target (as sent to proxies) only its
  /// path.
  [[nodiscard]] std::string_view path() const noexcept;

  /// The query of the target, not decoded and without its `?`; empty if there is none. See `query_params::parse`.
  [[nodiscard]] std::string_view query() const noexcept;

  [[nodiscard]] http::version version() const noexcept { return version_; }

  request& set_version(http::version value) noexcept {
    version_ = value;
    return *this;
  }

  [[nodiscard]] const http::fields& fields() const noexcept { return fields_; }

  [[nodiscard]] http::fields& fields() noexcept { return fields_; }

  /// The first header field of this name.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const noexcept { return fields_.get(name); }

  request& set(std::string_view name, std::string_view value) {
    fields_.set(name, value);
    return *this;
  }

  request& add(std::string_view name, std::string_view value) {
    fields_.add(name, value);
    return *this;
  }

  [[nodiscard]] const std::string& body() const noexcept { return body_; }

  [[nodiscard]] std::string& body() noexcept { return body_; }

  request& set_body(std::string value) {
    body_ = std::move(value);
    return *this;
  }

  request& set_body(std::string value, std::string_view content_type) {
    fields_.set_known("Content-Type", content_type);
    return set_body(std::move(value));
  }

  [[nodiscard]] friend bool operator==(const request&, const request&) = default;

private:
  friend class internal::head_access;

  http::method method_ = http::method::get;
  http::version version_ = http::version::http_1_1;
  std::string target_ = "/";
  http::fields fields_;
  std::string body_;
};

/// A response as a value: status, reason phrase, header fields and the whole body.
///
///     return response{status::ok, "<h1>hello</h1>", "text/html; charset=utf-8"};
///     return response{status::see_other}.set("Location", "/login");
///
/// The same checks as in `request` apply; a reason phrase with a control character throws `error` with
/// `invalid_reason`.
class response {
public:
  response() = default;

  explicit response(http::status status) { set_status(status); }

  response(http::status status, std::string body, std::string_view content_type) : response(status) {
    set_body(std::move(body), content_type);
  }

  [[nodiscard]] http::status status() const noexcept { return status_; }

  /// Forgets a reason phrase set before. @throws error `invalid_value` if the code is outside 100 … 999.
  response& set_status(http::status value);

  /// The phrase that came or was set, else the registered one.
  [[nodiscard]] std::string_view reason() const noexcept {
    return reason_.empty() ? reason_phrase(status_) : std::string_view{reason_};
  }

  response& set_reason(std::string value);

  [[nodiscard]] http::version version() const noexcept { return version_; }

  response& set_version(http::version value) noexcept {
    version_ = value;
    return *this;
  }

  [[nodiscard]] const http::fields& fields() const noexcept { return fields_; }

  [[nodiscard]] http::fields& fields() noexcept { return fields_; }

  /// The first header field of this name.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const noexcept { return fields_.get(name); }

  response& set(std::string_view name, std::string_view value) {
    fields_.set(name, value);
    return *this;
  }

  response& add(std::string_view name, std::string_view value) {
    fields_.add(name, value);
    return *this;
  }

  [[nodiscard]] const std::string& body() const noexcept { return body_; }

  [[nodiscard]] std::string& body() noexcept { return body_; }

  response& set_body(std::string value) {
    body_ = std::move(value);
    return *this;
  }

  response& set_body(std::string value, std::string_view content_type) {
    fields_.set_known("Content-Type", content_type);
    return set_body(std::move(value));
  }

  [[nodiscard]] friend bool operator==(const response&, const response&) = default;

private:
  friend class internal::head_access;

  http::status status_ = http::status::ok;
  http::version version_ = http::version::http_1_1;
  std::string reason_;
  http::fields fields_;
  std::string body_;
};

/// Whether the connection may carry another message after this one, by the message's version and Connection field
/// (RFC 9112 §9.3).
[[nodiscard]] bool wants_keep_alive(const request& message) noexcept;
[[nodiscard]] bool wants_keep_alive(const response& message) noexcept;

/// For CAF: a version travels as 10 or 11.
template <class Inspector>
bool inspect(Inspector& f, version& x) {
  return f.apply([&x] { return static_cast<std::uint8_t>(x); },
                 [&x](std::uint8_t number) {
                   x = static_cast<version>(number);
                   return number == 10 || number == 11;
                 });
}

namespace detail {

/// Checks for values that arrive in messages, without exceptions.
[[nodiscard]] bool valid_target(std::string_view target) noexcept;
[[nodiscard]] bool valid_reason(std::string_view reason) noexcept;

} // namespace detail

/// For CAF: what arrives is checked as in the setters.
template <class Inspector>
bool inspect(Inspector& f, request& x) {
  auto get_method = [&x] { return x.method(); };
  auto set_method = [&x](method value) { return x.set_method(value), true; };
  auto get_target = [&x]() -> const std::string& { return x.target(); };
  auto set_target = [&x](std::string value) {
    return detail::valid_target(value) && (x.set_target(std::move(value)), true);
  };
  auto get_version = [&x] { return x.version(); };
  auto set_version = [&x](version value) { return x.set_version(value), true; };
  return f.object(x).fields(f.field("method", get_method, set_method), f.field("target", get_target, set_target),
                            f.field("version", get_version, set_version), f.field("fields", x.fields()),
                            f.field("body", x.body()));
}

/// For CAF: what arrives is checked as in the setters.
template <class Inspector>
bool inspect(Inspector& f, response& x) {
  auto get_status = [&x] { return x.status(); };
  auto set_status = [&x](status value) { return x.set_status(value), true; };
  auto get_reason = [&x] { return std::string{x.reason()}; };
  auto set_reason = [&x](std::string value) {
    return detail::valid_reason(value) && (x.set_reason(std::move(value)), true);
  };
  auto get_version = [&x] { return x.version(); };
  auto set_version = [&x](version value) { return x.set_version(value), true; };
  return f.object(x).fields(f.field("status", get_status, set_status), f.field("reason", get_reason, set_reason),
                            f.field("version", get_version, set_version), f.field("fields", x.fields()),
                            f.field("body", x.body()));
}

} // namespace actors::http
