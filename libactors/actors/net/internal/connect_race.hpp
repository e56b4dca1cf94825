#pragma once

#include <actors/core/task.hpp>
#include <actors/net/endpoint.hpp>
#include <actors/net/stream.hpp>
#include <actors/net/tcp_stream.hpp>

#include <memory>
#include <string>
#include <vector>

namespace boost::asio {

class io_context;

} // namespace boost::asio

namespace actors::net::internal {

/// Connects to the first of several addresses of a host that answers (RFC 8305): the next attempt starts when one has
/// failed or 250 ms after the last one. `peer` becomes the stream's name.
[[nodiscard]] task<std::unique_ptr<stream>>
connect_to_first(boost::asio::io_context& home, std::vector<endpoint> targets, std::string peer, tcp_options options);

} // namespace actors::net::internal
