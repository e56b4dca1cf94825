#include <actors/http/entity_tag.hpp>
#include <actors/http/error.hpp>

#include <gtest/gtest.h>

#include <string>

namespace actors::http {
namespace {

entity_tag tag(std::string_view text) {
  return entity_tag::parse(text).value();
}

TEST(entity_tag, prints_what_it_parsed) {
  for (const auto* text : {"\"\"", "\"xyzzy\"", "W/\"xyzzy\"", "W/\"\"", "\"!#a,b[]\\~\"", "\"caf\xC3\xA9\""}) {
    EXPECT_EQ(tag(text).to_string(), text);
    EXPECT_EQ(tag(tag(text).to_string()), tag(text));
  }
  EXPECT_EQ(tag("W/\"a\"").opaque(), "a");
  EXPECT_TRUE(tag("W/\"a\"").is_weak());
  EXPECT_FALSE(tag("\"W/\"").is_weak());
}

TEST(entity_tag, is_nothing_else_than_a_quoted_text_with_an_optional_mark) {
  for (const auto* text :
       {"",       "a",        "\"",      "\"a",      "a\"",       "w/\"a\"", "W/",     "W/a", "W\"a\"", "W/ \"a\"",
        "\"a\"b", "\"a\"b\"", "\"a b\"", "\"a\tb\"", "\"a\x7f\"", " \"a\"",  "\"a\" ", "*",   "'a'",    "\"a\", \"b\""})
    EXPECT_FALSE(entity_tag::parse(text)) << text;
  EXPECT_FALSE(entity_tag::parse(std::string_view{"\"a\0b\"", 5}));
}

TEST(entity_tag, compares_as_the_table_of_rfc_9110_says) {
  struct row {
    const char* a;
    const char* b;
    bool strong;
    bool weak;
  };

  for (const auto& [a, b, strong, weak] :
       {row{"W/\"1\"", "W/\"1\"", false, true}, row{"W/\"1\"", "W/\"2\"", false, false},
        row{"W/\"1\"", "\"1\"", false, true}, row{"\"1\"", "\"1\"", true, true}}) {
    EXPECT_EQ(tag(a).equals_strongly(tag(b)), strong) << a << b;
    EXPECT_EQ(tag(b).equals_strongly(tag(a)), strong) << a << b;
    EXPECT_EQ(tag(a).equals_weakly(tag(b)), weak) << a << b;
    EXPECT_EQ(tag(b).equals_weakly(tag(a)), weak) << a << b;
  }
}

TEST(entity_tag, is_made_of_a_text_that_can_be_quoted) {
  EXPECT_EQ(entity_tag{"v1"}.to_string(), "\"v1\"");
  EXPECT_EQ(entity_tag{"v1"}.weakened().to_string(), "W/\"v1\"");
  for (const auto* text : {"a b", "a\"b", "a\nb", "\x7f"}) {
    try {
      static_cast<void>(entity_tag{text});
      ADD_FAILURE() << text;
    } catch (const error& e) {
      EXPECT_EQ(e.kind(), errc::invalid_value);
    }
  }
}

} // namespace
} // namespace actors::http
