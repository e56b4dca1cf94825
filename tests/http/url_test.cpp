#include <actors/http/error.hpp>
#include <actors/http/query.hpp>
#include <actors/http/url.hpp>

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace actors::http {
namespace {

using std::string_view_literals::operator""sv;

TEST(url, is_taken_apart) {
  const auto u = url::parse("HTTPS://User:Pa%20ss@Example.COM:8443/a/b;c?x=1&y=/?#top");
  EXPECT_EQ(u.scheme(), "https");
  EXPECT_EQ(u.userinfo(), "User:Pa%20ss");
  EXPECT_EQ(u.host(), "example.com");
  EXPECT_EQ(u.port(), 8443);
  EXPECT_EQ(u.path(), "/a/b;c");
  EXPECT_EQ(u.query(), "x=1&y=/?");
  EXPECT_EQ(u.fragment(), "top");
  EXPECT_EQ(u.target(), "/a/b;c?x=1&y=/?");
  EXPECT_EQ(u.authority(), "example.com:8443");
  EXPECT_EQ(u.origin(), "https://example.com:8443");
  EXPECT_TRUE(u.is_http());
  EXPECT_TRUE(u.is_secure());
  EXPECT_EQ(u.to_string(), "https://User:Pa%20ss@example.com:8443/a/b;c?x=1&y=/?#top");
}

TEST(url, has_the_default_port_of_its_scheme) {
  EXPECT_EQ(url::parse("http://h").port(), 80);
  EXPECT_EQ(url::parse("https://h").port(), 443);
  EXPECT_EQ(url::parse("ws://h").port(), 80);
  EXPECT_EQ(url::parse("wss://h").port(), 443);
  EXPECT_EQ(url::parse("http://h:/").port(), 80);
  EXPECT_EQ(url::parse("gopher://h").port(), 0);
  EXPECT_EQ(url::parse("http://h:80").origin(), "http://h");
  EXPECT_EQ(url::parse("http://h:443").authority(), "h:443");
  EXPECT_EQ(url::parse("http://h:0/").port(), 0);
}

TEST(url, an_empty_path_is_sent_as_a_slash) {
  EXPECT_EQ(url::parse("http://h").target(), "/");
  EXPECT_EQ(url::parse("http://h?a=b").target(), "/?a=b");
  EXPECT_EQ(url::parse("http://h#f").target(), "/");
}

TEST(url, absent_and_empty_query_and_fragment_differ) {
  const auto bare = url::parse("http://h/");
  EXPECT_FALSE(bare.has_query());
  EXPECT_FALSE(bare.has_fragment());
  const auto empty = url::parse("http://h/?#");
  EXPECT_TRUE(empty.has_query());
  EXPECT_TRUE(empty.has_fragment());
  EXPECT_EQ(empty.query(), "");
  EXPECT_EQ(empty.fragment(), "");
  EXPECT_EQ(empty.target(), "/?");
  EXPECT_EQ(empty.without_fragment().to_string(), "http://h/?");
  EXPECT_FALSE(empty.without_fragment().has_fragment());
}

TEST(url, ipv6_hosts_lose_their_brackets_but_keep_them_in_the_authority) {
  const auto u = url::parse("http://[2001:DB8::1]:8080/x");
  EXPECT_TRUE(u.host_is_ipv6());
  EXPECT_EQ(u.host(), "2001:db8::1");
  EXPECT_EQ(u.port(), 8080);
  EXPECT_EQ(u.authority(), "[2001:db8::1]:8080");
  EXPECT_EQ(url::parse("http://[0:0:0:0:0:0:0:1]/").normalized().to_string(), "http://[::1]/");
  EXPECT_FALSE(url::parse("http://1.2.3.4/").host_is_ipv6());
}

TEST(url, refuses_what_is_none_and_says_why) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "is empty"},
      {"example.com/x", "has no scheme"},
      {"/x", "has no scheme"},
      {"http:", "has no host"},
      {"http:///x", "has no host"},
      {"http://:80/", "has no host"},
      {"http:x", "has no host"},
      {"http://h:65536/", "above 65535"},
      {"http://h:99999999999999999999/", "above 65535"},
      {"http://h:80x/", "where its port should be"},
      {"http://h:-1/", "where its port should be"},
      {"http://a@b@c/", "more than one @"},
      {"http://a:b:c/", "where its port should be"},
      {"http://[::1]x/", "where its port should be"},
      {"http://[fe80::1%25eth0]/", "IPv6"},
      {"http://[1.2.3.4]/", "IPv6"},
      {"http://a[::1]/", "IPv6"},
      {"http://[]/", "IPv6"},
      {"http://u[@h/", "brackets"},
      {"http://h/#a#b", "more than one #"},
      {"1http://h/", "where its scheme should be"},
      {":x", "where its scheme should be"},
      {"http://h/a b", "position 10"},
      {"http://h/\n", "\\n"},
      {"http://h/\xc3\xa9", "position 9"},
      {"http://h/%", "percent-escape at position 9"},
      {"http://h/%4", "percent-escape"},
      {"http://h/%zz", "percent-escape"},
      {"http://h/a[b", "brackets"},
      {"http://[::1/", "brackets"},
      {"http://[::g]/", "brackets"},
      {"http://b\xc3\xbc"
       "cher.example/",
       "position"},
      {"http://b%C3%BCcher.example/", "punycode"},
      {"http://h%00/", "punycode"},
      {"http://h\\x/", "position"},
      {"http://h/\0"sv, "position"},
      {" http://h/", "position 0"},
  };
  for (const auto& [text, reason] : cases) {
    std::string why;
    EXPECT_FALSE(url::try_parse(text, &why)) << text;
    EXPECT_NE(why.find(reason), std::string::npos) << text << ": " << why;
    try {
      (void)url::parse(text);
      ADD_FAILURE() << text;
    } catch (const error& e) {
      EXPECT_EQ(e.kind(), errc::invalid_url);
      EXPECT_NE(std::string_view{e.what()}.find(reason), std::string::npos) << e.what();
    }
  }
}

