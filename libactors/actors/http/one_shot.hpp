#pragma once

#include <actors/core/task.hpp>
#include <actors/http/client_options.hpp>
#include <actors/http/message.hpp>
#include <actors/http/query.hpp>
#include <actors/http/url.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

/// One request, without a client to look after.
///
///     auto page = co_await http::get("http://example.com/");
///     auto made = co_await http::post_json("http://example.com/orders", {{"item", 7}});
///
/// Each call connects anew and closes its connection at the end: nothing is shared between calls, and nothing outlives
/// them. For `https` each reads the system's trust store, unless the options have a context. Who asks more than once is
/// better served by a `client`, which keeps both.
///
/// Redirects, limits, timeouts, decoding, cancellation and errors are those of `client`; a status of 4xx or 5xx is a
/// response and no error.
namespace actors::http {

/// Fetches a URL with GET.
[[nodiscard]] task<response> get(std::string_view where, client_options options = {});

/// Sends any request.
[[nodiscard]] task<response> send(std::string_view where, request what, client_options options = {});

/// Posts a text of the given type.
[[nodiscard]] task<response> post(std::string_view where, std::string body, std::string_view content_type,
                                  client_options options = {});

/// Posts a form (`application/x-www-form-urlencoded`).
[[nodiscard]] task<response> post_form(std::string_view where, const query_params& form, client_options options = {});

/// Posts a value as JSON.
[[nodiscard]] task<response> post_json(std::string_view where, const nlohmann::json& body, client_options options = {});

} // namespace actors::http
