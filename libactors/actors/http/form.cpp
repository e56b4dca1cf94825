#include <actors/http/form.hpp>

#include <actors/http/error.hpp>
#include <actors/http/internal/quoted.hpp>
#include <actors/http/media_type.hpp>

#include <string>
#include <string_view>

namespace actors::http {

namespace {

constexpr std::string_view form_type = "application/x-www-form-urlencoded";

} // namespace

request form_request(const query_params& fields) {
  return {method::post, "/", fields.to_string(), form_type};
}

request& set_form(request& message, const query_params& fields) {
  return message.set_body(fields.to_string(), form_type);
}

query_params parse_form(const request& message, std::size_t max_parameters) {
  const auto given = message.get("Content-Type").value_or("");
  const auto type = media_type::parse(given);
  if (!type || !type->is(form_type))
    throw error{errc::invalid_form, "the body is no form: its Content-Type is " + internal::quoted(given) + ", not " +
                                        std::string{form_type}};
  return query_params::parse(message.body(), max_parameters);
}

} // namespace actors::http
