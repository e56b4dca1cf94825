#pragma once

#include <actors/http/message.hpp>
#include <actors/http/url.hpp>

#include <optional>
#include <string>

namespace actors::http::internal {

/// Where a response sends the client, by its Location field; nothing if it is no redirect or names no place. A fragment
/// of the old URL stays when the new one has none (RFC 9110 §10.2.2). `why`, if nothing comes of a Location that is
/// there, tells what is wrong with it.
[[nodiscard]] std::optional<url> redirect_target(const url& from, const response& answer, std::string& why);

/// Whether the request that follows is turned into a GET without a body, as browsers do it (Fetch, "HTTP-redirect
/// fetch"): after 303 unless it was a HEAD, and after 301 or 302 only if it was a POST (RFC 9110 §15.4.2).
[[nodiscard]] bool becomes_get(method was, status answer) noexcept;

/// Makes the request that follows a redirect of the one just sent: without body and content fields, if it becomes a
/// GET, and to another origin without credentials.
void follow(request& message, status answer, const url& from, const url& to);

} // namespace actors::http::internal
