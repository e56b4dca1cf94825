#pragma once

#include <actors/net/endpoint.hpp>

#include <vector>

namespace actors::net::internal {

/// The endpoints with the two address families in turn, beginning with the family of the first; the order within a
/// family stays (RFC 8305, section 4).
[[nodiscard]] std::vector<endpoint> interleave_families(const std::vector<endpoint>& endpoints);

} // namespace actors::net::internal
