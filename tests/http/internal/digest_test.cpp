#include <actors/http/internal/challenge.hpp>
#include <actors/http/internal/digest.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace actors::http::internal::test {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<challenge> offered(std::string_view text) {
  return parse_challenges(fields{}.add("WWW-Authenticate", text), "WWW-Authenticate");
}

TEST(challenges, are_told_apart_in_one_field_and_over_several) {
  const auto all =
      parse_challenges(fields{}
                           .add("WWW-Authenticate",
                                "Basic realm=\"a, \\\"b\\\"\", charset = UTF-8 ,, Negotiate, Digest nonce=x,realm=\"\"")
                           .add("WWW-Authenticate", "orphan=1, Bearer abc==, Other a==, b=\"open"),
                       "www-authenticate");
  ASSERT_EQ(all.size(), 5U);
  EXPECT_TRUE(all[0].is("basic"));
  EXPECT_EQ(all[0].get("Realm"), "a, \"b\"");
  EXPECT_EQ(all[0].get("charset"), "UTF-8");
  EXPECT_FALSE(all[0].get("nonce"));
  EXPECT_TRUE(all[1].is("Negotiate"));
  EXPECT_TRUE(all[2].is("Digest"));
  EXPECT_EQ(all[2].get("nonce"), "x");
  EXPECT_EQ(all[2].get("realm"), "");
  EXPECT_TRUE(all[3].is("Bearer"));
  EXPECT_TRUE(all[4].is("Other") || all[4].is("abc"));
}

TEST(challenges, malformed_ones_end_all_the_same) {
  for (const auto* text : {"", ",", "=", "\"", "a=", "a=\"", "a=\"\\", ";;;", "Digest realm=\"x", "Digest =x", "\x80"})
    static_cast<void>(offered(text));
  EXPECT_TRUE(offered(" , ").empty());
  EXPECT_EQ(parse_parameters("nextnonce=\"abc\", qop=auth").get("nextnonce"), "abc");
}

TEST(digest, has_the_answers_of_the_rfcs) {
  const auto who = credentials::digest("Mufasa", "Circle of Life");
  const std::string rest = "realm=\"http-auth@example.org\", qop=\"auth, auth-int\", "
                           "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
                           "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
  constexpr auto cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
  auto md5 = digest_session::choose(offered("Digest " + rest + ", algorithm=MD5"));
  ASSERT_TRUE(md5);
  EXPECT_EQ(md5->answer(who, "GET", "/dir/index.html", cnonce),
            "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", "
            "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", uri=\"/dir/index.html\", "
            "response=\"8ca523f5e9506fed4657c9700eebdbec\", algorithm=MD5, qop=auth, nc=00000001, "
            "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", "
            "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"");
  auto sha =
      digest_session::choose(offered("Digest " + rest + ", algorithm=MD5, Digest " + rest + ", algorithm=SHA-256"));
  ASSERT_TRUE(sha);
  EXPECT_THAT(sha->answer(who, "GET", "/dir/index.html", cnonce),
              HasSubstr("response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\", "
                        "algorithm=SHA-256"));
}

TEST(digest, speaks_to_old_servers_too) {
  const auto who = credentials::digest("Mufasa", "Circle Of Life");
  const std::string text = "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"";
  auto old = digest_session::choose(offered(text));
  ASSERT_TRUE(old);
  const auto field = old->answer(who, "GET", "/dir/index.html", "unused");
  EXPECT_THAT(field, EndsWith("response=\"670fd8c2df070c60b045671b8b24ff02\""));
  EXPECT_THAT(field, Not(HasSubstr("nc=")));
  auto newer = digest_session::choose(offered(text + ", qop=auth"));
  ASSERT_TRUE(newer);
  EXPECT_THAT(newer->answer(who, "GET", "/dir/index.html", "0a4f113b"),
              HasSubstr("response=\"6629fae49393a05397450978507c4ef1\""));
}

TEST(digest, counts_the_requests_of_a_nonce) {
  const auto who = credentials::digest("u", "p");
  auto session = digest_session::choose(offered("Digest realm=r, nonce=N, qop=auth"));
  ASSERT_TRUE(session);
  EXPECT_THAT(session->answer(who, "GET", "/", "c"), HasSubstr("nc=00000001, cnonce=\"c\""));
  EXPECT_THAT(session->answer(who, "GET", "/", "d"), HasSubstr("nc=00000002, cnonce=\"c\""));
  session->set_nonce("M");
  EXPECT_THAT(session->answer(who, "GET", "/", "e"), HasSubstr("nonce=\"M\""));
}

TEST(digest, keeps_the_key_of_a_session) {
  const auto who = credentials::digest("u", "p");
  auto md5 = digest_session::choose(offered("Digest realm=r, nonce=N, qop=auth, algorithm=MD5-sess"));
  ASSERT_TRUE(md5);
  EXPECT_THAT(md5->answer(who, "GET", "/x", "C"), HasSubstr("response=\"788ad15034a6ad9289524125c81f7b88\""));
  md5->set_nonce("M");
  EXPECT_THAT(md5->answer(who, "GET", "/x", "C"), HasSubstr("response=\"83498b34cea266519eabfc4fbcd02353\""));
  auto sha = digest_session::choose(offered("Digest realm=r, nonce=N, qop=auth, algorithm=SHA-256-sess"));
  ASSERT_TRUE(sha);
  EXPECT_THAT(sha->answer(who, "GET", "/x", "C"),
              HasSubstr("response=\"1eba72f3eff655e53c4ad247210979d455f73e1cc7bdc5502abe54ee4cc40c98\""));
}

TEST(digest, escapes_and_hides_the_user_where_asked) {
  auto plain = digest_session::choose(offered("Digest realm=r, nonce=N, qop=auth"));
  EXPECT_THAT(plain->answer(credentials::digest("a\"b\\c", "p"), "GET", "/", "c"),
              HasSubstr("username=\"a\\\"b\\\\c\""));
  auto hidden = digest_session::choose(offered("Digest realm=r, nonce=N, qop=auth, algorithm=SHA-256, userhash=true"));
  const auto field = hidden->answer(credentials::digest("u", "p"), "GET", "/", "c");
  EXPECT_THAT(field, HasSubstr("username=\"1d8a03a6e21a4ce775060ea57360329ac750dea5d847297b42f0d46539af8ab2\""));
  EXPECT_THAT(field, EndsWith(", userhash=true"));
}

TEST(digest, answers_nothing_that_it_does_not_know) {
  for (const auto* text :
       {"Basic realm=x", "Digest realm=r", "Digest nonce=n", "Digest realm=r, nonce=n, algorithm=SHA-512",
        "Digest realm=r, nonce=n, qop=auth-int", "Digest realm=r, nonce=n, algorithm=-sess"})
    EXPECT_FALSE(digest_session::choose(offered(text))) << text;
  EXPECT_TRUE(digest_session::choose(offered("Digest realm=r, nonce=n, stale=TRUE"))->is_stale());
}

} // namespace
} // namespace actors::http::internal::test
