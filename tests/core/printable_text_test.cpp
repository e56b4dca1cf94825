#include <actors/core/printable_text.hpp>

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace {

using actors::find_invalid_utf8;
using actors::printable_text;

TEST(printable_text, ordinary_text_and_utf8_stay_as_they_are) {
  EXPECT_EQ(printable_text("a b\\c \"d\""), "a b\\c \"d\"");
  EXPECT_EQ(printable_text("Grüße, 世界 😀"), "Grüße, 世界 😀");
  EXPECT_EQ(printable_text(""), "");
}

TEST(printable_text, control_characters_become_visible) {
  EXPECT_EQ(printable_text("a\nb\r\tc"), "a\\nb\\r\\tc");
  EXPECT_EQ(printable_text("\x1b[31mred\x7f"), "\\x1b[31mred\\x7f");
  EXPECT_EQ(printable_text(std::string_view("a\0b", 3)), "a\\x00b");
}

TEST(printable_text, c1_controls_line_separators_and_direction_overrides_become_visible) {
  EXPECT_EQ(printable_text("\xc2\x9b"
                           "31m"),
            "\\u009b31m");
  EXPECT_EQ(printable_text("a\u2028b\u2029c"), "a\\u2028b\\u2029c");
  EXPECT_EQ(printable_text("user\u202etxt.exe"), "user\\u202etxt.exe");
  EXPECT_EQ(printable_text("\u2066x\u2069"), "\\u2066x\\u2069");
  EXPECT_EQ(printable_text("\u00a0\u2027\u2030"), "\u00a0\u2027\u2030");
}

TEST(printable_text, bytes_that_are_not_utf8_become_visible_and_the_rest_survives) {
  EXPECT_EQ(printable_text("a\xff"
                           "b\xc3"),
            "a\\xffb\\xc3");
  EXPECT_EQ(printable_text("\xe4\xb8"), "\\xe4\\xb8");
  EXPECT_EQ(printable_text("\xe4\xb8"
                           "A"),
            "\\xe4\\xb8A");
}

TEST(printable_text, a_cut_is_said_and_falls_between_characters) {
  EXPECT_EQ(printable_text("abcdef", 6), "abcdef");
  EXPECT_EQ(printable_text("abcdef", 5), "abcde… (1 more byte)");
  EXPECT_EQ(printable_text("ab世界", 4), "ab… (6 more bytes)");
  EXPECT_EQ(printable_text("ab世界", 5), "ab世… (3 more bytes)");
  EXPECT_EQ(printable_text("abc", 0), "… (3 more bytes)");
}

TEST(utf8, the_first_invalid_byte_is_found) {
  EXPECT_EQ(find_invalid_utf8("plain"), std::nullopt);
  EXPECT_EQ(find_invalid_utf8("é世😀"), std::nullopt);
  EXPECT_EQ(find_invalid_utf8("ab\x80"), 2U);
  EXPECT_EQ(find_invalid_utf8("ab\xe4\xb8"), 2U);
}

TEST(utf8, overlong_forms_surrogates_and_what_is_above_the_last_code_point_are_invalid) {
  for (const char* text :
       {"\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xed\xa0\x80",
        "\xed\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xfe", "\xff"}) {
    EXPECT_EQ(find_invalid_utf8(text), 0U) << printable_text(text);
  }
  for (const char* text :
       {"\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(find_invalid_utf8(text), std::nullopt) << printable_text(text);
  }
}

TEST(printable_text, any_bytes_give_valid_utf8_without_controls) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 40, '\0');
    for (char& c : bytes)
      c = static_cast<char>(random());
    const std::string shown = printable_text(bytes, random() % 50);
    EXPECT_EQ(find_invalid_utf8(shown), std::nullopt);
    for (const char c : shown) {
      EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
    }
  }
}

} // namespace
