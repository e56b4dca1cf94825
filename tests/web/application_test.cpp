#include "in_process.hpp"

#include <actors/core/sleep.hpp>
#include <actors/web/application.hpp>
#include <actors/web/http_error.hpp>
#include <actors/web/model.hpp>

#include <boost/describe/class.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace actors::web::test {

namespace {

struct item {
  std::string name;
  double price = 0;
  std::optional<int> count;
};
BOOST_DESCRIBE_STRUCT(item, (), (name, price, count))

item get_item(path<"item_id", int> id, query<"q", std::optional<std::string>> q) {
  return {"item " + std::to_string(*id) + q->value_or(""), 1.5, *id};
}

task<item> make_item(body<item> given) {
  co_await sleep(1s);
  co_return *given;
}

} // namespace

TEST(application, a_handler_gets_its_parameters_and_gives_json) {
  application app;
  app.get("/items/{item_id}", get_item);
  const auto answer = ask(app, "GET", "/items/7?q=x");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.field("Content-Type"), "application/json");
  EXPECT_EQ(answer.body, R"({"name":"item 7x","price":1.5,"count":7})");
}

TEST(application, a_coroutine_is_a_handler) {
  application app;
  app.post("/items", make_item).status(http::status::created);
  const auto answer = post_json(app, "/items", R"({"name": "a", "price": "2"})");
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body, R"({"name":"a","price":2.0,"count":null})");
}

TEST(application, a_lambda_with_captures_is_a_handler) {
  application app;
  app.get("/", [text = std::string{"hello"}]() -> task<std::string> { co_return text; });
  EXPECT_EQ(ask(app, "GET", "/").body, R"("hello")");
}

TEST(application, what_is_wrong_is_422) {
  application app;
  app.get("/items/{item_id}", get_item);
  const auto answer = ask(app, "GET", "/items/foo");
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.value(), json::parse(R"({"detail": [{
    "type": "int_parsing", "loc": ["path", "item_id"], "input": "foo",
    "msg": "Input should be a valid integer, unable to parse string as an integer"}]})"));
}

TEST(application, an_unknown_path_is_404_and_an_unknown_method_405) {
  application app;
  app.get("/items/{item_id}", get_item);
  const auto nowhere = ask(app, "GET", "/nowhere");
  EXPECT_EQ(nowhere.status, 404);
  EXPECT_EQ(nowhere.body, R"({"detail":"Not Found"})");
  const auto wrong = ask(app, "POST", "/items/1");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.body, R"({"detail":"Method Not Allowed"})");
  EXPECT_EQ(wrong.field("Allow"), "GET, HEAD, OPTIONS");
}

} // namespace actors::web::test
