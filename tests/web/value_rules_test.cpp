#include "problems.hpp"

#include <actors/core/error.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace actors::web::test {
namespace {

TEST(value_rules, bound_integers_exactly) {
  EXPECT_EQ(read<int>("3", value_rules{}.greater_than(2).less_than(4).at_least(3).at_most(3)), "3");
  EXPECT_EQ(read<int>("2", value_rules{}.greater_than(2)), "greater_than: Input should be greater than 2\n");
  EXPECT_EQ(read<int>("2", value_rules{}.less_than(2)), "less_than: Input should be less than 2\n");
  EXPECT_EQ(read<int>("1", value_rules{}.at_least(2)),
            "greater_than_equal: Input should be greater than or equal to 2\n");
  EXPECT_EQ(read<int>("3", value_rules{}.at_most(2)), "less_than_equal: Input should be less than or equal to 2\n");
  // Bounds that are no integers.
  EXPECT_EQ(read<int>("3", value_rules{}.greater_than(2.5)), "3");
  EXPECT_EQ(read<int>("2", value_rules{}.greater_than(2.5)), "greater_than: Input should be greater than 2.5\n");
  EXPECT_EQ(read<int>("-2", value_rules{}.less_than(-1.5)), "-2");
  EXPECT_EQ(read<int>("-1", value_rules{}.less_than(-1.5)), "less_than: Input should be less than -1.5\n");
  // Integers that no double holds.
  EXPECT_EQ(read<std::int64_t>("9007199254740993", value_rules{}.greater_than(9007199254740992.0)), "9007199254740993");
  EXPECT_EQ(read<std::uint64_t>("18446744073709551615", value_rules{}.less_than(18446744073709551616.0)),
            "18446744073709551615");
  EXPECT_EQ(read<std::uint64_t>("0", value_rules{}.greater_than(-1)), "0");
}

TEST(value_rules, bound_other_numbers) {
  EXPECT_EQ(read<double>("0.5", value_rules{}.greater_than(0).less_than(1)), "0.5");
  EXPECT_EQ(read<double>("0", value_rules{}.greater_than(0)), "greater_than: Input should be greater than 0\n");
  EXPECT_EQ(read<double>("1", value_rules{}.less_than(1)), "less_than: Input should be less than 1\n");
}

TEST(value_rules, know_multiples) {
  EXPECT_EQ(read<int>("-12", value_rules{}.multiple_of(3)), "-12");
  EXPECT_EQ(read<int>("13", value_rules{}.multiple_of(3)), "multiple_of: Input should be a multiple of 3\n");
  EXPECT_EQ(read<double>("0.3", value_rules{}.multiple_of(0.1)), "0.3");
  EXPECT_EQ(read<double>("0.35", value_rules{}.multiple_of(0.1)), "multiple_of: Input should be a multiple of 0.1\n");
  EXPECT_EQ(read<unsigned>("13", value_rules{}.multiple_of(0.5)), "13");
  EXPECT_THROW(value_rules{}.multiple_of(0), misuse_error);
  EXPECT_THROW(value_rules{}.multiple_of(-1), misuse_error);
}

TEST(value_rules, count_the_characters_of_text) {
  const auto rules = value_rules{}.min_length(2).max_length(3);
  EXPECT_EQ(read<std::string>("\"äöü\"", rules), "\"äöü\"");
  EXPECT_EQ(read<std::string>("\"ä\"", rules), "string_too_short: String should have at least 2 characters\n");
  EXPECT_EQ(read<std::string>("\"äöüß\"", rules), "string_too_long: String should have at most 3 characters\n");
  EXPECT_EQ(read<std::string>("\"\"", value_rules{}.min_length(1)),
            "string_too_short: String should have at least 1 character\n");
}

TEST(value_rules, match_text_with_a_pattern) {
  const auto rules = value_rules{}.pattern("^[a-z]+$");
  EXPECT_EQ(read_text<std::string>("abc", rules), "\"abc\"");
  EXPECT_EQ(read_text<std::string>("abc1", rules), "string_pattern_mismatch: String should match pattern '^[a-z]+$'\n");
  // Anywhere, unless it is anchored.
  EXPECT_EQ(read_text<std::string>("1abc1", value_rules{}.pattern("[a-z]")), "\"1abc1\"");
  EXPECT_THROW(value_rules{}.pattern("(a"), misuse_error);
}

TEST(value_rules, take_no_long_time_for_a_pattern_that_could) {
  const std::string text(100'000, 'a');
  EXPECT_NE(read_text<std::string>(text + "!", value_rules{}.pattern("^(a+)+$")), "\"" + text + "!\"");
}

TEST(value_rules, count_items) {
  const auto rules = value_rules{}.min_length(1).max_length(2);
  EXPECT_EQ(read<std::vector<int>>("[1]", rules), "[1]");
  EXPECT_EQ(read<std::vector<int>>("[]", rules),
            "too_short: List should have at least 1 item after validation, not 0\n");
  EXPECT_EQ(read<std::vector<int>>("[1,2,3]", rules),
            "too_long: List should have at most 2 items after validation, not 3\n");
  using map = std::map<std::string, int>;
  EXPECT_EQ(read<map>("{}", rules), "too_short: Dictionary should have at least 1 item after validation, not 0\n");
}

TEST(value_rules, say_in_json_schema_what_they_are) {
  schema_builder to;
  const auto number = value_rules{}.greater_than(0).at_most(10.5).multiple_of(2);
  EXPECT_EQ(value_traits<int>::schema(to, number),
            nlohmann::json::parse(R"({"type":"integer","exclusiveMinimum":0,"maximum":10.5,"multipleOf":2})"));
  const auto length = value_rules{}.min_length(1).max_length(5);
  EXPECT_EQ(value_traits<std::string>::schema(to, value_rules{length}.pattern("a")),
            nlohmann::json::parse(R"({"type":"string","minLength":1,"maxLength":5,"pattern":"a"})"));
  EXPECT_EQ(value_traits<std::vector<int>>::schema(to, length),
            nlohmann::json::parse(R"({"type":"array","items":{"type":"integer"},"minItems":1,"maxItems":5})"));
}

} // namespace
} // namespace actors::web::test
