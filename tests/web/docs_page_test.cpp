#include "../http/programs.hpp"
#include "../http/support.hpp"
#include "shop.hpp"

#include <actors/core/error.hpp>
#include <actors/core/to_thread.hpp>
#include <actors/http/server.hpp>
#include <actors/web/application.hpp>
#include <actors/web/docs_page.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string>
#include <utility>

namespace actors::web::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

http::request get(std::string target) {
  return http::request{http::method::get, std::move(target)};
}

// -- by itself -----------------------------------------------------------------------------------------------------------

TEST(docs_page, names_its_files_and_the_document_relative_to_itself) {
  const docs_page docs{docs_options{}.title("A & <B>").path("/api/v1/help").openapi_path("/api/openapi.json")};
  const auto page = docs.page(get("/api/v1/help"));
  EXPECT_EQ(page.status(), http::status::ok);
  EXPECT_EQ(page.get("Content-Type"), "text/html; charset=utf-8");
  EXPECT_THAT(page.body(), HasSubstr("<title>A &amp; &lt;B></title>"));
  EXPECT_THAT(page.body(), HasSubstr("<script src=\"help/swagger-ui-bundle.js\"></script>"));
  EXPECT_THAT(page.body(), Not(HasSubstr("http")));
  const auto script = docs.file("initialize.js", get("/api/v1/help/initialize.js"));
  EXPECT_THAT(script.body(), HasSubstr("new URL(\"../openapi.json\", location.href)"));
  EXPECT_THAT(docs_page{}.file("initialize.js", get("/")).body(), HasSubstr("new URL(\"./openapi.json\""));
}

TEST(docs_page, has_all_files_that_it_names) {
  const docs_page docs;
  const auto page = docs.page(get("/docs"));
  const std::regex name{"(?:href|src)=\"docs/([^\"]+)\""};
  std::size_t count = 0;
  for (std::sregex_iterator at{page.body().begin(), page.body().end(), name}, end; at != end; ++at, ++count)
    EXPECT_EQ(docs.file((*at)[1].str(), get("/")).status(), http::status::ok) << (*at)[1];
  EXPECT_EQ(count, 4U);
  EXPECT_EQ(docs.file("oauth2-redirect.html", get("/")).status(), http::status::ok);
  EXPECT_EQ(docs.file("LICENSE", get("/")).status(), http::status::ok);
  EXPECT_EQ(docs.file("../docs_page.cpp", get("/")).status(), http::status::not_found);
}

TEST(docs_page, sends_its_files_packed_to_whom_takes_that_and_as_they_are_to_others) {
  const docs_page docs;
  const auto plain = docs.file("swagger-ui-bundle.js", get("/"));
  EXPECT_FALSE(plain.get("Content-Encoding"));
  EXPECT_THAT(plain.body(), HasSubstr("SwaggerUIBundle"));
  EXPECT_GT(plain.body().size(), 1'000'000U);
  const auto packed = docs.file("swagger-ui-bundle.js", get("/").set("Accept-Encoding", "br, gzip"));
  EXPECT_EQ(packed.get("Content-Encoding"), "gzip");
  EXPECT_EQ(packed.get("Vary"), "Accept-Encoding");
  EXPECT_LT(packed.body().size(), 600'000U);
  EXPECT_NE(packed.get("ETag"), plain.get("ETag"));
  EXPECT_EQ(docs.file("swagger-ui.css", get("/")).get("Content-Type"), "text/css; charset=utf-8");
}

TEST(docs_page, is_not_sent_again_to_whom_has_it) {
  const docs_page docs;
  for (const auto* const name : {"swagger-ui.css", "initialize.js", "favicon-32x32.png"}) {
    const auto first = docs.file(name, get("/"));
    const auto again = docs.file(name, get("/").set("If-None-Match", *first.get("ETag")));
    EXPECT_EQ(again.status(), http::status::not_modified) << name;
    EXPECT_EQ(again.body(), "") << name;
  }
  const docs_page other{docs_options{}.title("Other")};
  EXPECT_EQ(other.page(get("/").set("If-None-Match", *docs.page(get("/")).get("ETag"))).status(), http::status::ok);
}

TEST(docs_page, passes_settings_on) {
  const docs_page docs{
      docs_options{}.set("docExpansion", "none").set("deepLinking", false).oauth2({{"clientId", "c"}})};
  const auto script = docs.file("initialize.js", get("/")).body();
  EXPECT_THAT(script, HasSubstr("\"docExpansion\": \"none\""));
  EXPECT_THAT(script, HasSubstr("\"deepLinking\": false"));
  EXPECT_THAT(script, HasSubstr("initOAuth({\"clientId\":\"c\"})"));
}

TEST(docs_page, refuses_a_path_that_is_none) {
  EXPECT_THROW(docs_options{}.path("docs"), misuse_error);
  EXPECT_THROW(docs_options{}.path("/docs/"), misuse_error);
  EXPECT_THROW(docs_options{}.openapi_path("/a?b"), misuse_error);
}

// -- in a browser --------------------------------------------------------------------------------------------------------

shop_item read_item(path<"item_id", int> id, query<"q", std::optional<std::string>> q) {
  shop_item result;
  result.name = "Lamp " + std::to_string(*id) + ", " + q->value_or("any");
  return result;
}

shop_item make_item(body<shop_item> given) {
  return *given;
}

/// An application in another one, where paths begin with /shop.
application site_with_shop() {
  application shop;
  shop.documentation(openapi_options{}.title("Shop"));
  shop.get("/items/{item_id}", read_item).name("read_item").tag("items");
  shop.post("/items", make_item).name("make_item").status(http::status::created);
  application result;
  result.mount("/shop", shop);
  return result;
}

TEST(docs_page, lets_people_try_an_operation_in_chromium) {
  http::test::run_really([]() -> task<> {
    auto app = site_with_shop();
    http::server site{app.handler()};
    co_await site.start();
    const auto command = "python3 " ACTORS_TESTS_WEB "/docs_page_in_chromium.py " + site.url() + "/shop/docs";
    auto looking = to_thread([&command] {
      try {
        return http::test::output_of(command);
      } catch (const std::runtime_error& problem) {
        return std::string{problem.what()};
      }
    });
    const auto seen = co_await looking;
    EXPECT_EQ(seen, "title: Shop\n"
                    "operations: GET /items/{item_id}, POST /items\n"
                    "answer: 200 Lamp 7, bright\n"
                    "elsewhere: []\n"
                    "complaints: []\n");
    co_await site.stop(std::chrono::seconds(5));
  });
}

} // namespace
} // namespace actors::web::test
