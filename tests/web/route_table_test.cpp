#include <actors/core/error.hpp>
#include <actors/web/route_table.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace actors::web::test {
namespace {

using http::method;
using ::testing::UnorderedElementsAre;

/// A table whose routes are numbered as they are listed.
route_table table_of(const std::vector<std::string>& paths) {
  route_table result;
  for (std::size_t i = 0; i < paths.size(); ++i)
    result.add(method::get, path_pattern::parse(paths[i]), i);
  return result;
}

/// Which of the paths is taken, and with what: `/users/{id} 7`.
std::string taken(const std::vector<std::string>& paths, std::string_view path) {
  const auto found = table_of(paths).find(method::get, path);
  if (found.result != route_table::verdict::found)
    return "-";
  auto result = paths[found.route];
  for (const auto& value : found.values)
    result += " " + value;
  return result;
}

TEST(route_table, takes_text_and_parameters) {
  const std::vector<std::string> paths{"/", "/users", "/users/{id}", "/users/{id}/files/{file}.txt"};
  EXPECT_EQ(taken(paths, "/"), "/");
  EXPECT_EQ(taken(paths, "/users"), "/users");
  EXPECT_EQ(taken(paths, "/users/7"), "/users/{id} 7");
  EXPECT_EQ(taken(paths, "/users/7/files/a.txt"), "/users/{id}/files/{file}.txt 7 a");
  for (const auto* other : {"", "users", "/user", "/users/", "/users/7/", "/users/7/files", "/users/7/files/.txt",
                            "/users/7/files/a.pdf", "/users//files/a.txt", "//"})
    EXPECT_EQ(taken(paths, other), "-") << other;
}

TEST(route_table, undoes_percent_encoding_behind_the_slashes) {
  const std::vector<std::string> paths{"/users/{id}", "/files/{path:path}"};
  EXPECT_EQ(taken(paths, "/users/a%20b"), "/users/{id} a b");
  EXPECT_EQ(taken(paths, "/users/a%2Fb"), "/users/{id} a/b");
  EXPECT_EQ(taken(paths, "/us%65rs/a"), "/users/{id} a");
  EXPECT_EQ(taken(paths, "/files/a%20b/c%2Fd"), "/files/{path:path} a b/c/d");
}

TEST(route_table, takes_the_rest_of_a_path) {
  const std::vector<std::string> paths{"/files/{path:path}", "/files/special"};
  EXPECT_EQ(taken(paths, "/files/a/b/c"), "/files/{path:path} a/b/c");
  EXPECT_EQ(taken(paths, "/files/"), "/files/{path:path} ");
  EXPECT_EQ(taken(paths, "/files//a"), "/files/{path:path} /a");
  EXPECT_EQ(taken(paths, "/files/special"), "/files/special");
  EXPECT_EQ(taken(paths, "/files/special/a"), "/files/{path:path} special/a");
  EXPECT_EQ(taken(paths, "/files"), "-");
}

TEST(route_table, prefers_what_is_more_specific_whatever_the_order) {
  std::vector<std::string> paths{"/ws",          "/{name}",       "/{n:int}",    "/{u:uuid}", "/{f:float}",
                                 "/{page}.html", "/x{rest}.html", "/{all:path}", "/{a}/b",    "/a/{b}"};
  std::mt19937 random{7};
  for (int i = 0; i < 50; ++i) {
    std::shuffle(paths.begin(), paths.end(), random);
    EXPECT_EQ(taken(paths, "/ws"), "/ws");
    EXPECT_EQ(taken(paths, "/wss"), "/{name} wss");
    EXPECT_EQ(taken(paths, "/7"), "/{n:int} 7");
    EXPECT_EQ(taken(paths, "/7.5"), "/{f:float} 7.5");
    EXPECT_EQ(taken(paths, "/3f2504e0-4f89-11d3-9a0c-0305e82c3301"), "/{u:uuid} 3f2504e0-4f89-11d3-9a0c-0305e82c3301");
    EXPECT_EQ(taken(paths, "/a.html"), "/{page}.html a");
    EXPECT_EQ(taken(paths, "/xa.html"), "/x{rest}.html a");
    EXPECT_EQ(taken(paths, "/a/b"), "/a/{b} b");
    EXPECT_EQ(taken(paths, "/c/b"), "/{a}/b c");
    EXPECT_EQ(taken(paths, "/c/d"), "/{all:path} c/d");
    EXPECT_EQ(taken(paths, "/"), "/{all:path} ");
  }
}

TEST(route_table, goes_back_when_a_more_specific_way_leads_nowhere) {
  const std::vector<std::string> paths{"/a/b/c", "/{x}/b/d", "/a/{y}/e", "/{all:path}"};
  EXPECT_EQ(taken(paths, "/a/b/c"), "/a/b/c");
  EXPECT_EQ(taken(paths, "/a/b/d"), "/{x}/b/d a");
  EXPECT_EQ(taken(paths, "/a/b/e"), "/a/{y}/e b");
  EXPECT_EQ(taken(paths, "/a/b/f"), "/{all:path} a/b/f");
}

TEST(route_table, tells_which_methods_a_path_has) {
  route_table table;
  table.add(method::get, path_pattern::parse("/a"), 1);
  table.add(method::post, path_pattern::parse("/a"), 2);
  table.add(method::put, path_pattern::parse("/{x}"), 3);
  EXPECT_EQ(table.find(method::post, "/a").route, 2U);
  EXPECT_EQ(table.find(method::head, "/a").route, 1U);
  const auto refused = table.find(method::put, "/a");
  EXPECT_EQ(refused.result, route_table::verdict::no_method);
  EXPECT_THAT(refused.methods, UnorderedElementsAre(method::get, method::post, method::head));
  EXPECT_THAT(table.find(method::get, "/b").methods, UnorderedElementsAre(method::put));
  EXPECT_EQ(table.find(method::get, "/b/c").result, route_table::verdict::no_path);
  EXPECT_TRUE(table.has_path("/b"));
  EXPECT_FALSE(table.has_path("/b/c"));
}

TEST(route_table, has_one_route_for_a_method_and_a_path) {
  route_table table;
  table.add(method::get, path_pattern::parse("/a/{x}"), 1);
  EXPECT_THROW(table.add(method::get, path_pattern::parse("/a/{x}"), 2), misuse_error);
  EXPECT_THROW(table.add(method::get, path_pattern::parse("/a/{y}"), 2), misuse_error);
  table.add(method::get, path_pattern::parse("/a/{x:int}"), 2);
  table.add(method::head, path_pattern::parse("/a/{x}"), 3);
  EXPECT_EQ(table.find(method::head, "/a/b").route, 3U);
}

} // namespace
} // namespace actors::web::test
