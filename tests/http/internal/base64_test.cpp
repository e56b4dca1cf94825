#include <actors/http/internal/base64.hpp>

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace actors::http::internal {
namespace {

TEST(base64, writes_and_reads_what_rfc_4648_shows) {
  const std::pair<std::string, std::string> examples[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : examples) {
    EXPECT_EQ(base64_encode(bytes), text);
    EXPECT_EQ(base64_decode(text), bytes);
  }
}

TEST(base64, carries_any_bytes_of_any_length) {
  std::string bytes;
  for (int i = 0; i < 600; ++i) {
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes) << bytes.size();
    bytes.push_back(static_cast<char>(i * 7));
  }
}

TEST(base64, a_value_has_one_text_and_others_are_refused) {
  for (const std::string text : {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "====", "=Zg=", "Zg==Zg==", " Zg==",
                                 "Zg==\n", "Zm9v\n", "Z-_v", "Zm9v Zm9v", "    ", "Zm\t9"})
    EXPECT_FALSE(base64_decode(text)) << text;
  EXPECT_FALSE(base64_decode(std::string("Zg\0=", 4)));
}

} // namespace
} // namespace actors::http::internal
