#pragma once

#include <actors/http/fields.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Cookies as they travel: what a server says in Set-Cookie, what a client says in Cookie.
///
///     answer.add("Set-Cookie", set_cookie{"session", id}.path("/").http_only(true).secure(true).to_string());
///     const auto session = cookie_value(request.fields(), "session");
///
/// Reading follows the algorithm that browsers follow, letter by letter, since servers rely on it: what it cannot make
/// sense of is left out, and nothing throws. Writing is strict: what could be misread by any reader is refused.
/// A client keeps cookies in a `cookie_jar`.
///
/// Errors: `error` with `invalid_cookie`, from `to_string`. Source: RFC 6265bis §4.1, §5.1.1, §5.6; RFC 6265 §5.2.
namespace actors::http {

enum class same_site : std::uint8_t {
  unspecified, ///< the server does not say, or something else
  strict,
  lax,
  none,
};

/// One Set-Cookie field.
class set_cookie {
public:
  set_cookie() = default;

  set_cookie(std::string name, std::string value) : name_(std::move(name)), value_(std::move(value)) {}

  /// Nothing if the text is to be ignored: control characters, more than 4096 bytes of name and value, neither of both.
  [[nodiscard]] static std::optional<set_cookie> parse(std::string_view text);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  [[nodiscard]] const std::string& value() const noexcept { return value_; }

  /// When it ends; without this and `max_age` with the session.
  set_cookie& expires(std::chrono::sys_seconds value) noexcept { return expires_ = value, *this; }

  /// How long it lasts, counts more than `expires`. Zero or less removes it.
  set_cookie& max_age(std::chrono::seconds value) noexcept { return max_age_ = value, *this; }

  /// Who gets it besides the host that set it: this domain and all below. Empty: that host only.
  set_cookie& domain(std::string value) { return domain_ = std::move(value), *this; }

  /// Empty: the folder of the request's path.
  set_cookie& path(std::string value) { return path_ = std::move(value), *this; }

  set_cookie& secure(bool value) noexcept { return secure_ = value, *this; }

  set_cookie& http_only(bool value) noexcept { return http_only_ = value, *this; }

  set_cookie& sent_to(same_site value) noexcept { return same_site_ = value, *this; }

  [[nodiscard]] std::optional<std::chrono::sys_seconds> expires() const noexcept { return expires_; }

  [[nodiscard]] std::optional<std::chrono::seconds> max_age() const noexcept { return max_age_; }

  /// In lower case and without a dot before it.
  [[nodiscard]] const std::string& domain() const noexcept { return domain_; }

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  [[nodiscard]] bool secure() const noexcept { return secure_; }

  [[nodiscard]] bool http_only() const noexcept { return http_only_; }

  [[nodiscard]] same_site sent_to() const noexcept { return same_site_; }

  /// The value of a Set-Cookie field. @throws error `invalid_cookie` for a name that is no token, a value with spaces,
  /// quotes inside, commas, semicolons, backslashes or other than ASCII, a domain or path with a semicolon or control
  /// character, or a `__Host-` or `__Secure-` name without what it promises.
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] friend bool operator==(const set_cookie&, const set_cookie&) = default;

private:
  void apply(std::string_view name, std::string_view value);

  std::string name_;
  std::string value_;
  std::string domain_;
  std::string path_;
  std::optional<std::chrono::sys_seconds> expires_;
  std::optional<std::chrono::seconds> max_age_;
  same_site same_site_ = same_site::unspecified;
  bool secure_ = false;
  bool http_only_ = false;
};

/// The names and values of a request's Cookie fields, in their order. Values are as they stand there, in quotes if they
/// are.
[[nodiscard]] std::vector<std::pair<std::string_view, std::string_view>> parse_cookies(const fields& of);

/// The value of the first cookie of this name; a view into the fields.
[[nodiscard]] std::optional<std::string_view> cookie_value(const fields& of, std::string_view name);

/// Reads a date as cookies have it, in any of the many forms that servers write (RFC 6265 §5.1.1). Nothing if it is
/// none.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_cookie_date(std::string_view text);

} // namespace actors::http