TEST(url, its_size_is_bounded) {
  const std::string longest = "http://h/" + std::string(url::max_size - 9, 'x');
  EXPECT_TRUE(url::try_parse(longest));
  std::string why;
  EXPECT_FALSE(url::try_parse(longest + 'x', &why));
  EXPECT_NE(why.find("longer than 65536"), std::string::npos) << why;
  EXPECT_FALSE(url::parse(longest).try_resolve("?y=" + std::string(url::max_size - 5, 'y')));
  EXPECT_THROW((void)url::parse(longest).with_query("y"), error);
}

// The examples of RFC 3986 §5.4, then more.
TEST(url, resolves_the_examples_of_rfc_3986) {
  const auto base = url::parse("http://a/b/c/d;p?q");
  const std::pair<const char*, const char*> cases[] = {
      {"g:h", "g:h"},
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q#s"},
      {"g#s", "http://a/b/c/g#s"},
      {"g?y#s", "http://a/b/c/g?y#s"},
      {";x", "http://a/b/c/;x"},
      {"g;x", "http://a/b/c/g;x"},
      {"g;x?y#s", "http://a/b/c/g;x?y#s"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"./", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../", "http://a/"},
      {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"},
      {"../../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {".g", "http://a/b/c/.g"},
      {"g..", "http://a/b/c/g.."},
      {"..g", "http://a/b/c/..g"},
      {"./../g", "http://a/b/g"},
      {"./g/.", "http://a/b/c/g/"},
      {"g/./h", "http://a/b/c/g/h"},
      {"g/../h", "http://a/b/c/h"},
      {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"g?y/./x", "http://a/b/c/g?y/./x"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
      {"g#s/./x", "http://a/b/c/g#s/./x"},
      {"g#s/../x", "http://a/b/c/g#s/../x"},
      {"//g/../x", "http://g/x"},
      {"http://X/a/./b/../c", "http://x/a/c"},
      {"//u@g:81?y", "http://u@g:81?y"},
      {"/", "http://a/"},
      {"/a//b/", "http://a/a//b/"},
      {"//g//x", "http://g//x"},
  };
  for (const auto& [reference, expected] : cases)
    EXPECT_EQ(base.resolve(reference).to_string(), expected) << reference;
}

TEST(url, resolves_against_bases_of_every_shape) {
  EXPECT_EQ(url::parse("http://a").resolve("b").to_string(), "http://a/b");
  EXPECT_EQ(url::parse("http://a?q").resolve("b").to_string(), "http://a/b");
  EXPECT_EQ(url::parse("http://a?q").resolve("").to_string(), "http://a?q");
  EXPECT_EQ(url::parse("http://u:p@a:8080/x#f").resolve("y").to_string(), "http://u:p@a:8080/y");
  EXPECT_EQ(url::parse("http://[::1]:8080/x").resolve("/y").to_string(), "http://[::1]:8080/y");
  EXPECT_EQ(url::parse("http://a/b/c/").resolve("../../../../").to_string(), "http://a/");
  EXPECT_EQ(url::parse("mailto:x@y").resolve("z").to_string(), "mailto:z");
  EXPECT_EQ(url::parse("x:/a").resolve("/..//b").to_string(), "x:/.//b");
  EXPECT_THROW((void)url::parse("http://a/b").resolve("//"), error);
  EXPECT_THROW((void)url::parse("http://a/b").resolve("http:c"), error);
  EXPECT_THROW((void)url::parse("http://a/b").resolve("c d"), error);
  EXPECT_THROW((void)url{}.resolve("/x"), error);
}

TEST(url, parts_of_a_resolved_url_are_found) {
  const auto u = url::parse("http://user@a:8080/b?q").resolve("../c?d#e");
  EXPECT_EQ(u.userinfo(), "user");
  EXPECT_EQ(u.host(), "a");
  EXPECT_EQ(u.port(), 8080);
  EXPECT_EQ(u.path(), "/c");
  EXPECT_EQ(u.query(), "d");
  EXPECT_EQ(u.fragment(), "e");
}

TEST(url, normalisation_finds_the_same_resource) {
  const std::pair<const char*, const char*> cases[] = {
      {"HTTP://EXAMPLE.com", "http://example.com/"},
      {"http://example.com:80/", "http://example.com/"},
      {"https://example.com:443/", "https://example.com/"},
      {"http://example.com:0080/", "http://example.com/"},
      {"http://example.com:08080/", "http://example.com:8080/"},
      {"http://example.com:443/", "http://example.com:443/"},
      {"http://h/%7euser/%2fx", "http://h/~user/%2Fx"},
      {"http://h/a/../b/./c", "http://h/b/c"},
      {"http://h/a/%2E%2e/b", "http://h/b"},
      {"http://h/../../x", "http://h/x"},
      {"http://h/a/..", "http://h/"},
      {"http://h/?%41=%3d", "http://h/?A=%3D"},
      {"http://h?x", "http://h/?x"},
      {"http://h/%c3%a9#%41", "http://h/%C3%A9#A"},
      {"http://us%65r@h/", "http://user@h/"},
      {"http://h/a//b", "http://h/a//b"},
      {"mailto:A%40b", "mailto:A%40b"},
      {"urn:a/../b", "urn:a/../b"},
  };
  for (const auto& [text, expected] : cases) {
    const auto u = url::parse(text).normalized();
    EXPECT_EQ(u.to_string(), expected);
    EXPECT_EQ(u.normalized(), u);
  }
  EXPECT_TRUE(url{}.normalized().empty());
}

TEST(url, links_of_real_pages_are_taken_as_browsers_do) {
  const auto base = url::parse("http://h/d/p");
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"  a b.html \n", "http://h/d/a%20b.html"},
      {"a\n\t b", "http://h/d/a%20b"},
      {"/caf\xc3\xa9?q=\xe2\x82\xac#\xc3\xbc", "http://h/caf%C3%A9?q=%E2%82%AC#%C3%BC"},
      {"a[1]=2", "http://h/d/a%5B1%5D=2"},
      {"?a[]=1&b={2}|\"3\"", "http://h/d/p?a%5B%5D=1&b=%7B2%7D%7C%223%22"},
      {"100%", "http://h/d/100%25"},
      {"100%2", "http://h/d/100%252"},
      {"%41%zz", "http://h/d/%41%25zz"},
      {"a#b#c", "http://h/d/a#b%23c"},
      {"a?b?c", "http://h/d/a?b?c"},
      {"\\x^`", "http://h/d/%5Cx%5E%60"},
      {"\x01\x7f"
       "a\xff",
       "http://h/d/%7Fa%FF"},
      {"a\x01z", "http://h/d/a%01z"},
      {"//other/x y", "http://other/x%20y"},
      {"HTTP://Other", "http://other"},
      {"http://other?a b", "http://other?a%20b"},
      {"http://[::1]:80/x[", "http://[::1]:80/x%5B"},
      {"12:30", "http://h/d/12:30"},
      {"a b:c", "http://h/d/a%20b:c"},
      {"a/b:c", "http://h/d/a/b:c"},
      {"", "http://h/d/p"},
      {"#", "http://h/d/p#"},
      {"mailto:a b@c", "mailto:a%20b@c"},
      {"javascript:alert('<x y>')", "javascript:alert('%3Cx%20y%3E')"},
      {"data:text/plain,a b", "data:text/plain,a%20b"},
  };
  for (const auto& [link, expected] : cases) {
    const auto u = base.resolve_link(link);
    ASSERT_TRUE(u) << link;
    EXPECT_EQ(u->to_string(), expected);
  }
  for (const auto link : {"http://"sv, "http:/x"sv, "http://a b/"sv, "http://h:x/"sv, "http://h:70000/"sv, "//"sv,
                          "http://b\xc3\xbc"
                          "cher/"sv})
    EXPECT_FALSE(base.resolve_link(link)) << link;
}

TEST(url, an_escaped_link_is_not_escaped_again) {
  for (const auto link : {"a b%", "[\xc3\xa9]#x#y", "12:30 x", "?q=a|b"}) {
    const auto once = url::escape_link(link);
    EXPECT_EQ(url::escape_link(once), once);
  }
}

TEST(url, parts_can_be_replaced) {
  const auto u = url::parse("http://u:p@h:81/p?q#f");
  EXPECT_EQ(u.without_userinfo().to_string(), "http://h:81/p?q#f");
  EXPECT_EQ(u.without_fragment().to_string(), "http://u:p@h:81/p?q");
  EXPECT_EQ(u.with_query(query_params{}.add("a b", "c").to_string()).to_string(), "http://u:p@h:81/p?a+b=c");
  EXPECT_THROW((void)u.with_query("a b"), error);
  EXPECT_THROW((void)u.with_query("a#b"), error);
  EXPECT_THROW((void)u.with_query("\r\n"), error);
  EXPECT_THROW((void)url{}.with_query("a"), error);
}

TEST(url, can_be_a_key) {
  std::unordered_set<url> seen;
  EXPECT_TRUE(seen.insert(url::parse("http://h/a")).second);
  EXPECT_FALSE(seen.insert(url::parse("HTTP://H/a")).second);
  EXPECT_LT(url::parse("http://h/a"), url::parse("http://h/b"));
}

TEST(url, what_any_link_becomes_is_a_url_that_reads_back_the_same) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  const std::vector<std::string> words{"http:",   "//",  "/",   "..",       ".",    "?",   "#",
                                       "a",       "b c", "%41", "%",        "[",    "]",   "::1",
                                       "@",       ":",   "80",  "\xc3\xa9", "\xff", "\n",  "\\",
                                       "mailto:", "=",   "&",   "h",        ";",    "%2e", std::string(1, '\0')};
  const auto base = url::parse("http://user@base:81/d/p?q#f");
  int made = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string link;
    for (auto count = random() % 8; count > 0; --count)
      link += words[random() % words.size()];
    const auto u = base.resolve_link(link);
    if (!u)
      continue;
    ++made;
    const auto again = url::try_parse(u->to_string());
    ASSERT_TRUE(again) << link << " -> " << u->to_string();
    ASSERT_EQ(again->to_string(), u->to_string()) << link;
    ASSERT_EQ(again->host(), u->host()) << link;
    ASSERT_EQ(again->path(), u->path()) << link;
    ASSERT_EQ(again->query(), u->query()) << link;
    ASSERT_EQ(again->fragment(), u->fragment()) << link;
    const auto normal = u->normalized();
    ASSERT_EQ(url::parse(normal.to_string()), normal) << link;
    ASSERT_EQ(normal.normalized(), normal) << link;
    ASSERT_TRUE(u->target().find_first_of(" \r\n") == std::string::npos);
  }
  EXPECT_GT(made, 1'000);
}

} // namespace
} // namespace actors::http
