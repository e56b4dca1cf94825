#pragma once

#include <actors/http/client_options.hpp>
#include <actors/http/url.hpp>

#include <cstdint>
#include <string_view>

namespace actors::http::internal {

/// Tells the hook of a client, if it has one, from inside a task.
void tell_hook(const client_options& options, client_event_kind what, const url& target, std::uint64_t number = 0,
               std::string_view detail = {});

} // namespace actors::http::internal
