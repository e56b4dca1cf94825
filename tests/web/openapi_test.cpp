#include "shop.hpp"

#include <actors/core/error.hpp>
#include <actors/web/openapi.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace actors::web::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

json document_of(const std::vector<operation>& operations, const openapi_options& options = {}) {
  return openapi_document(operations, options);
}

const json& shop() {
  static const json all = document_of(shop_operations(), shop_options());
  return all;
}

json with_title(const char* type, const char* title) {
  return {{"type", type}, {"title", title}};
}

TEST(openapi, says_what_an_operation_needs_and_answers) {
  // [document]
  operation read;
  read.path = "/items/{item_id}";
  read.name = "read_item";
  read.parameters.push_back({parameter_place::path,
                             "item_id",
                             true,
                             [](schema_builder& types) { return value_traits<int>::schema(types, {}); },
                             {}});
  const auto document = openapi_document(std::vector{read}, openapi_options{}.title("Shop").version("1.0"));
  // [document]
  EXPECT_EQ(document["openapi"], "3.1.0");
  EXPECT_EQ(document["info"].dump(), R"({"title":"Shop","version":"1.0"})");
  EXPECT_EQ(document["paths"]["/items/{item_id}"]["get"].dump(),
            R"({"summary":"Read Item","operationId":"read_item_items__item_id__get",)"
            R"("parameters":[{"name":"item_id","in":"path","required":true,)"
            R"("schema":{"title":"Item Id","type":"integer"}}],)"
            R"("responses":{"200":{"description":"Successful Response"},"422":{"description":"Validation Error",)"
            R"("content":{"application/json":{"schema":{"$ref":"#/components/schemas/HTTPValidationError"}}}}}})");
  const auto& schemas = document["components"]["schemas"];
  EXPECT_EQ(schemas["HTTPValidationError"]["properties"]["detail"]["items"]["$ref"],
            "#/components/schemas/ValidationError");
  EXPECT_EQ(schemas["ValidationError"]["required"].dump(), R"(["loc","msg","type"])");
}

TEST(openapi, of_nothing_is_a_document_too) {
  EXPECT_EQ(openapi_document({}).dump(), R"({"openapi":"3.1.0","info":{"title":"API","version":"0.1.0"},"paths":{}})");
}

TEST(openapi, keeps_the_order_of_the_operations_and_lists_parameters_by_their_place) {
  const auto document = openapi_document(shop_operations(), shop_options());
  std::string order;
  for (const auto& [path, methods] : document["paths"].items())
    order += path + " ";
  EXPECT_EQ(order, "/items/{item_id} /pictures/ /login /files/{path}.{kind} ");
  std::string names;
  for (const auto& each : shop()["paths"]["/items/{item_id}"]["get"]["parameters"])
    names += each["name"].get<std::string>() + " ";
  EXPECT_EQ(names, "item_id q tag x-token ");
}

TEST(openapi, tells_what_was_said_of_the_interface) {
  EXPECT_EQ(shop()["info"], json::parse(R"({"title": "Shop", "version": "2.1", "summary": "Lamps",
      "description": "All *lamps*.", "termsOfService": "https://example.com/terms",
      "contact": {"name": "Ann", "url": "https://example.com/ann", "email": "ann@example.com"},
      "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"}})"));
  EXPECT_EQ(shop()["servers"], json::parse(R"([{"url": "https://example.com/v2", "description": "The real one"}])"));
  EXPECT_EQ(shop()["tags"], json::parse(R"([{"name": "items", "description": "What is sold",
      "externalDocs": {"url": "https://example.com/items"}}])"));
  EXPECT_EQ(openapi_options{}.license("MIT", "https://example.com/mit").info()["license"].dump(),
            R"({"name":"MIT","url":"https://example.com/mit"})");
}

TEST(openapi, describes_parameters) {
  const auto& parameters = shop()["paths"]["/items/{item_id}"]["get"]["parameters"];
  EXPECT_EQ(parameters[1], json::parse(R"({"name": "q", "in": "query", "required": false, "description": "What for",
      "schema": {"title": "Q", "anyOf": [{"type": "string"}, {"type": "null"}]}})"));
  EXPECT_EQ(parameters[2]["schema"],
            json::parse(R"({"type": "array", "title": "Tag", "items": {"$ref": "#/components/schemas/colour"}})"));
  EXPECT_EQ(parameters[3]["deprecated"], true);
  EXPECT_EQ(parameters[3]["schema"], with_title("string", "X Token"));
}

TEST(openapi, describes_bodies_and_answers_by_the_schemas_of_their_types) {
  const auto& item = shop()["paths"]["/items/{item_id}"];
  const json reference{{"$ref", "#/components/schemas/shop_item"}};
  EXPECT_EQ(item["put"]["requestBody"]["content"]["application/json"]["schema"], reference);
  EXPECT_EQ(item["put"]["requestBody"]["required"], true);
  EXPECT_EQ(item["get"]["responses"]["200"]["content"]["application/json"]["schema"], reference);
  EXPECT_EQ(item["get"]["responses"]["404"]["description"], "No such item");
  EXPECT_EQ(item["put"]["responses"]["204"]["description"], "Successful Response");
  EXPECT_FALSE(item["put"]["responses"].contains("200"));
  EXPECT_EQ(shop()["components"]["schemas"]["shop_item"]["properties"]["paint"]["default"], "green");
}

TEST(openapi, makes_one_schema_of_the_fields_of_a_form) {
  const auto& content = shop()["paths"]["/pictures/"]["post"]["requestBody"]["content"];
  EXPECT_EQ(content["multipart/form-data"]["schema"]["$ref"], "#/components/schemas/Body_upload_pictures__post");
  EXPECT_EQ(shop()["components"]["schemas"]["Body_upload_pictures__post"], json::parse(R"({
      "type": "object", "title": "Body_upload_pictures__post", "required": ["title", "picture"],
      "properties": {
        "title": {"type": "string", "title": "Title"},
        "picture": {"type": "string", "format": "binary", "title": "Picture", "description": "A PNG"},
        "more": {"type": "array", "items": {"type": "string", "format": "binary"}, "title": "More"}}})"));
  EXPECT_TRUE(
      shop()["paths"]["/login"]["post"]["requestBody"]["content"].contains("application/x-www-form-urlencoded"));
}

TEST(openapi, lists_the_security_schemes_that_operations_bring) {
  EXPECT_EQ(shop()["components"]["securitySchemes"], json::parse(R"({
      "bearer": {"type": "http", "scheme": "bearer"}, "key": {"type": "apiKey", "in": "header", "name": "x-key"}})"));
  EXPECT_EQ(shop()["paths"]["/items/{item_id}"]["put"]["security"], json::parse(R"([{"bearer": []}])"));
  EXPECT_EQ(shop()["paths"]["/pictures/"]["post"]["security"], json::parse(R"([{"key": []}, {}])"));
}

TEST(openapi, joins_the_scopes_that_are_asked_for) {
  const json scheme{{"type", "openIdConnect"}, {"openIdConnectUrl", "https://example.com/id"}};
  operation what;
  what.path = "/";
  what.security.push_back({"id", scheme, {"read", "write"}});
  what.security.push_back({"id", scheme, {"write", "admin"}, true});
  EXPECT_EQ(document_of({what})["paths"]["/"]["get"]["security"],
            json::parse(R"([{"id": ["read", "write", "admin"]}])"));
}

TEST(openapi, calls_the_parameters_of_one_path_by_one_name) {
  const auto& put = shop()["paths"]["/items/{item_id}"]["put"];
  EXPECT_EQ(put["parameters"][0]["name"], "item_id");
  EXPECT_FALSE(shop()["paths"].contains("/items/{id}"));
}

TEST(openapi, documents_parameters_of_a_path_that_nobody_asks_for) {
  const auto& parameters = shop()["paths"]["/files/{path}.{kind}"]["get"]["parameters"];
  ASSERT_EQ(parameters.size(), 2U);
  EXPECT_EQ(parameters[1], json::parse(R"({"name": "kind", "in": "path", "required": true,
      "schema": {"type": "string", "title": "Kind"}})"));
  EXPECT_FALSE(shop()["paths"]["/files/{path}.{kind}"]["get"]["responses"].contains("422"));
}

TEST(openapi, names_what_has_no_name_by_its_path) {
  const auto& files = shop()["paths"]["/files/{path}.{kind}"]["get"];
  EXPECT_EQ(files["operationId"], "files__path___kind__get");
  EXPECT_EQ(files["summary"], "Get Files Path Kind");
  operation root;
  root.path = "/";
  const auto document = document_of({root});
  EXPECT_EQ(document["paths"]["/"]["get"]["operationId"], "get");
  EXPECT_EQ(document["paths"]["/"]["get"]["summary"], "Get");
}

TEST(openapi, tells_two_derived_ids_apart) {
  operation a;
  a.path = "/a-b";
  operation b;
  b.path = "/a_b";
  operation c;
  c.path = "/c";
  c.id = "a_b_get";
  const auto document = document_of({a, b, c});
  EXPECT_EQ(document["paths"]["/a-b"]["get"]["operationId"], "a_b_get_2");
  EXPECT_EQ(document["paths"]["/a_b"]["get"]["operationId"], "a_b_get_3");
}

TEST(openapi, asks_once_for_a_parameter_that_is_wanted_twice) {
  operation what;
  what.path = "/";
  what.parameters.push_back({parameter_place::query, "page", false, schema<int>(), {}});
  what.parameters.push_back({parameter_place::query, "page", true, schema<int>(), {}});
  const auto parameters = document_of({what})["paths"]["/"]["get"]["parameters"];
  ASSERT_EQ(parameters.size(), 1U);
  EXPECT_EQ(parameters[0]["required"], true);
}

TEST(openapi, leaves_a_422_that_was_described_as_it_is) {
  operation what;
  what.path = "/{a}";
  what.parameters.push_back({parameter_place::path, "a", true, schema<int>(), {}});
  what.responses.push_back({http::status::unprocessable_content, "Mine", {}});
  const auto document = document_of({what});
  EXPECT_EQ(document["paths"]["/{a}"]["get"]["responses"].dump(), R"({"422":{"description":"Mine"}})");
  EXPECT_FALSE(document.contains("components"));
}

std::string misuse_of(const std::vector<operation>& operations) {
  try {
    static_cast<void>(openapi_document(operations));
  } catch (const misuse_error& problem) {
    return problem.what();
  }
  return {};
}

TEST(openapi, refuses_what_cannot_be_meant) {
  operation a;
  a.path = "/a";
  a.id = "same";
  auto b = a;
  b.path = "/b";
  EXPECT_THAT(misuse_of({a, b}), HasSubstr("'same'"));
  operation with_parameter;
  with_parameter.path = "/a/{x}";
  with_parameter.parameters.push_back({parameter_place::path, "y", true, schema<int>(), {}});
  EXPECT_THAT(misuse_of({with_parameter}), HasSubstr("'/a/{x}' has no parameter 'y'"));
  a.security.push_back({"s", {{"type", "http"}, {"scheme", "basic"}}, {}});
  b.id = "other";
  b.security.push_back({"s", {{"type", "http"}, {"scheme", "bearer"}}, {}});
  EXPECT_THAT(misuse_of({a, b}), HasSubstr("two security schemes 's'"));
  b.security = {{"unknown", nullptr, {}}};
  EXPECT_THAT(misuse_of({b}), HasSubstr("'unknown' is nowhere described"));
}

} // namespace
} // namespace actors::web::test
