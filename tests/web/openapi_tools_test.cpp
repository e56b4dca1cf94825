#include "openapi_verdict.hpp"
#include "shop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// What other people's validators and generators say of our documents.
namespace actors::web::test {
namespace {

using ::testing::HasSubstr;

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
