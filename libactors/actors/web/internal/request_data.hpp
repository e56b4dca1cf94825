#pragma once

#include <actors/http/query.hpp>
#include <actors/web/upload.hpp>

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace actors::web::internal {

/// What a request's parameters are read from; each part is there once somebody has asked for it.
struct request_data {
  std::optional<http::query_params> query;
  std::optional<nlohmann::json> json; // of the body
  std::optional<http::query_params> form;
  std::vector<uploaded_file> files;
};

} // namespace actors::web::internal
