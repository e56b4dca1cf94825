#include <actors/http/internal/ascii.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <string>

namespace actors::http::internal {
namespace {

TEST(is_field_value, judges_each_byte_in_each_place_as_the_table_does) {
  for (std::size_t size = 1; size <= 20; ++size)
    for (std::size_t at = 0; at < size; ++at)
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, 'v');
        text[at] = static_cast<char>(byte);
        ASSERT_EQ(is_field_value(text), is(value_char, text[at])) << byte << " at " << at << " of " << size;
      }
}

TEST(is_field_value, finds_the_bad_one_among_others_that_look_like_it) {
  EXPECT_TRUE(is_field_value(""));
  EXPECT_TRUE(is_field_value("\t\t\t\t\t\t\t\t\t"));
  EXPECT_TRUE(is_field_value("\x80\xff\xa0\x9f\x80\xff\xa0\x9f"));
  EXPECT_FALSE(is_field_value("\t\t\t\t\t\t\t\n"));
  EXPECT_FALSE(is_field_value("\x80\xff\x7f\x9f\x80\xff\xa0\x9f"));
}

} // namespace
} // namespace actors::http::internal
