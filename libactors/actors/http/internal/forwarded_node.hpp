#pragma once

#include <actors/net/endpoint.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace actors::http::internal {

/// Who is meant by `for` of Forwarded or by an element of X-Forwarded-For.
struct forwarded_node {
  std::string name; ///< the address in its usual form, `_name` or `unknown`
  std::optional<net::ip_address> address;
};

/// Takes addresses with and without port and brackets: proxies write all of these. Anything malformed is `unknown`.
[[nodiscard]] forwarded_node read_node(std::string_view text);

} // namespace actors::http::internal
