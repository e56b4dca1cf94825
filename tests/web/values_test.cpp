#include "problems.hpp"

#include <actors/core/error.hpp>

#include <boost/describe/enum.hpp>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace actors::web::test {
namespace {

const std::string no_integer = "int_type: Input should be a valid integer\n";
const std::string no_integer_text =
    "int_parsing: Input should be a valid integer, unable to parse string as an integer\n";
const std::string fraction = "int_from_float: Input should be a valid integer, got a number with a fractional part\n";
const std::string no_number_text =
    "float_parsing: Input should be a valid number, unable to parse string as a number\n";
const std::string no_boolean_text = "bool_parsing: Input should be a valid boolean, unable to interpret input\n";

// -- integers ----------------------------------------------------------------------------------------------------------

TEST(integer_value, is_read_from_what_means_one) {
  EXPECT_EQ(read<int>("17"), "17");
  EXPECT_EQ(read<int>("-17"), "-17");
  EXPECT_EQ(read<int>("2.0"), "2");
  EXPECT_EQ(read<int>("1e3"), "1000");
  EXPECT_EQ(read<int>("true"), "1");
  EXPECT_EQ(read<int>("false"), "0");
  for (const std::string text : {"17", " 17\n", "+17", "017", "1_7", "17.", "17.0", "17.000"}) {
    EXPECT_EQ(read<int>(nlohmann::json(text).dump()), "17") << text;
    EXPECT_EQ(read_text<int>(text), "17") << text;
  }
  EXPECT_EQ(read_text<int>("-0"), "0");
  EXPECT_EQ(read_text<unsigned>("-0"), "0");
}

TEST(integer_value, refuses_what_means_something_else) {
  for (const std::string text : {"", " ", "a", "1a", "--1", "+-1", "1.5", "1e3", "0x10", "1__7", "_17", "17_", "-",
                                 "1 7", "1.0.0", ".", "-_1", "\xd9\xa1"}) {
    EXPECT_EQ(read_text<int>(text), no_integer_text) << text;
  }
  EXPECT_EQ(read<int>("\"a\""), no_integer_text);
  EXPECT_EQ(read<int>("1.5"), fraction);
  EXPECT_EQ(read<int>("null"), no_integer);
  EXPECT_EQ(read<int>("[1]"), no_integer);
  EXPECT_EQ(read<int>("{}"), no_integer);
}

TEST(integer_value, stays_in_the_range_of_its_type) {
  EXPECT_EQ(read<std::int8_t>("127"), "127");
  EXPECT_EQ(read<std::int8_t>("-128"), "-128");
  EXPECT_EQ(read<std::int8_t>("128"), "less_than_equal: Input should be less than or equal to 127\n");
  EXPECT_EQ(read<std::int8_t>("-129"), "greater_than_equal: Input should be greater than or equal to -128\n");
  EXPECT_EQ(read<unsigned>("-1"), "greater_than_equal: Input should be greater than or equal to 0\n");
  EXPECT_EQ(read<std::int64_t>("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(read<std::int64_t>("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(read_text<std::int64_t>("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(read<std::uint64_t>("18446744073709551615"), "18446744073709551615");
  for (const std::string above : {"9223372036854775808", "1e300", "99999999999999999999999999"}) {
    EXPECT_EQ(read<std::int64_t>(above),
              "less_than_equal: Input should be less than or equal to 9223372036854775807\n");
  }
  EXPECT_EQ(read_text<std::int64_t>("9223372036854775808"),
            "less_than_equal: Input should be less than or equal to 9223372036854775807\n");
  EXPECT_EQ(read_text<std::int64_t>("-9223372036854775809"),
            "greater_than_equal: Input should be greater than or equal to -9223372036854775808\n");
  EXPECT_EQ(read_text<std::uint64_t>("99999999999999999999999999"),
            "less_than_equal: Input should be less than or equal to 18446744073709551615\n");
}

// -- floating point ----------------------------------------------------------------------------------------------------

TEST(number_value, is_read_from_what_means_one) {
  EXPECT_EQ(read<double>("1.5"), "1.5");
  EXPECT_EQ(read<double>("2"), "2.0");
  EXPECT_EQ(read<double>("true"), "1.0");
  EXPECT_EQ(read<double>("\" 2.5e3 \""), "2500.0");
  EXPECT_EQ(read_text<double>("+.5"), "0.5");
  EXPECT_EQ(read_text<double>("5."), "5.0");
  EXPECT_EQ(read_text<double>("1_000.5"), "1000.5");
  EXPECT_EQ(read_text<float>("0.1"), "0.1");
  EXPECT_EQ(read_text<double>("1e-7"), "1e-07");
}

TEST(number_value, refuses_what_is_none_and_what_json_cannot_hold) {
  for (const std::string text : {"", "a", "1,5", "1.5x", "+-1", "0x1p3", "1__0", "++1"}) {
    EXPECT_EQ(read_text<double>(text), no_number_text) << text;
  }
  for (const std::string text : {"nan", "NaN", "inf", "-Infinity", "1e999"}) {
    EXPECT_EQ(read_text<double>(text), "finite_number: Input should be a finite number\n") << text;
  }
  EXPECT_EQ(read<double>("null"), "float_type: Input should be a valid number\n");
  EXPECT_EQ(read<double>("[]"), "float_type: Input should be a valid number\n");
  EXPECT_THROW(static_cast<void>(to_json_text(std::numeric_limits<double>::infinity())), misuse_error);
  EXPECT_THROW(static_cast<void>(to_json_text(std::numeric_limits<double>::quiet_NaN())), misuse_error);
}

// -- the others --------------------------------------------------------------------------------------------------------

TEST(boolean_value, is_read_from_what_means_one) {
  for (const std::string yes : {"true", "1", "1.0", "\"1\"", "\"on\"", "\"T\"", "\"TRUE\"", "\"y\"", "\"Yes\""}) {
    EXPECT_EQ(read<bool>(yes), "true") << yes;
  }
  for (const std::string no : {"false", "0", "0.0", "\"0\"", "\"off\"", "\"f\"", "\"False\"", "\"n\"", "\"NO\""}) {
    EXPECT_EQ(read<bool>(no), "false") << no;
  }
  for (const std::string other : {"2", "-1", "2.0", "\"2\"", "\"\"", "\" true\"", "\"maybe\"", "\"truetrue\""}) {
    EXPECT_EQ(read<bool>(other), no_boolean_text) << other;
  }
  for (const std::string other : {"null", "[]", "{}", "0.5"}) {
    EXPECT_EQ(read<bool>(other), "bool_type: Input should be a valid boolean\n") << other;
  }
}

TEST(text_value, is_text_and_nothing_else) {
  EXPECT_EQ(read<std::string>("\"a \\u00fc\\n\\\"\""), "\"a ü\\n\\\"\"");
  EXPECT_EQ(read_text<std::string>("17"), "\"17\"");
  for (const std::string other : {"1", "1.5", "true", "null", "[]", "{}"}) {
    EXPECT_EQ(read<std::string>(other), "string_type: Input should be a valid string\n") << other;
  }
  EXPECT_THROW(static_cast<void>(to_json_text(std::string{"\xff"})), misuse_error);
}

TEST(optional_value, may_be_null) {
  EXPECT_EQ(read<std::optional<int>>("null"), "null");
  EXPECT_EQ(read<std::optional<int>>("3"), "3");
  EXPECT_EQ(read<std::optional<int>>("\"x\""), no_integer_text);
  EXPECT_EQ(read_text<std::optional<std::string>>(""), "\"\"");
}

TEST(list_value, tells_all_that_is_wrong_with_its_items) {
  using list = std::vector<int>;
  EXPECT_EQ(read<list>("[]"), "[]");
  EXPECT_EQ(read<list>("[1, \"2\", 3.0]"), "[1,2,3]");
  EXPECT_EQ(read<list>("[1, \"x\", null]"), "1/ " + no_integer_text + "2/ " + no_integer);
  EXPECT_EQ(read<list>("{}"), "list_type: Input should be a valid list\n");
  EXPECT_EQ(read<list>("\"[1]\""), "list_type: Input should be a valid list\n");
  EXPECT_EQ(read<std::vector<list>>("[[1],[2,[3]]]"), "1/1/ " + no_integer);
}

TEST(array_value, has_exactly_so_many_items) {
  using pair = std::array<int, 2>;
  EXPECT_EQ(read<pair>("[1,2]"), "[1,2]");
  EXPECT_EQ(read<pair>("[1]"), "too_short: List should have at least 2 items after validation, not 1\n");
  EXPECT_EQ(read<pair>("[1,2,3]"), "too_long: List should have at most 2 items after validation, not 3\n");
  EXPECT_EQ(read<pair>("[1,\"x\"]"), "1/ " + no_integer_text);
}

TEST(map_value, tells_all_that_is_wrong_with_its_values) {
  using map = std::map<std::string, int>;
  EXPECT_EQ(read<map>("{}"), "{}");
  EXPECT_EQ(read<map>(R"({"b":1,"a\"":"2"})"), R"({"a\"":2,"b":1})");
  EXPECT_EQ(read<map>(R"({"a":"x","b":1,"c":null})"), "a/ " + no_integer_text + "c/ " + no_integer);
  EXPECT_EQ(read<map>("[]"), "dict_type: Input should be a valid dictionary\n");
}

TEST(any_value, is_taken_as_it_is) {
  EXPECT_EQ(read<nlohmann::json>(R"({"a":[1,null]})"), R"({"a":[1,null]})");
  EXPECT_EQ(read_text<nlohmann::json>("x"), "\"x\"");
}

enum class colour { red, green, blue };
BOOST_DESCRIBE_ENUM(colour, red, green, blue)

enum class one { only };
BOOST_DESCRIBE_ENUM(one, only)

TEST(enumeration_value, is_the_name_of_an_enumerator) {
  EXPECT_EQ(read<colour>("\"green\""), "\"green\"");
  EXPECT_EQ(read_text<colour>("blue"), "\"blue\"");
  for (const std::string other : {"\"Green\"", "\"\"", "1", "null"}) {
    EXPECT_EQ(read<colour>(other), "enum: Input should be 'red', 'green' or 'blue'\n") << other;
  }
  EXPECT_EQ(read_text<one>("x"), "enum: Input should be 'only'\n");
}

// -- problems ----------------------------------------------------------------------------------------------------------

TEST(validation_error, is_told_in_the_shape_that_clients_know) {
  nlohmann::json problems;
  std::string text;
  try {
    static_cast<void>(read_json<std::vector<int>>(nlohmann::json::parse("[1,\"foo\"]")));
  } catch (const validation_error& error) {
    problems = error.to_json();
    text = error.what();
  }
  EXPECT_EQ(problems, nlohmann::json::parse(R"({"detail":[{"type":"int_parsing","loc":[1],"input":"foo",
      "msg":"Input should be a valid integer, unable to parse string as an integer"}]})"));
  EXPECT_EQ(text, "1: Input should be a valid integer, unable to parse string as an integer");
}

TEST(validation_error, shows_the_bounds_that_were_broken) {
  validator to;
  const nlohmann::json node = 3;
  int value = 0;
  EXPECT_FALSE(value_traits<int>::read(input{node}, value, value_rules{}.greater_than(3), to));
  const auto problems = to.take();
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems.front().context, (nlohmann::json{{"gt", 3}}));
  EXPECT_TRUE(to.ok());
}

TEST(validator, keeps_so_many_problems_and_counts_the_others) {
  validator to{3};
  const nlohmann::json many(1000, "x");
  std::vector<int> values;
  EXPECT_FALSE(value_traits<std::vector<int>>::read(input{many}, values, {}, to));
  EXPECT_EQ(to.count(), 1000U);
  EXPECT_EQ(to.take().size(), 3U);
}

} // namespace
} // namespace actors::web::test
