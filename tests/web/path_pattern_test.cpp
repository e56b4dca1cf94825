#include <actors/core/error.hpp>
#include <actors/web/path_pattern.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>

namespace actors::web::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(path_pattern, has_segments_with_text_and_parameters) {
  const auto p = path_pattern::parse("/users/{user_id:int}/{name}.json/{rest:path}");
  EXPECT_THAT(p.segments(), ElementsAre(path_segment{"users", "", "", parameter_kind::text},
                                        path_segment{"", "user_id", "", parameter_kind::integer},
                                        path_segment{"", "name", ".json", parameter_kind::text},
                                        path_segment{"", "rest", "", parameter_kind::rest}));
  EXPECT_THAT(p.names(), ElementsAre("user_id", "name", "rest"));
  EXPECT_EQ(p.for_documentation(), "/users/{user_id}/{name}.json/{rest}");
}

TEST(path_pattern, may_end_with_a_slash) {
  EXPECT_THAT(path_pattern::parse("/").segments(), ElementsAre(path_segment{}));
  EXPECT_EQ(path_pattern::parse("/a/").segments().size(), 2U);
  EXPECT_EQ(path_pattern::parse("/a/").for_documentation(), "/a/");
}

TEST(path_pattern, keeps_its_text_when_it_is_moved) {
  auto p = path_pattern::parse("/{a}");
  const auto moved = std::move(p);
  EXPECT_EQ(moved.segments().front().name, "a");
}

std::string problem(std::string text) {
  try {
    static_cast<void>(path_pattern::parse(std::move(text)));
  } catch (const misuse_error& error) {
    return error.what();
  }
  return "";
}

TEST(path_pattern, tells_what_is_wrong_and_where) {
  EXPECT_THAT(problem(""), HasSubstr("it does not begin with a slash (at byte 0)"));
  EXPECT_THAT(problem("users"), HasSubstr("'users' is no path of a route: it does not begin with a slash"));
  EXPECT_THAT(problem("/a//b"), HasSubstr("a segment is empty (at byte 3)"));
  EXPECT_THAT(problem("/{a"), HasSubstr("a brace is not closed (at byte 1)"));
  EXPECT_THAT(problem("/a}"), HasSubstr("a character stands for itself in no path (at byte 2)"));
  EXPECT_THAT(problem("/a b"), HasSubstr("(at byte 2)"));
  EXPECT_THAT(problem("/a?b"), HasSubstr("(at byte 2)"));
  EXPECT_THAT(problem("/{a}{b}"), HasSubstr("a segment has two parameters (at byte 4)"));
  EXPECT_THAT(problem("/{}"), HasSubstr("a parameter's name does not begin with a letter (at byte 2)"));
  EXPECT_THAT(problem("/{a-b}"), HasSubstr("letters, digits and underscores (at byte 3)"));
  EXPECT_THAT(problem("/{a:number}"), HasSubstr("none of str, int, float, uuid and path (at byte 4)"));
  EXPECT_THAT(problem("/{a:path}/b"), HasSubstr("something follows the rest of the path (at byte 9)"));
  EXPECT_THAT(problem("/{a:path}.x"), HasSubstr("something follows the rest of the path"));
  EXPECT_THAT(problem("/{a}/{a}"), HasSubstr("has two parameters 'a'"));
}

TEST(path_pattern, is_filled_with_values) {
  using filling = std::array<std::pair<std::string_view, std::string>, 2>;
  const auto p = path_pattern::parse("/u/{id:int}.json/{rest:path}");
  EXPECT_EQ(p.fill(filling{{{"rest", "a b/c"}, {"id", "7"}}}), "/u/7.json/a%20b/c");
  EXPECT_EQ(p.fill(filling{{{"rest", ""}, {"id", "7"}}}), "/u/7.json/");
  EXPECT_THROW(static_cast<void>(p.fill(filling{{{"rest", ""}, {"id", "x"}}})), misuse_error);
  EXPECT_THROW(static_cast<void>(p.fill(filling{{{"rest", ""}, {"other", "x"}}})), misuse_error);
  EXPECT_THROW(static_cast<void>(p.fill({})), misuse_error);
  const auto one = path_pattern::parse("/{name}");
  const std::array<std::pair<std::string_view, std::string>, 1> slash{{{"name", "a/b%"}}};
  EXPECT_EQ(one.fill(slash), "/a%2Fb%25");
}

TEST(path_text, is_looked_at_when_it_is_compiled) {
  constexpr path_text p = "/users/{user_id}";
  static_assert(p.has("user_id"));
  static_assert(!p.has("users"));
  EXPECT_EQ(p.view(), "/users/{user_id}");
}

TEST(parameter_kind, takes_what_it_is) {
  EXPECT_TRUE(takes(parameter_kind::text, "ü"));
  EXPECT_FALSE(takes(parameter_kind::text, ""));
  EXPECT_TRUE(takes(parameter_kind::integer, "017"));
  for (const auto* other : {"", "-1", "1.0", "a"})
    EXPECT_FALSE(takes(parameter_kind::integer, other)) << other;
  EXPECT_TRUE(takes(parameter_kind::number, "1"));
  EXPECT_TRUE(takes(parameter_kind::number, "1.50"));
  for (const auto* other : {"", ".", "1.", ".5", "1e3", "-1", "1.2.3"})
    EXPECT_FALSE(takes(parameter_kind::number, other)) << other;
  EXPECT_TRUE(takes(parameter_kind::uuid, "3f2504E0-4f89-11d3-9a0c-0305e82c3301"));
  for (const auto* other : {"", "3f2504e04f8911d39a0c0305e82c3301", "3f2504e0-4f89-11d3-9a0c-0305e82c330g"})
    EXPECT_FALSE(takes(parameter_kind::uuid, other)) << other;
  EXPECT_TRUE(takes(parameter_kind::rest, ""));
}

} // namespace
} // namespace actors::web::test
