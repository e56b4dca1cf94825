#include <actors/http/content_negotiation.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace actors::http {
namespace {

std::string coding_for(const std::vector<std::string>& values) {
  fields f;
  for (const auto& value : values)
    f.add("Accept-Encoding", value);
  return std::string{accepted_codings{f}.choose({"br", "gzip"}).value_or("none")};
}

TEST(accepted_codings, decide_which_one_is_used) {
  struct row {
    std::vector<std::string> values;
    const char* expected;
  };

  const std::vector<row> table{
      {{}, "identity"},
      {{""}, "identity"},
      {{"gzip"}, "gzip"},
      {{"GZip"}, "gzip"},
      {{"x-gzip"}, "gzip"},
      {{"gzip, br"}, "br"},
      {{"gzip", "br"}, "br"},
      {{"gzip, deflate, br, zstd"}, "br"},
      {{"gzip;q=1.0, br;q=0.9"}, "gzip"},
      {{"gzip ; q=0.5, br;Q=0.25"}, "gzip"},
      {{"gzip;q=0.001"}, "gzip"},
      {{"gzip;q=0"}, "identity"},
      {{"gzip;q=0.000, br;q=0"}, "identity"},
      {{"*"}, "br"},
      {{"*, br;q=0"}, "gzip"},
      {{"gzip;q=0.5, *;q=0.8"}, "br"},
      {{"deflate"}, "identity"},
      {{"identity"}, "identity"},
      {{"identity, gzip"}, "gzip"},
      {{"identity;q=1, gzip;q=0.5"}, "identity"},
      {{"identity;q=0.5, gzip;q=0.8"}, "gzip"},
      {{"identity;q=0, gzip"}, "gzip"},
      {{"identity;q=0"}, "none"},
      {{"*;q=0"}, "none"},
      {{"*;q=0, identity;q=0.1"}, "identity"},
      {{"*;q=0, gzip"}, "gzip"},
      // of one that stands twice the first counts, what is malformed does not
      {{"gzip;q=0, gzip"}, "identity"},
      {{"gzip;q=2"}, "identity"},
      {{"gzip;q=1.001"}, "identity"},
      {{"gzip;q=0.1234"}, "identity"},
      {{"gzip;q="}, "identity"},
      {{"gzip;q=-1"}, "identity"},
      {{"gzip;level=9"}, "identity"},
      {{"g zip"}, "identity"},
      {{"gzip;q=x, br;q=0.1"}, "br"},
  };
  for (const auto& [values, expected] : table)
    EXPECT_EQ(coding_for(values), expected) << (values.empty() ? "nothing" : values.front());
}

TEST(accepted_codings, read_only_so_many) {
  std::string value;
  for (int i = 0; i < 100; ++i)
    value += "x" + std::to_string(i) + ", ";
  EXPECT_EQ(coding_for({value + "gzip"}), "identity");
}

std::string type_for(const std::string& accept, const std::vector<std::string_view>& offers) {
  fields f;
  f.set("Accept", accept);
  return std::string{preferred_media_type(f, offers).value_or("none")};
}

TEST(preferred_media_type, follows_the_example_of_rfc_9110) {
  // §12.5.1, the table of qualities
  const std::string accept =
      "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/plain;format=fixed;q=0.4, */*;q=0.5";
  const std::vector<std::string_view> by_quality{"text/plain;format=flowed", "text/plain", "image/jpeg",
                                                 "text/plain;format=fixed", "text/html;level=3"};
  for (std::size_t i = 0; i < by_quality.size(); ++i) {
    std::vector<std::string_view> offers{by_quality.rbegin(), by_quality.rend() - static_cast<std::ptrdiff_t>(i)};
    EXPECT_EQ(type_for(accept, offers), by_quality[i]);
  }
}

TEST(preferred_media_type, prefers_the_first_of_equals) {
  EXPECT_EQ(type_for("*/*", {"text/html", "application/json"}), "text/html");
  EXPECT_EQ(type_for("application/json, text/html", {"text/html", "application/json"}), "text/html");
  EXPECT_EQ(type_for("application/json, text/html;q=0.9", {"text/html", "application/json"}), "application/json");
  EXPECT_EQ(type_for("", {"text/html", "application/json"}), "text/html");
  EXPECT_EQ(preferred_media_type(fields{}, {"text/html"}), "text/html");
  EXPECT_FALSE(preferred_media_type(fields{}, {}));
}

TEST(preferred_media_type, is_nothing_when_all_are_refused) {
  EXPECT_EQ(type_for("image/png", {"text/html", "application/json"}), "none");
  EXPECT_EQ(type_for("*/*, text/html;q=0", {"text/html"}), "none");
  EXPECT_EQ(type_for("nonsense, text/html;q=7", {"text/html"}), "none");
  EXPECT_EQ(type_for("TEXT/HTML", {"text/html; charset=utf-8"}), "text/html; charset=utf-8");
}

TEST(add_vary, names_each_field_once) {
  fields f;
  add_vary(f, "Accept-Encoding");
  add_vary(f, "accept-encoding");
  EXPECT_EQ(f.wire(), "Vary: Accept-Encoding\r\n");
  add_vary(f, "Origin");
  EXPECT_EQ(f.wire(), "Vary: Accept-Encoding, Origin\r\n");
  f.set("Vary", "*");
  add_vary(f, "Origin");
  EXPECT_EQ(f.wire(), "Vary: *\r\n");
}

} // namespace
} // namespace actors::http
