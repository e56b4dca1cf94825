#include <services/scraper/charset.hpp>

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

using namespace services::scraper;
using namespace std::string_literals;
using source = charset_choice::source;

namespace {

std::string read_in_pieces(std::string_view page, std::string_view charset, std::size_t size) {
  utf8_reader reader{page, charset};
  std::string result;
  std::string buffer(size, '\0');
  while (const auto count = reader.read(buffer.data(), buffer.size()))
    result.append(buffer, 0, count);
  return result;
}

} // namespace

TEST(charset, a_byte_order_mark_wins_over_everything_else) {
  const auto utf8 = detect_charset("\xEF\xBB\xBF<meta charset=koi8-r>", "text/html; charset=iso-8859-2");
  EXPECT_EQ(utf8.name, "utf-8");
  EXPECT_EQ(utf8.found_in, source::byte_order_mark);
  EXPECT_EQ(utf8.skip, 3u);
  EXPECT_EQ(detect_charset("\xFF\xFE<\0"s, "").name, "utf-16le");
  EXPECT_EQ(detect_charset("\xFE\xFF\0<"s, "").name, "utf-16be");
}

TEST(charset, the_content_type_wins_over_the_page_s_own_declaration) {
  const auto choice = detect_charset("<meta charset=utf-8>", "text/html; charset=\"KOI8-R\"");
  EXPECT_EQ(choice.name, "koi8-r");
  EXPECT_EQ(choice.found_in, source::content_type);
}

TEST(charset, declarations_are_found_in_all_their_forms) {
  for (const auto* page : {
           "<html><head><meta charset=koi8-r>",
           "<META CHARSET='KOI8-R' />",
           "<meta\n\tcharset = \"koi8-r\">",
           "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=koi8-r\">",
           "<?xml version=\"1.0\" encoding=\"koi8-r\"?><html>",
           "<!-- <meta charset=utf-8> --><meta charset=koi8-r>",
           "<meta name=x content=y><meta charset=koi8-r>",
       }) {
    const auto choice = detect_charset(page, "text/html");
    EXPECT_EQ(choice.name, "koi8-r") << page;
    EXPECT_EQ(choice.found_in, source::declaration) << page;
  }
}

TEST(charset, a_declaration_far_down_or_in_a_comment_does_not_count) {
  EXPECT_EQ(detect_charset(std::string(5000, ' ') + "<meta charset=koi8-r>", "").found_in, source::guess);
  EXPECT_EQ(detect_charset("<!-- <meta charset=koi8-r>", "").found_in, source::guess);
  EXPECT_EQ(detect_charset("<p>charset=koi8-r</p>", "").found_in, source::guess);
}

TEST(charset, labels_mean_what_they_mean_to_browsers) {
  EXPECT_EQ(detect_charset("", "text/html;charset=ISO-8859-1").name, "windows-1252");
  EXPECT_EQ(detect_charset("", "text/html;charset=us-ascii").name, "windows-1252");
  EXPECT_EQ(detect_charset("", "text/html;charset=gb2312").name, "gbk");
  EXPECT_EQ(detect_charset("", "text/html;charset=UTF8").name, "utf-8");
  EXPECT_EQ(detect_charset("<meta charset=utf-16>", "").name, "utf-8") << "it was read as ASCII";
}

TEST(charset, an_unknown_label_is_passed_over_and_reported) {
  const auto choice = detect_charset("<meta charset=koi8-r>", "text/html; charset=klingon");
  EXPECT_EQ(choice.name, "koi8-r");
  EXPECT_EQ(choice.unknown_label, "klingon");
  for (const auto* label : {"utf-7", "iso-2022-cn-ext", "ebcdic-cp-us", "../../etc/passwd", "UCS-4"})
    EXPECT_EQ(detect_charset("x", "text/html; charset="s + label).found_in, source::guess) << label;
}

TEST(charset, without_any_label_valid_utf_8_is_utf_8_and_the_rest_windows_1252) {
  EXPECT_EQ(detect_charset("na\xC3\xAFve", "text/html").name, "utf-8");
  EXPECT_EQ(detect_charset("na\xEFve", "text/html").name, "windows-1252");
  EXPECT_EQ(detect_charset("cut off \xE2\x82", "text/html").name, "utf-8");
  EXPECT_EQ(detect_charset("", "").name, "utf-8");
}

TEST(charset, the_content_type_s_parameter_is_found) {
  EXPECT_EQ(charset_parameter("text/html; charset=utf-8"), "utf-8");
  EXPECT_EQ(charset_parameter("text/html;foo=bar; CHARSET = \"x\" ; y=z"), "x");
  EXPECT_EQ(charset_parameter("text/html"), "");
  EXPECT_EQ(charset_parameter("text/charset=utf-8"), "");
  EXPECT_EQ(charset_parameter("text/html; charset="), "");
  EXPECT_EQ(charset_parameter(""), "");
}

TEST(charset, only_well_formed_utf_8_is_utf_8) {
  EXPECT_TRUE(is_utf8("\xF0\x9F\x98\x80 \xE2\x82\xAC \xC3\xA9"));
  EXPECT_TRUE(is_utf8("\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF"));
  EXPECT_FALSE(is_utf8("\xC0\xAF")) << "overlong";
  EXPECT_FALSE(is_utf8("\xE0\x80\xAF")) << "overlong";
  EXPECT_FALSE(is_utf8("\xF0\x80\x80\xAF")) << "overlong";
  EXPECT_FALSE(is_utf8("\xED\xA0\x80")) << "a surrogate";
  EXPECT_FALSE(is_utf8("\xF4\x90\x80\x80")) << "above U+10FFFF";
  EXPECT_FALSE(is_utf8("\x80"));
  EXPECT_FALSE(is_utf8("\xE2\x82 ")) << "cut off in the middle";
  EXPECT_FALSE(is_utf8("\xFF"));
}

