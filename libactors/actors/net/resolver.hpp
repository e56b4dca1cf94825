#pragma once

#include <actors/core/task.hpp>
#include <actors/net/endpoint.hpp>

#include <cstdint>
#include <string>
#include <vector>

/// Names to addresses, by the system's own resolver (`getaddrinfo`: hosts file, DNS, whatever the machine is configured
/// for).
///
/// A numeric address is answered at once. A name costs a call on the blocking pool. Nothing is kept here: the system
/// knows how long an answer holds, and may have a cache of its own; `name_cache` is one in the program.
///
/// Cancellation: at once; the system's call is left behind and its answer is dropped.
///
/// Errors: `net_error` "resolve example.org: Name or service not known" with a code of `resolver_category()`.
namespace actors::net {

/// The TCP endpoints of a host, in the order in which they should be tried (RFC 6724); never empty.
[[nodiscard]] task<std::vector<endpoint>> resolve(std::string host, std::uint16_t port);

} // namespace actors::net
