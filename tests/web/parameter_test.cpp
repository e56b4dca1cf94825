#include "in_process.hpp"

#include <actors/web/application.hpp>
#include <actors/web/model.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace actors::web::test {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

enum class color { red, green };
BOOST_DESCRIBE_ENUM(color, red, green)

struct point {
  int x = 0;
  int y = 0;
};
BOOST_DESCRIBE_STRUCT(point, (), (x, y))

void describe_model(model<point>& m) {
  m.field(&point::y).has_default();
}

constexpr std::string_view as_form = "Content-Type: application/x-www-form-urlencoded\r\n";

template <class F>
application with_get(F handler) {
  application app;
  app.get("/", std::move(handler));
  return app;
}

template <class F>
application with_post(F handler) {
  application app;
  app.post("/", std::move(handler));
  return app;
}

} // namespace

TEST(parameters, of_the_path_are_decoded) {
  application app;
  app.get("/{name}/{rest:path}", [](path<"name", std::string> name, path<"rest", std::string> rest) {
    return std::vector<std::string>{*name, *rest};
  });
  EXPECT_EQ(ask(app, "GET", "/a%20b%2Fc/d/%C3%A4").body, R"(["a b/c","d/ä"])");
}

TEST(parameters, of_the_query_have_types_defaults_and_rules) {
  auto app = with_get([](query<"limit", int, default_to<10>, at_least<1>, at_most<100>> limit,
                         query<"q", std::optional<std::string>> q, query<"all", bool, default_to<false>> all,
                         query<"color", color, default_to<color::green>> shade) {
    return std::vector<std::string>{std::to_string(*limit), q->value_or("-"), *all ? "all" : "some",
                                    *shade == color::red ? "red" : "green"};
  });
  EXPECT_EQ(ask(app, "GET", "/").body, R"(["10","-","some","green"])");
  EXPECT_EQ(ask(app, "GET", "/?limit=5&q=a+b&all=on&color=red").body, R"(["5","a b","all","red"])");
  EXPECT_EQ(ask(app, "GET", "/?limit=1&limit=2").body, R"(["2","-","some","green"])");
  const auto wrong = ask(app, "GET", "/?limit=0&all=maybe&color=blue");
  EXPECT_EQ(wrong.status, 422);
  EXPECT_THAT(complaints(wrong),
              ElementsAre("greater_than_equal query.limit", "bool_parsing query.all", "enum query.color"));
  EXPECT_EQ(wrong.value()["detail"][0]["ctx"], json::parse(R"({"ge": 1})"));
}

TEST(parameters, that_are_missing_are_told) {
  auto app = with_get([](query<"q", std::string> q, header<"x-token", std::string> token, cookie<"sid", int> sid) {
    return *q + *token + std::to_string(*sid);
  });
  const auto wrong = ask(app, "GET", "/");
  EXPECT_EQ(wrong.status, 422);
  EXPECT_EQ(wrong.value(), json::parse(R"({"detail": [
    {"type": "missing", "loc": ["query", "q"], "msg": "Field required", "input": null},
    {"type": "missing", "loc": ["header", "x-token"], "msg": "Field required", "input": null},
    {"type": "missing", "loc": ["cookie", "sid"], "msg": "Field required", "input": null}]})"));
  EXPECT_EQ(ask(app, "GET", "/?q=a", "X-Token: b\r\nCookie: sid=1; other=2; sid=3\r\n").body, R"("ab3")");
}

TEST(parameters, that_are_lists_take_all_of_their_name) {
  auto app = with_get([](query<"tag", std::vector<std::string>> tags, query<"n", std::optional<std::vector<int>>> n,
                         header<"x-list", std::vector<std::string>, default_to<0>> list) {
    return std::to_string(tags->size()) + std::to_string(n->has_value() ? (*n)->size() : 9) +
           std::to_string(list->size());
  });
  EXPECT_EQ(ask(app, "GET", "/?tag=a&tag=b&n=1", "X-List: a\r\nX-List: b\r\nX-List: c\r\n").body, R"("213")");
  EXPECT_EQ(ask(app, "GET", "/?tag=a").body, R"("190")");
  EXPECT_THAT(complaints(ask(app, "GET", "/?n=1&n=x")), ElementsAre("missing query.tag", "int_parsing query.n.1"));
}

