#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace actors::http {

/// Request methods: those of RFC 9110 and the registered ones in use (WebDAV, UPnP, caches). A name outside this list
/// is answered with 501 by the server and cannot be sent by the client.
///
/// Names are case-sensitive on the wire (`get` is not `GET`). `delete_` has its underscore because of the keyword.
enum class method : std::uint8_t {
  delete_,
  get,
  head,
  post,
  put,
  connect,
  options,
  trace,
  copy,
  lock,
  mkcol,
  move,
  propfind,
  proppatch,
  search,
  unlock,
  bind,
  rebind,
  unbind,
  acl,
  report,
  mkactivity,
  checkout,
  merge,
  msearch,
  notify,
  subscribe,
  unsubscribe,
  patch,
  purge,
  mkcalendar,
  link,
  unlink,
  query,
};

/// How many methods there are; their values are 0 … method_count - 1.
inline constexpr std::uint8_t method_count = 34;

/// The name on the wire, such as `GET`.
[[nodiscard]] std::string_view to_string(method value) noexcept;

/// The method of that exact name, or nothing.
[[nodiscard]] std::optional<method> parse_method(std::string_view name) noexcept;

/// Whether the method asks for no change on the server (RFC 9110 §9.2.1).
[[nodiscard]] bool is_safe(method value) noexcept;

/// Whether sending it twice has the effect of sending it once, so that a client may repeat it after a lost connection
/// (RFC 9110 §9.2.2).
[[nodiscard]] bool is_idempotent(method value) noexcept;

/// For CAF: a method travels as its number, and a number without a method is refused.
template <class Inspector>
bool inspect(Inspector& f, method& x) {
  return f.apply([&x] { return static_cast<std::uint8_t>(x); },
                 [&x](std::uint8_t number) {
                   if (number >= method_count)
                     return false;
                   x = static_cast<method>(number);
                   return true;
                 });
}

} // namespace actors::http
