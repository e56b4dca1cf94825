#include <actors/http/media_type.hpp>

#include <gtest/gtest.h>

#include <string>

namespace actors::http {
namespace {

TEST(media_type, reads_type_and_parameters) {
  const auto m = media_type::parse(" Text/HTML ; Charset=ISO-8859-1;q=0.5 ");
  ASSERT_TRUE(m);
  EXPECT_EQ(m->type(), "text");
  EXPECT_EQ(m->subtype(), "html");
  EXPECT_TRUE(m->is("text/html"));
  EXPECT_EQ(m->charset(), "iso-8859-1");
  EXPECT_EQ(m->parameter("CHARSET"), "ISO-8859-1");
  EXPECT_EQ(m->parameter("q"), "0.5");
  EXPECT_EQ(m->to_string(), "text/html; charset=ISO-8859-1; q=0.5");
}

TEST(media_type, reads_quoted_values) {
  const auto m = media_type::parse("multipart/form-data; boundary=\"a;\\\"b\\\\ c\" ignored; x=\"\"; y=\"open");
  ASSERT_TRUE(m);
  EXPECT_EQ(m->parameter("boundary"), "a;\"b\\ c");
  EXPECT_EQ(m->parameter("x"), "");
  EXPECT_EQ(m->parameter("y"), "open");
  EXPECT_EQ(media_type::parse(m->to_string()), m);
}

TEST(media_type, skips_malformed_parameters_and_keeps_the_first_of_a_name) {
  const auto m = media_type::parse("text/html;;charset;=x;a b=c;charset=utf-8;charset=other;empty=;ctl=\"a\x01\";");
  ASSERT_TRUE(m);
  EXPECT_EQ(m->charset(), "utf-8");
  EXPECT_EQ(m->parameters().size(), 1U);
}

TEST(media_type, refuses_what_is_no_media_type) {
  for (const auto* text : {"", "text", "text/", "/html", "te xt/html", "text/ht ml", ";charset=utf-8", "text/html/x",
                           "text/html, text/plain"})
    EXPECT_FALSE(media_type::parse(text)) << text;
}

TEST(media_type, the_number_of_parameters_is_bounded) {
  std::string text = "a/b";
  for (int i = 0; i < 1000; ++i)
    text += ";p" + std::to_string(i) + "=1";
  EXPECT_EQ(media_type::parse(text)->parameters().size(), 16U);
}

} // namespace
} // namespace actors::http