TEST(parameters, are_told_in_the_order_of_their_places) {
  application app;
  app.post("/{id}", [](body<point>, cookie<"c", int>, header<"h", int>, query<"q", int>, path<"id", int>) {});
  EXPECT_THAT(complaints(ask(app, "POST", "/x", "Content-Type: application/json\r\n", R"({"y":"a"})")),
              ElementsAre("int_parsing path.id", "missing query.q", "missing header.h", "missing cookie.c",
                          "missing body.x", "int_parsing body.y"));
}

TEST(parameters, of_a_body_are_json) {
  auto app = with_post([](body<point> p) { return p->x * 100 + p->y; });
  EXPECT_EQ(post_json(app, "/", R"({"x":1,"y":"2"})").body, "102");
  EXPECT_EQ(ask(app, "POST", "/", "", R"({"x":1})").body, "100");
  EXPECT_EQ(ask(app, "POST", "/", "Content-Type: application/vnd.point+json; charset=utf-8\r\n", R"({"x":1})").body,
            "100");
  EXPECT_THAT(complaints(post_json(app, "/", "")), ElementsAre("missing body"));
  EXPECT_THAT(complaints(post_json(app, "/", "null")), ElementsAre("model_attributes_type body"));
  EXPECT_THAT(complaints(post_json(app, "/", "[1]")), ElementsAre("model_attributes_type body"));
  EXPECT_THAT(complaints(ask(app, "POST", "/", "Content-Type: text/plain\r\n", R"({"x":1})")),
              ElementsAre("model_attributes_type body"));
}

TEST(parameters, of_a_body_that_is_no_json_are_told_where) {
  auto app = with_post([](body<point>, query<"q", int>) {});
  const auto wrong = post_json(app, "/", R"({"x": })");
  EXPECT_EQ(wrong.status, 422);
  EXPECT_EQ(wrong.value(), json::parse(R"({"detail": [{"type": "json_invalid", "loc": ["body", 6], "input": {},
    "msg": "JSON decode error", "ctx": {"error": "Expecting value"}}]})"));
  EXPECT_EQ(post_json(app, "/", R"({"x":1,"x":2})").status, 422);
  EXPECT_EQ(post_json(app, "/", R"({"x":NaN})").status, 422);
}

