#pragma once

#include <actors/http/message.hpp>

#include <nlohmann/json.hpp>

#include <string_view>

/// JSON bodies (RFC 8259).
///
///     auto made = co_await web.send("http://example.com/orders", json_request(method::post, {{"item", 7}}));
///     const auto id = parse_json(made).at("id").get<int>();
///
/// Writing sets Content-Type to `application/json`; the text is compact and UTF-8. Reading looks at the body alone, as
/// servers often name it something else; `is_json` tells what a message calls itself. Memory: what nlohmann::json
/// takes, some ten times the text; the limits on bodies bound the text.
///
/// Errors: `error` with `invalid_json` and the place for a body that is no JSON, with `invalid_value` for a string to
/// be written that is no UTF-8.
namespace actors::http {

/// A request whose target is filled in by whoever sends it.
[[nodiscard]] request json_request(method how, const nlohmann::json& body);

[[nodiscard]] response json_response(const nlohmann::json& body, status code = status::ok);

/// Replaces the body and its Content-Type.
request& set_json(request& message, const nlohmann::json& body);
response& set_json(response& message, const nlohmann::json& body);

/// The value of a body.
[[nodiscard]] nlohmann::json parse_json(const request& message);
[[nodiscard]] nlohmann::json parse_json(const response& message);
[[nodiscard]] nlohmann::json parse_json(std::string_view text);

/// Whether Content-Type is `application/json` or ends in `+json` (RFC 6839 §3.1).
[[nodiscard]] bool is_json(const fields& of);

} // namespace actors::http
