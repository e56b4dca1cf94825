#include "problems.hpp"

#include <actors/web/json_text.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

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
  EXPECT_THAT(parsed("[1, x]"), StartsWith("5/ json_invalid"));
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