TEST(parameters, of_a_body_that_cannot_be_read_are_400) {
  auto app = with_post([](body<json>) {});
  const auto bad_text = post_json(app, "/", "\"\xff\"");
  EXPECT_EQ(bad_text.status, 400);
  EXPECT_EQ(bad_text.body, R"({"detail":"There was an error parsing the body"})");
  EXPECT_EQ(post_json(app, "/", std::string(100'000, '[')).status, 400);
  EXPECT_EQ(post_json(app, "/", std::string(64, '[') + std::string(64, ']')).status, 200);
  EXPECT_EQ(ask(app, "POST", "/", "Content-Type: text/plain\r\n", "\xff").status, 400);
}

TEST(parameters, of_a_body_may_be_optional) {
  auto app = with_post([](body<std::optional<point>> p) { return p->has_value(); });
  EXPECT_EQ(post_json(app, "/", "").body, "false");
  EXPECT_EQ(post_json(app, "/", "null").body, "false");
  EXPECT_EQ(post_json(app, "/", R"({"x":1})").body, "true");
}

TEST(parameters, share_a_body) {
  auto app = with_post(
      [](body_field<"from", point> from, body_field<"steps", int, default_to<1>> steps) { return from->x + *steps; });
  EXPECT_EQ(post_json(app, "/", R"({"from":{"x":4}})").body, "5");
  EXPECT_THAT(complaints(post_json(app, "/", R"({"from":{"y":4},"steps":"x"})")),
              ElementsAre("missing body.from.x", "int_parsing body.steps"));
  EXPECT_THAT(complaints(post_json(app, "/", "")), ElementsAre("missing body.from"));
}

TEST(parameters, of_forms_come_in_both_kinds_of_form) {
  auto app = with_post([](form<"user", std::string, max_length<5>> user, form<"age", std::optional<int>> age,
                          form<"tag", std::vector<std::string>, default_to<0>> tags) {
    return *user + std::to_string(age->value_or(-1)) + std::to_string(tags->size());
  });
  EXPECT_EQ(ask(app, "POST", "/", as_form, "user=a+b&age=7&tag=x&tag=y").body, R"("a b72")");
  EXPECT_EQ(ask(app, "POST", "/", "Content-Type: multipart/form-data; boundary=x\r\n",
                "--x\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\nann\r\n--x--\r\n")
                .body,
            R"("ann-10")");
  EXPECT_THAT(complaints(ask(app, "POST", "/", as_form, "user=&age=x")),
              ElementsAre("missing body.user", "int_parsing body.age"));
  EXPECT_THAT(complaints(ask(app, "POST", "/", as_form, "user=abcdef")), ElementsAre("string_too_long body.user"));
  EXPECT_THAT(complaints(post_json(app, "/", R"({"user":"a"})")), ElementsAre("missing body.user"));
  EXPECT_EQ(ask(app, "POST", "/", "Content-Type: multipart/form-data; boundary=x\r\n", "nothing").status, 400);
  EXPECT_EQ(ask(app, "POST", "/", "Content-Type: multipart/form-data\r\n", "nothing").status, 400);
}

TEST(parameters, that_are_no_utf8_are_refused) {
  application app;
  app.get("/{name}", [](path<"name", std::string> name, query<"q", std::optional<std::string>>) { return *name; });
  const auto wrong = ask(app, "GET", "/%ff?q=%fe");
  EXPECT_EQ(wrong.status, 422);
  EXPECT_THAT(complaints(wrong), ElementsAre("string_unicode path.name", "string_unicode query.q"));
}

TEST(parameters, of_the_head_may_be_latin1) {
  auto app = with_get([](header<"x-name", std::string> name) { return *name; });
  EXPECT_EQ(ask(app, "GET", "/", "X-Name: \xe4\r\n").body, R"("ä")");
}

TEST(parameters, that_are_too_many_are_400) {
  auto app = with_get([](query<"a", std::optional<int>>) {});
  std::string target = "/?";
  for (int i = 0; i < 1001; ++i)
    target += "b&";
  EXPECT_EQ(ask(app, "GET", target).status, 400);
}

TEST(parameters, are_told_with_a_part_of_what_they_were) {
  auto app = with_post([](body<std::map<std::string, int>>) {});
  const auto wrong = post_json(app, "/", R"({"a":")" + std::string(100'000, 'x') + R"("})");
  EXPECT_EQ(wrong.status, 422);
  EXPECT_LT(wrong.body.size(), 2000U);
  const auto many = post_json(app, "/", "[" + std::string(50'000, '1') + "]");
  EXPECT_LT(many.body.size(), 2000U);
  std::string list = "[0";
  for (int i = 0; i < 100'000; ++i)
    list += ",[]";
  const auto long_list = post_json(app, "/", list + "]");
  EXPECT_EQ(long_list.status, 422);
  EXPECT_LT(long_list.body.size(), 2000U);
}

TEST(parameters, give_the_request_and_its_context) {
  application app;
  app.state(std::string{"shared"});
  app.get("/x/{id}", [](const http::request& r, context& c, state<std::string> s, path<"id", int>) {
    return std::vector<std::string>{r.target(), std::string{c.route()}, *s};
  });
  EXPECT_EQ(ask(app, "GET", "/x/1?y").body, R"(["/x/1?y","/x/{id}","shared"])");
}

} // namespace actors::web::test
