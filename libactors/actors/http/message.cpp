#include <actors/http/message.hpp>

#include <actors/http/error.hpp>
#include <actors/http/internal/ascii.hpp>
#include <actors/http/internal/quoted.hpp>

namespace actors::http {

namespace {

bool keep_alive(version v, const fields& f) noexcept {
  if (f.has_token("Connection", "close"))
    return false;
  return v == version::http_1_1 || f.has_token("Connection", "keep-alive");
}

} // namespace

namespace detail {

bool valid_target(std::string_view target) noexcept {
  return internal::consists_of(internal::target_char, target);
}

bool valid_reason(std::string_view reason) noexcept {
  return reason.empty() || internal::consists_of(internal::value_char, reason);
}

} // namespace detail

request& request::set_target(std::string value) {
  if (!detail::valid_target(value))
    throw error{errc::invalid_target, "request target " + internal::quoted(value) +
                                          " is empty or holds a space, control character or non-ASCII byte"};
  target_ = std::move(value);
  return *this;
}

std::string_view request::path() const noexcept {
  std::string_view text = target_;
  text = text.substr(0, text.find('?'));
  if (text.empty() || text.front() == '/')
    return text;
  const auto authority = text.find("://");
  if (authority == std::string_view::npos)
    return text; // "*" of OPTIONS or the host:port of CONNECT
  const auto slash = text.find('/', authority + 3);
  return slash == std::string_view::npos ? std::string_view{"/"} : text.substr(slash);
}

std::string_view request::query() const noexcept {
  const auto mark = target_.find('?');
  return mark == std::string::npos ? std::string_view{} : std::string_view{target_}.substr(mark + 1);
}

response& response::set_status(http::status value) {
  if (http::code(value) < 100 || http::code(value) > 999)
    throw error{errc::invalid_value, "status code " + std::to_string(http::code(value)) + " is outside 100 to 999"};
  status_ = value;
  reason_.clear();
  return *this;
}

response& response::set_reason(std::string value) {
  if (!detail::valid_reason(value))
    throw error{errc::invalid_reason, "reason phrase " + internal::quoted(value) + " holds a control character"};
  if (value == reason_phrase(status_))
    reason_.clear(); // so that it compares equal to a response that never named it
  else
    reason_ = std::move(value);
  return *this;
}

bool wants_keep_alive(const request& message) noexcept {
  return keep_alive(message.version(), message.fields());
}

bool wants_keep_alive(const response& message) noexcept {
  return keep_alive(message.version(), message.fields());
}

} // namespace actors::http
