#include <actors/http/json.hpp>

#include <actors/core/printable_text.hpp>
#include <actors/http/error.hpp>
#include <actors/http/media_type.hpp>

#include <string>

namespace actors::http {

namespace {

constexpr std::string_view json_type = "application/json";

std::string text_of(const nlohmann::json& value) {
  try {
    return value.dump();
  } catch (const nlohmann::json::exception& problem) {
    throw error{errc::invalid_value, "the value cannot be written as JSON: " + printable_text(problem.what())};
  }
}

/// What went wrong, without the library's name for it: `[json.exception.parse_error.101] `.
std::string_view bare(std::string_view text) {
  const auto end = text.find("] ");
  return text.starts_with('[') && end != std::string_view::npos ? text.substr(end + 2) : text;
}

} // namespace

request json_request(method how, const nlohmann::json& body) {
  return {how, "/", text_of(body), json_type};
}

response json_response(const nlohmann::json& body, status code) {
  return {code, text_of(body), json_type};
}

request& set_json(request& message, const nlohmann::json& body) {
  return message.set_body(text_of(body), json_type);
}

response& set_json(response& message, const nlohmann::json& body) {
  return message.set_body(text_of(body), json_type);
}

nlohmann::json parse_json(const request& message) {
  return parse_json(message.body());
}

nlohmann::json parse_json(const response& message) {
  return parse_json(message.body());
}

nlohmann::json parse_json(std::string_view text) {
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::exception& problem) {
    throw error{errc::invalid_json, "the body is no JSON: " + printable_text(bare(problem.what()), 200)};
  }
}

bool is_json(const fields& of) {
  const auto type = media_type::parse(of.get("Content-Type").value_or(""));
  return type && (type->is(json_type) || type->subtype().ends_with("+json"));
}

} // namespace actors::http
