#include <actors/http/method.hpp>

#include <array>
#include <cstddef>

namespace actors::http {

namespace {

constexpr std::array<std::string_view, method_count> names{
    "DELETE",      "GET",   "HEAD",   "POST",       "PUT",       "CONNECT", "OPTIONS",  "TRACE",  "COPY",
    "LOCK",        "MKCOL", "MOVE",   "PROPFIND",   "PROPPATCH", "SEARCH",  "UNLOCK",   "BIND",   "REBIND",
    "UNBIND",      "ACL",   "REPORT", "MKACTIVITY", "CHECKOUT",  "MERGE",   "M-SEARCH", "NOTIFY", "SUBSCRIBE",
    "UNSUBSCRIBE", "PATCH", "PURGE",  "MKCALENDAR", "LINK",      "UNLINK",  "QUERY",
};

} // namespace

std::string_view to_string(method value) noexcept {
  const auto index = static_cast<std::size_t>(value);
  return index < names.size() ? names[index] : std::string_view{"?"};
}

std::optional<method> parse_method(std::string_view name) noexcept {
  for (std::size_t index = 0; index < names.size(); ++index)
    if (names[index] == name)
      return static_cast<method>(index);
  return std::nullopt;
}

bool is_safe(method value) noexcept {
  switch (value) {
  case method::get:
  case method::head:
  case method::options:
  case method::trace:
  case method::propfind:
  case method::report:
  case method::search:
  case method::query:
    return true;
  default:
    return false;
  }
}

bool is_idempotent(method value) noexcept {
  switch (value) {
  case method::put:
  case method::delete_:
  case method::copy:
  case method::move:
  case method::mkcol:
  case method::proppatch:
  case method::link:
  case method::unlink:
  case method::unlock:
  case method::bind:
  case method::unbind:
  case method::rebind:
  case method::acl:
    return true;
  default:
    return is_safe(value);
  }
}

} // namespace actors::http
