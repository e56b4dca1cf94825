#include "in_process.hpp"
#include "openapi_verdict.hpp"
#include "shop.hpp"

#include <actors/core/error.hpp>
#include <actors/web/application.hpp>
#include <actors/web/background.hpp>
#include <actors/web/http_error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

// The documentation that an application has by itself.
namespace actors::web::test {
namespace {

using ::testing::HasSubstr;

struct token {
  std::string text;
};

token get_token(header<"x-token", std::string> given) {
  return {*given};
}

shop_item read_item(path<"item_id", int> id, query<"q", std::optional<std::string>> q,
                    query<"limit", int, default_to<10>, at_least<1>> limit) {
  shop_item result;
  result.name = std::to_string(*id + *limit) + q->value_or("");
  return result;
}

task<shop_item> make_item(body<shop_item> given, depends<get_token>, background_tasks&) {
  co_return *given;
}

std::vector<shop_item> list_items(query<"paint", std::vector<colour>> paints) {
  std::vector<shop_item> result(paints->size());
  return result;
}

void log_in(form<"user", std::string>, form<"remember", bool, default_to<false>>) {}

http::response page() {
  return http::response{http::status::ok, "<p>hello", "text/html"};
}

void remove_item(path<"item_id", int>, cookie<"sid", std::string>) {}

application shop() {
  application app;
  app.documentation(openapi_options{}.title("Shop").version("3"));
  app.get("/items/{item_id}", read_item).name("read_item").response(http::status::not_found, "No such item");
  app.get("/items/", list_items).name("list_items").tag("items").summary("All of them");
  app.post("/items/", make_item).status(http::status::created).description("Makes one.");
  app.del("/items/{item_id}", remove_item).status(http::status::no_content).deprecated();
  app.post("/login", log_in).operation_id("log_in");
  app.get("/page", page);
  app.get("/hidden", page).hidden();
  app.get("/files/{name:path}",
          [](context& c) { return http::response{http::status::ok, std::string{c.path_value("name")}, "text/plain"}; });
  return app;
}

TEST(documentation, is_made_of_the_types_of_handlers) {
  auto app = shop();
  const auto answer = ask(app, "GET", "/openapi.json");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.field("Content-Type"), "application/json");
  const auto document = answer.value();
  EXPECT_EQ(document["info"]["title"], "Shop");
  EXPECT_EQ(document["paths"].size(), 5U);
  const auto& read = document["paths"]["/items/{item_id}"]["get"];
  EXPECT_EQ(read["operationId"], "read_item_items__item_id__get");
  EXPECT_EQ(read["parameters"][0]["schema"], json::parse(R"({"type": "integer", "title": "Item Id"})"));
  EXPECT_EQ(read["parameters"][2]["schema"],
            json::parse(R"({"type": "integer", "title": "Limit", "default": 10, "minimum": 1})"));
  EXPECT_EQ(read["responses"]["200"]["content"]["application/json"]["schema"]["$ref"],
            "#/components/schemas/shop_item");
  EXPECT_EQ(read["responses"]["404"]["description"], "No such item");
  EXPECT_TRUE(read["responses"].contains("422"));
  const auto& make = document["paths"]["/items/"]["post"];
  EXPECT_EQ(make["parameters"][0]["name"], "x-token"); // of what it depends on
  EXPECT_TRUE(make["responses"].contains("201"));
  EXPECT_FALSE(document["paths"]["/page"]["get"]["responses"].contains("422"));
}

TEST(documentation, is_taken_by_validators_and_generators) {
  EXPECT_EQ(verdict_on(shop().openapi().dump()), all_take_it);
}

TEST(documentation, has_a_page) {
  auto app = shop();
  const auto page = ask(app, "GET", "/docs");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, HasSubstr("<title>Shop</title>"));
  EXPECT_EQ(ask(app, "GET", "/docs/swagger-ui.css").field("Content-Type"), "text/css; charset=utf-8");
  EXPECT_EQ(ask(app, "GET", "/docs/nothing.css").status, 404);
  EXPECT_EQ(ask(app, "POST", "/docs").status, 405);
  EXPECT_EQ(ask(app, "HEAD", "/openapi.json").status, 200);
}

TEST(documentation, stands_aside_for_the_applications_own_routes) {
  application app;
  app.get("/docs", [] { return std::string{"mine"}; });
  app.get("/{name}", [](path<"name", std::string> name) { return *name; });
  EXPECT_EQ(ask(app, "GET", "/docs").body, "\"mine\"");
  EXPECT_EQ(ask(app, "GET", "/openapi.json").value()["openapi"], "3.1.0"); // more specific than /{name}
}

TEST(documentation, can_be_elsewhere_or_nowhere) {
  auto app = shop();
  app.documentation(openapi_options{}, docs_options{}.path("/help/api").openapi_path("/help/api.json"));
  EXPECT_EQ(ask(app, "GET", "/docs").status, 404);
  EXPECT_EQ(ask(app, "GET", "/help/api").status, 200);
  EXPECT_EQ(ask(app, "GET", "/help/api.json").status, 200);
  auto without = shop();
  without.no_documentation();
  EXPECT_EQ(ask(without, "GET", "/docs").status, 404);
  EXPECT_EQ(ask(without, "GET", "/openapi.json").status, 404);
}

TEST(documentation, of_a_mounted_application_says_where_it_is) {
  auto inner = shop();
  application outer;
  outer.mount("/shop", inner);
  EXPECT_EQ(ask(outer, "GET", "/shop/openapi.json").value()["servers"], json::parse(R"([{"url": "/shop"}])"));
  EXPECT_FALSE(ask(outer, "GET", "/openapi.json").value().contains("servers"));
}

TEST(documentation, that_cannot_be_made_is_told_when_the_application_is) {
  application app;
  app.get("/a", page).operation_id("same");
  app.get("/b", page).operation_id("same");
  EXPECT_THROW(static_cast<void>(app.handler()), misuse_error);
}

} // namespace
} // namespace actors::web::test
