#pragma once

#include <actors/http/message.hpp>
#include <actors/http/query.hpp>

#include <cstddef>

/// Forms as browsers send them without files: `application/x-www-form-urlencoded`. See `multipart.hpp` for those with
/// files.
///
///     auto answer = co_await web.send("http://example.com/login", form_request(query_params{}.add("user", "ann")));
///
/// Errors of `parse_form`: `error` with `invalid_form` if the message says that its body is something else,
/// `too_many_parameters`. Source: WHATWG URL §5.
namespace actors::http {

/// A POST of the fields; its target is filled in by whoever sends it.
[[nodiscard]] request form_request(const query_params& fields);

/// Replaces the body and its Content-Type.
request& set_form(request& message, const query_params& fields);

/// The fields of a form that was sent to a server.
[[nodiscard]] query_params parse_form(const request& message, std::size_t max_parameters = 1000);

} // namespace actors::http
