#include <actors/http/internal/served_path.hpp>

#include <gtest/gtest.h>

#include <string>

namespace actors::http::internal {
namespace {

/// The path below the root, or the status that refuses it.
std::string served(std::string_view path, bool dot_files = false) {
  const auto result = served_path::parse(path, dot_files);
  if (result.problem() != status::ok)
    return std::to_string(code(result.problem()));
  return result.relative() + (result.names_folder() ? "|" : "");
}

TEST(served_path, is_the_decoded_path) {
  struct row {
    const char* path;
    const char* expected;
  };

  for (const auto& [path, expected] : {
           row{"/", "|"},
           row{"/a", "a"},
           row{"/a/", "a|"},
           row{"/a/b.c", "a/b.c"},
           row{"/a%20b", "a b"},
           row{"/%61", "a"},
           row{"/caf%C3%A9", "caf\xC3\xA9"},
           row{"/a+b", "a+b"},
           row{"/100%25", "100%"},
           row{"/%2525", "%25"},
           row{"/a:b", "a:b"},
           row{"/...", "404"}, // hidden
           row{"/a..b", "a..b"},
           row{"/a.", "a."},
       })
    EXPECT_EQ(served(path), expected) << path;
}

TEST(served_path, never_leaves_the_root) {
  for (const auto* path :
       {"/..",    "/../", "/a/..",       "/a/../b", "/a/../../b",  "/%2e%2e", "/%2E%2e/", "/.%2e/a", "/%2e",
        "/.",     "/./a", "/a/./b",      "/..%2fa", "/a%2f..%2fb", "/a%2Fb",  "/%2f",     "/\\",     "/a\\b",
        "/..\\a", "/%5c", "/a%5C..%5cb", "//",      "//a",         "/a//b",   "/a//",     "/a/b//",  "///"})
    for (const bool dot_files : {false, true})
      EXPECT_EQ(served(path, dot_files), "404") << path;
}

TEST(served_path, shows_hidden_names_only_when_they_are_wanted) {
  for (const auto* path : {"/.git", "/.git/config", "/a/.b", "/%2egit", "/.well-known/x"}) {
    EXPECT_EQ(served(path), "404") << path;
    EXPECT_NE(served(path, true), "404") << path;
  }
}

TEST(served_path, is_well_formed) {
  for (const auto* path : {"", "a", "*", "%2f", "/%", "/%2", "/a%", "/a%g0", "/%0g", "/%%41", "/%00", "/a%00.html",
                           "/..%00", "/../%", "/%u0041", "/a/%-1"})
    EXPECT_EQ(served(path), "400") << path;
  EXPECT_EQ(served({"/a\0b", 4}), "400");
}

} // namespace
} // namespace actors::http::internal
