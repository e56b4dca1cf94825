#pragma once

#include <span>
#include <string_view>

/// Swagger UI's published files (third_party/swagger-ui), which are part of the program.
namespace actors::web::internal {

struct embedded_file {
  std::string_view name;
  std::string_view content_type;
  std::string_view content;
  bool is_gzip; ///< whether the content is compressed
};

inline constexpr std::string_view swagger_ui_version = "5.35.0";

[[nodiscard]] std::span<const embedded_file> swagger_ui_files() noexcept;

} // namespace actors::web::internal
