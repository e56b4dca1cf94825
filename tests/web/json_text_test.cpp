#include "problems.hpp"

#include <actors/web/json_text.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace actors::web::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string parsed(std::string_view text, std::size_t max_depth = 64) {
  validator to;
  const auto value = parse_strict_json(text, to, max_depth);
  if (to.ok())
    return value.dump();
  const auto problems = to.take();
  return told(problems) + problems.front().context.at("error").get<std::string>();
}

TEST(strict_json, is_any_value_of_rfc_8259) {
  for (const std::string text : {"null", "true", "-1.5", "18446744073709551615", "\"a\\n\"", "[]", "{}",
                                 R"({"a":[1,{"b":[[],{}]}],"c":null})", "[1,[2,[3]],4]"}) {
    EXPECT_EQ(parsed(text), text);
  }
  EXPECT_EQ(parsed(" \r\n\t[ 1 , 2 ] "), "[1,2]");
}

TEST(strict_json, is_nothing_else) {
  for (const std::string text :
       {"", " ", "nul", "NaN", "Infinity", "[1,]", "{\"a\":1,}", "{'a':1}", "{a:1}", "1 2", "[1", "01", "1e999",
        "\"\x01\"", "\"\xff\"", "\"\\ud800\"", "// a\n1", "\xef\xbb\xbf,"}) {
    EXPECT_THAT(parsed(text), HasSubstr("json_invalid: JSON decode error")) << text;
  }
  EXPECT_THAT(parsed("[1, x]"), StartsWith("4/ json_invalid"));
}

TEST(strict_json, is_wrong_where_others_find_it_wrong) {
  // As Python's json has it.
  const std::vector<std::pair<std::string, std::string>> faults{
      {"", "0 Expecting value"},
      {" ", "1 Expecting value"},
      {"{bad", "1 Expecting property name enclosed in double quotes"},
      {"{\"a\": 1", "7 Expecting ',' delimiter"},
      {"{\"a\":1,}", "7 Expecting property name enclosed in double quotes"},
      {"{\"a\" 1}", "5 Expecting ':' delimiter"},
      {"{\"a\":tru}", "5 Expecting value"},
      {"{\"a\":1}x", "7 Extra data"},
      {"[1,]", "3 Expecting value"},
      {"[1 2]", "3 Expecting ',' delimiter"},
      {"01", "1 Extra data"},
      {"1.", "1 Extra data"},
      {"-", "0 Expecting value"},
      {"NaN", "0 Expecting value"},
      {"\"abc", "0 Unterminated string starting at"},
      {"\"a\nb\"", "2 Invalid control character at"},
      {"\"\\x\"", "1 Invalid \\escape"},
      {"\"\\u12\"", "2 Invalid \\uXXXX escape"},
      {"[\"\xc3\xa4\xc3\xb6\", x]", "7 Expecting value"}};
  for (const auto& [text, fault] : faults) {
    validator to;
    static_cast<void>(parse_strict_json(text, to));
    const auto problems = to.take();
    ASSERT_EQ(problems.size(), 1U) << text;
    EXPECT_EQ(std::to_string(std::get<std::size_t>(problems.front().location.at(0))) + " " +
                  problems.front().context.at("error").get<std::string>(),
              fault)
        << text;
  }
}

TEST(strict_json, has_each_name_once_in_an_object) {
  EXPECT_THAT(parsed(R"({"a":1,"b":2,"a":3})"), HasSubstr("the name \"a\" stands twice in an object"));
  EXPECT_THAT(parsed(R"({"a":1,"\u0061":3})"), HasSubstr("twice"));
  EXPECT_EQ(parsed(R"([{"a":1},{"a":{"a":2}}])"), R"([{"a":1},{"a":{"a":2}}])");
}

TEST(strict_json, is_nested_only_so_deep) {
  EXPECT_EQ(parsed("[[[]]]", 3), "[[[]]]");
  EXPECT_THAT(parsed("[[[[]]]]", 3), HasSubstr("nested more than 3 deep"));
  EXPECT_THAT(parsed(R"([{"a":[{}]}])", 3), HasSubstr("nested more than 3 deep"));
  EXPECT_THAT(parsed(std::string(1'000'000, '[')), HasSubstr("nested more than 64 deep"));
}

} // namespace
} // namespace actors::web::test
