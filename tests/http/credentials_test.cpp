#include <actors/http/credentials.hpp>
#include <actors/http/error.hpp>
#include <actors/http/internal/base64.hpp>

#include <gtest/gtest.h>

#include <string>

namespace actors::http::test {
namespace {

TEST(base64, has_the_test_vectors_of_its_rfc) {
  const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"},
                                                         {"\xff\xfe", "//4="}};
  for (const auto& [plain, coded] : vectors) {
    EXPECT_EQ(internal::base64_encode(plain), coded);
    EXPECT_EQ(internal::base64_decode(coded), plain);
  }
}

TEST(base64, takes_one_text_for_each_value) {
  for (const auto* bad : {"Zg", "Zg=", "Zh==", "Zg==Zg==", "Z===", "====", "Zm 9v", "Zm9v\n", "Zm9-", "Zg==="})
    EXPECT_FALSE(internal::base64_decode(bad)) << bad;
}

TEST(credentials, become_the_field_that_their_rfc_shows) {
  EXPECT_EQ(credentials::basic("Aladdin", "open sesame").field_value(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(credentials::basic("test", "123\xC2\xA3").field_value(), "Basic dGVzdDoxMjPCow==");
  EXPECT_EQ(credentials::bearer("mF_9.B5f-4.1JqM").field_value(), "Bearer mF_9.B5f-4.1JqM");
  EXPECT_EQ(credentials::digest("Mufasa", "Circle of Life").field_value(), "");
  request what;
  set_credentials(set_credentials(what, credentials::bearer("a")), credentials::basic("a", ""));
  EXPECT_EQ(what.get("Authorization"), "Basic YTo=");
  EXPECT_EQ(what.fields().count("Authorization"), 1U);
}

TEST(credentials, that_cannot_be_told_are_refused) {
  EXPECT_THROW(static_cast<void>(credentials::basic("a:b", "c")), error);
  EXPECT_THROW(static_cast<void>(credentials::basic("a\nb", "c")), error);
  EXPECT_THROW(static_cast<void>(credentials::basic("a", "c\x7f")), error);
  EXPECT_THROW(static_cast<void>(credentials::digest("a", "c\r")), error);
  for (const auto* bad : {"", "==", "a b", "a\r\nX: y", "a=b", "\xC3\xA9"})
    EXPECT_THROW(static_cast<void>(credentials::bearer(bad)), error) << bad;
  request what;
  EXPECT_THROW(set_credentials(what, credentials::digest("a", "b")), error);
}

TEST(credentials, are_read_from_a_request) {
  const auto of = [](std::string_view field) { return credentials_of(request{}.set("Authorization", field)); };
  const auto basic = of("bAsic  dXNlcjpwYTpzcw==");
  ASSERT_TRUE(basic);
  EXPECT_EQ(basic->what(), credentials::kind::basic);
  EXPECT_EQ(basic->user(), "user");
  EXPECT_EQ(basic->secret(), "pa:ss");
  const auto bearer = of("Bearer abc==");
  ASSERT_TRUE(bearer);
  EXPECT_EQ(bearer->what(), credentials::kind::bearer);
  EXPECT_EQ(bearer->secret(), "abc==");
  for (const auto* bad :
       {"", "Basic", "Basic dXNlcg==", "Basic dXNlcjpwYTpzcw", "Bearer a b", "Digest a=b", "Basic =", "Basic YTphAGI="})
    EXPECT_FALSE(of(bad)) << bad;
  EXPECT_FALSE(credentials_of(request{}));
  EXPECT_FALSE(credentials_of(request{}.add("Authorization", "Bearer a").add("Authorization", "Bearer b")));
}

} // namespace
} // namespace actors::http::test
