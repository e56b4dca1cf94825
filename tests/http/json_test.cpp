#include <actors/http/error.hpp>
#include <actors/http/form.hpp>
#include <actors/http/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace actors::http::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

template <class F>
std::string error_of(F&& what, errc kind) {
  try {
    std::forward<F>(what)();
  } catch (const error& problem) {
    EXPECT_EQ(problem.kind(), kind) << problem.what();
    return problem.what();
  }
  return "no error";
}

TEST(json_body, is_written_with_its_type_and_read_again) {
  const nlohmann::json value{{"name", "é"}, {"list", {1, 2}}};
  const auto what = json_request(method::put, value);
  EXPECT_EQ(what.method(), method::put);
  EXPECT_EQ(what.get("Content-Type"), "application/json");
  EXPECT_EQ(what.body(), R"({"list":[1,2],"name":"é"})");
  EXPECT_EQ(parse_json(what), value);
  const auto answer = json_response(value, status::created);
  EXPECT_EQ(answer.status(), status::created);
  EXPECT_EQ(parse_json(answer), value);
  request changed{method::post, "/", "old", "text/plain"};
  EXPECT_EQ(set_json(changed, 7).body(), "7");
  EXPECT_EQ(changed.fields().count("Content-Type"), 1U);
  response other;
  EXPECT_EQ(set_json(other, nullptr).body(), "null");
}

TEST(json_body, that_is_none_is_an_error_that_tells_where) {
  const auto text = error_of([] { static_cast<void>(parse_json("{\"a\": \n\x01 b}")); }, errc::invalid_json);
  EXPECT_THAT(text, HasSubstr("line 2, column 1"));
  EXPECT_THAT(text, Not(HasSubstr("\x01")));
  EXPECT_THAT(text, Not(HasSubstr("exception")));
  EXPECT_THAT(error_of([] { static_cast<void>(parse_json("")); }, errc::invalid_json), HasSubstr("end of input"));
  EXPECT_THAT(error_of([] { static_cast<void>(json_response("\xff")); }, errc::invalid_value), HasSubstr("UTF-8"));
}

TEST(json_body, a_message_tells_whether_it_calls_itself_json) {
  const auto is = [](std::string_view type) { return is_json(response{}.set("Content-Type", type).fields()); };
  EXPECT_TRUE(is("application/json; charset=utf-8"));
  EXPECT_TRUE(is("application/problem+json"));
  EXPECT_FALSE(is("text/json-seq"));
  EXPECT_FALSE(is_json(fields{}));
}

TEST(form_body, is_written_with_its_type_and_read_again) {
  const auto form = query_params{}.add("a b", "1&2").add("c", "é");
  const auto what = form_request(form);
  EXPECT_EQ(what.method(), method::post);
  EXPECT_EQ(what.get("Content-Type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(what.body(), "a+b=1%262&c=%C3%A9");
  EXPECT_EQ(parse_form(what), form);
  request changed{method::put, "/x", "old", "text/plain"};
  EXPECT_EQ(parse_form(set_form(changed, form)), form);
}

TEST(form_body, of_another_type_or_with_too_many_fields_is_an_error) {
  EXPECT_THAT(error_of([] { static_cast<void>(parse_form(json_request(method::post, 1))); }, errc::invalid_form),
              HasSubstr("\"application/json\""));
  EXPECT_THAT(error_of([] { static_cast<void>(parse_form(request{})); }, errc::invalid_form), HasSubstr("\"\""));
  const auto what = form_request(query_params{}.add("a", "").add("b", ""));
  EXPECT_THAT(error_of([&] { static_cast<void>(parse_form(what, 1)); }, errc::too_many_parameters),
              HasSubstr("more than 1"));
}

} // namespace
} // namespace actors::http::test
