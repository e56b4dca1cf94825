#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/service_ref.hpp>
#include <actors/http/handler.hpp>
#include <actors/http/message_types.hpp>

#include <caf/actor.hpp>

#include <chrono>

namespace actors::http {

/// A handler that has an actor answer: it is sent each `request` as a message and answers with a `response`.
///
///     server site{forward_to(store), server_options{}.port(8080)};
///
/// The actor may be plain CAF code, a service, or on another node. An actor that is gone, or takes longer than `limit`,
/// costs the client a 503 or 504; an error as its answer is logged and becomes a 500. `register_http_messages` must
/// have run.
[[nodiscard]] handler forward_to(service_ref target, duration limit = std::chrono::seconds(30));
[[nodiscard]] handler forward_to(caf::actor target, duration limit = std::chrono::seconds(30));

} // namespace actors::http
