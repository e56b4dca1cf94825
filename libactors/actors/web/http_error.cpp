#include <actors/web/http_error.hpp>

namespace actors::web {

namespace {

std::string describe(http::status code, const nlohmann::json& detail) {
  auto result = std::to_string(http::code(code)) + " " + std::string{http::reason_phrase(code)};
  if (detail.is_string())
    result.append(": ").append(detail.get_ref<const std::string&>());
  else if (!detail.is_null())
    result.append(": ").append(detail.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  return result;
}

} // namespace

http_error::http_error(http::status code, nlohmann::json detail)
    : std::runtime_error(describe(code, detail)), code_(code),
      detail_(detail.is_null() ? nlohmann::json(http::reason_phrase(code)) : std::move(detail)) {}

} // namespace actors::web
