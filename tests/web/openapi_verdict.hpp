#pragma once

#include "../http/programs.hpp"

#include <actors/fs/temp_directory.hpp>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

/// Other people's validators and generators of clients for OpenAPI.
namespace actors::web::test {

/// What they say, and whether they take it.
inline std::string verdict_on(const std::string& document, const std::string& use = {}) {
  const fs::temp_directory folder{"actors-openapi"};
  const auto file = folder.path() / "openapi.json";
  std::ofstream{file, std::ios::binary} << document;
  const std::filesystem::path here = std::filesystem::path{ACTORS_TESTS_WEB} / "openapi_tools";
  auto command = "node " + (here / "check.mjs").string() + " " ACTORS_NODE_MODULES " " + file.string();
  if (!use.empty())
    command += " " + (here / use).string();
  try {
    return http::test::output_of(command);
  } catch (const std::runtime_error& problem) {
    return problem.what();
  }
}

inline constexpr const char* all_take_it = "swagger-parser: valid\nredocly: valid\nopenapi-typescript: valid\n";

} // namespace actors::web::test
