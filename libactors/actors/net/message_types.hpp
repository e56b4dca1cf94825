#pragma once

#include <actors/core/type_ids.hpp>
#include <actors/net/endpoint.hpp>
#include <actors/net/udp_socket.hpp>

#include <caf/type_id.hpp>

/// The message types of this folder. `register_net_messages` must run before the first runtime starts; again does
/// nothing.
namespace actors::net {

void register_net_messages();

} // namespace actors::net

CAF_BEGIN_TYPE_ID_BLOCK(actors_net, actors::first_library_type_id + 70)
  CAF_ADD_ATOM(actors_net, actors::net, read_atom)
  CAF_ADD_ATOM(actors_net, actors::net, write_atom)
  CAF_ADD_ATOM(actors_net, actors::net, finish_atom)
  CAF_ADD_ATOM(actors_net, actors::net, peer_atom)
  CAF_ADD_ATOM(actors_net, actors::net, local_atom)
  CAF_ADD_TYPE_ID(actors_net, (actors::net::endpoint))
  CAF_ADD_TYPE_ID(actors_net, (actors::net::datagram))
CAF_END_TYPE_ID_BLOCK(actors_net)
