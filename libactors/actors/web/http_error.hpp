#pragma once

#include <actors/http/fields.hpp>
#include <actors/http/status.hpp>

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace actors::web {

/// An answer that is thrown, from wherever something is found to be wrong:
///
///     throw http_error{http::status::not_found, "no such user"};     // 404 {"detail": "no such user"}
///
/// `detail` may be any JSON. Without one it is the status's reason phrase.
class http_error : public std::runtime_error {
public:
  explicit http_error(http::status code) : http_error(code, nullptr) {}

  http_error(http::status code, nlohmann::json detail);

  /// A field of the answer, such as WWW-Authenticate.
  http_error& with(std::string_view name, std::string_view value) {
    fields_.add(name, value);
    return *this;
  }

  [[nodiscard]] http::status code() const noexcept { return code_; }

  [[nodiscard]] const nlohmann::json& detail() const noexcept { return detail_; }

  [[nodiscard]] const http::fields& fields() const noexcept { return fields_; }

private:
  http::status code_;
  nlohmann::json detail_;
  http::fields fields_;
};

} // namespace actors::web
