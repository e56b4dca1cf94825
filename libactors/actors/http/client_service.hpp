#pragma once

#include <actors/core/service.hpp>
#include <actors/http/client.hpp>
#include <actors/http/message_types.hpp>

namespace actors::http {

/// The client as an actor, for plain CAF code and for other nodes.
///
/// | message                              | answer     |
/// |--------------------------------------|------------|
/// | `fetch_atom`, `std::string` URL      | `response` |
/// | `fetch_atom`, `url`, `request`       | `response` |
///
///     auto web = spawn_service(std::make_unique<client_service>(client{}));
///     auto page = co_await ask<response>(web, fetch_atom_v, std::string{"http://example.com/"});
///
/// Requests run concurrently; a caller that gives up cancels its own. Errors: what the client throws, as text
/// (`remote_error` at the caller). `register_http_messages` must have run.
class client_service final : public service {
public:
  explicit client_service(client web);

private:
  client web_;
};

} // namespace actors::http
