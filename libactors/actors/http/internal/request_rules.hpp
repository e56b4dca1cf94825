#pragma once

#include <actors/http/error.hpp>
#include <actors/http/method.hpp>

#include <optional>
#include <string>
#include <string_view>

/// What RFC 9110 and 9112 demand of a request and llhttp leaves to its user. The parser asks here and nowhere else, so
/// that there is one verdict on where a request ends and for whom it is.
namespace actors::http::internal {

/// A rule that a request breaks.
struct rule_breach {
  errc kind;
  std::string message;
};

/// Whether this is `host [":" port]` of RFC 3986 with a host that is not empty: a name, an IPv4 address or an IPv6
/// address in brackets. User information, commas (two Host fields that a proxy has joined) and ports beyond 65535 are
/// not accepted.
[[nodiscard]] bool is_authority(std::string_view text);

/// A transfer coding other than exactly `chunked`: 501 if it is one that could be implemented, 400 if it leaves open
/// where the body ends (RFC 9112 §6.1, §6.3).
[[nodiscard]] std::optional<rule_breach> check_transfer_coding(std::string_view value);

/// Whether the target has the form that goes with the method (RFC 9112 §3.2).
[[nodiscard]] std::optional<rule_breach> check_target(method what, std::string_view target);

/// The host that an absolute target names, which `check_target` has let pass; nothing of other targets. It is the one
/// that counts, whatever the Host field says (RFC 9112 §3.2.2), so it takes that field's place: whoever looks at it
/// later, a handler or a server behind this one, sees no other.
[[nodiscard]] std::optional<std::string_view> host_of_target(method what, std::string_view target) noexcept;

/// Fields that frame or route a message are not accepted behind its body (RFC 9110 §6.5.1).
[[nodiscard]] bool may_be_trailer(std::string_view name) noexcept;

} // namespace actors::http::internal
