#pragma once

#include <actors/core/type_ids.hpp>
#include <actors/http/fields.hpp>
#include <actors/http/message.hpp>
#include <actors/http/method.hpp>
#include <actors/http/status.hpp>
#include <actors/http/url.hpp>
#include <actors/http/websocket_message.hpp>

#include <caf/type_id.hpp>

namespace actors::http {

/// Registers the message types of this folder. To be called before the first runtime starts by programs in which HTTP
/// messages travel between actors; calling it again changes nothing.
void register_http_messages();

} // namespace actors::http

CAF_BEGIN_TYPE_ID_BLOCK(actors_http, actors::first_library_type_id + 100)
  CAF_ADD_TYPE_ID(actors_http, (actors::http::method))
  CAF_ADD_TYPE_ID(actors_http, (actors::http::status))
  CAF_ADD_TYPE_ID(actors_http, (actors::http::version))
  CAF_ADD_TYPE_ID(actors_http, (actors::http::url))
  CAF_ADD_TYPE_ID(actors_http, (actors::http::fields))
  CAF_ADD_TYPE_ID(actors_http, (actors::http::request))
  CAF_ADD_TYPE_ID(actors_http, (actors::http::response))
  CAF_ADD_ATOM(actors_http, actors::http, fetch_atom)
  CAF_ADD_TYPE_ID(actors_http, (actors::http::ws_message))
  CAF_ADD_ATOM(actors_http, actors::http, say_atom)
  CAF_ADD_ATOM(actors_http, actors::http, heard_atom)
  CAF_ADD_ATOM(actors_http, actors::http, ended_atom)
CAF_END_TYPE_ID_BLOCK(actors_http)
