#include "../http/programs.hpp"
#include "shop.hpp"

#include <actors/fs/temp_directory.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

// What other people's validators and generators say of our documents.
namespace actors::web::test {
namespace {

using ::testing::HasSubstr;

/// What they say, and whether they take it.
std::string verdict_on(const std::string& document, const std::string& use = {}) {
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

const char* const all_take_it = "swagger-parser: valid\nredocly: valid\nopenapi-typescript: valid\n";

TEST(openapi_tools, take_a_document_of_everything_that_can_be_said_and_make_a_typed_client_of_it) {
  EXPECT_EQ(verdict_on(openapi_document(shop_operations(), shop_options()).dump(), "shop.ts"), all_take_it);
}

TEST(openapi_tools, take_a_document_of_nothing) {
  EXPECT_EQ(verdict_on(openapi_document({}).dump()), all_take_it);
}

TEST(openapi_tools, would_tell_what_is_wrong) {
  auto document = openapi_document(shop_operations(), shop_options());
  document["components"]["schemas"]["colour"]["enum"] = {"red", "blue"};
  EXPECT_THAT(verdict_on(document.dump(), "shop.ts"), HasSubstr("Type 'false' does not satisfy"));
  document["paths"]["/items/{item_id}"]["get"]["parameters"][0]["in"] = "nowhere";
  document["paths"]["/login"]["post"]["operationId"] = "replace_item";
  const auto said = verdict_on(document.dump());
  EXPECT_THAT(said, HasSubstr("failed with"));
  EXPECT_THAT(said, HasSubstr("swagger-parser: Swagger schema validation failed"));
  EXPECT_THAT(said, HasSubstr("error operation-operationId-unique at "));
}

} // namespace
} // namespace actors::web::test