TEST(charset, what_is_not_utf_8_is_replaced_and_the_rest_is_kept) {
  EXPECT_EQ(to_utf8("a\xFF"
                    "b\xC3\xA9\xE2\x82",
                    "utf-8"),
            "a\xEF\xBF\xBD"
            "b\xC3\xA9\xEF\xBF\xBD");
  EXPECT_EQ(to_utf8("a\0b"s, "utf-8"), "a\xEF\xBF\xBD"
                                       "b");
  utf8_reader reader{"\xFF\xFF ok", "utf-8"};
  std::array<char, 64> buffer{};
  EXPECT_EQ(reader.read(buffer.data(), buffer.size()), 9u);
  EXPECT_EQ(reader.replaced(), 2u);
}

TEST(charset, old_encodings_are_converted) {
  EXPECT_EQ(to_utf8("\x80 \x93x\x94 \xE9", "windows-1252"), "\xE2\x82\xAC \xE2\x80\x9Cx\xE2\x80\x9D \xC3\xA9");
  EXPECT_EQ(to_utf8("\xF0\xD2\xC9\xD7\xC5\xD4", "koi8-r"), "Привет");
  EXPECT_EQ(to_utf8("\xCF\xF0\xE8\xE2\xE5\xF2", "windows-1251"), "Привет");
  EXPECT_EQ(to_utf8("\xC4\xE3\xBA\xC3", "gbk"), "你好");
  EXPECT_EQ(to_utf8("\x93\xFA\x96\x7B", "shift_jis"), "日本");
  EXPECT_EQ(to_utf8("\xC6\xFC\xCB\xDC", "euc-jp"), "日本");
  EXPECT_EQ(to_utf8("\x1B$BF|K\\\x1B(B", "iso-2022-jp"), "日本");
  EXPECT_EQ(to_utf8("\xA7\x41\xA6\x6E", "big5"), "你好");
  EXPECT_EQ(to_utf8("\xBE\xC8\xB3\xE7", "euc-kr"), "안녕");
  EXPECT_EQ(to_utf8("a\0b\0\x3D\xD8\x00\xDE"s, "utf-16le"), "ab😀");
  EXPECT_EQ(to_utf8("\0a\xD8\x3D\xDE\x00"s, "utf-16be"), "a😀");
}

TEST(charset, broken_old_encodings_lose_only_what_is_broken) {
  EXPECT_EQ(to_utf8("ab\xFF\xFF"
                    "cd",
                    "gbk")
                .substr(0, 2),
            "ab");
  EXPECT_NE(to_utf8("ab\xFF\xFF"
                    "cd",
                    "gbk")
                .find("cd"),
            std::string::npos);
  EXPECT_EQ(to_utf8("a\0\x3D\xD8"s, "utf-16le"), "a\xEF\xBF\xBD") << "half a surrogate pair";
  EXPECT_EQ(to_utf8("a\0b"s, "utf-16le"), "a\xEF\xBF\xBD") << "half a unit";
  EXPECT_EQ(to_utf8("\x93", "shift_jis"), "\xEF\xBF\xBD") << "half a character at the end";
}

TEST(charset, every_charset_of_the_table_can_be_converted) {
  std::string all;
  for (auto c = 1; c < 256; ++c)
    all += static_cast<char>(c);
  for (const auto* name :
       {"ibm866",       "iso-8859-2",   "iso-8859-3",   "iso-8859-4",   "iso-8859-5",     "iso-8859-6",
        "iso-8859-7",   "iso-8859-8",   "iso-8859-10",  "iso-8859-13",  "iso-8859-14",    "iso-8859-15",
        "iso-8859-16",  "koi8-r",       "koi8-u",       "macintosh",    "x-mac-cyrillic", "windows-874",
        "windows-1250", "windows-1251", "windows-1253", "windows-1254", "windows-1255",   "windows-1256",
        "windows-1257", "windows-1258", "gbk",          "gb18030",      "big5",           "euc-jp",
        "iso-2022-jp",  "shift_jis",    "euc-kr"}) {
    EXPECT_EQ(detect_charset("", "text/html; charset="s + name).name, name);
    const auto text = to_utf8(all, name);
    EXPECT_TRUE(is_utf8(text)) << name;
    EXPECT_NE(text.find("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), std::string::npos) << name;
    EXPECT_NE(text, to_utf8(all, "windows-1252")) << name << " is not known to the converter";
  }
}

TEST(charset, reading_in_pieces_gives_the_same_as_all_at_once) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  for (auto round = 0; round < 200; ++round) {
    std::string page(random() % 3000, '\0');
    // Half ASCII, half anything.
    for (auto& c : page)
      c = static_cast<char>(random() % 2 == 0 ? 'a' + random() % 26 : random() % 256);
    for (const auto* name :
         {"utf-8", "windows-1252", "utf-16le", "utf-16be", "gbk", "shift_jis", "iso-2022-jp", "euc-kr"}) {
      const auto whole = to_utf8(page, name);
      ASSERT_TRUE(is_utf8(whole)) << name;
      ASSERT_EQ(whole.find('\0'), std::string::npos) << name;
      ASSERT_EQ(read_in_pieces(page, name, 4), whole) << name;
      ASSERT_EQ(read_in_pieces(page, name, 4000), whole) << name;
    }
  }
}
