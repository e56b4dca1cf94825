#include <actors/http/error.hpp>
#include <actors/http/proxy.hpp>
#include <actors/http/url.hpp>

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>

namespace actors::http::test {
namespace {

std::string proxy_for(const proxy_settings& all, std::string_view where) {
  const auto* const found = all.for_url(url::parse(where));
  return found == nullptr ? "none" : found->to_string();
}

proxy_settings from(const std::map<std::string, std::string>& environment) {
  return proxy_from_environment([&](const char* name) -> const char* {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  });
}

TEST(proxy_settings, has_one_for_each_scheme) {
  const auto both = proxy_settings::all("proxy:3128");
  EXPECT_EQ(proxy_for(both, "http://x/"), "http://proxy:3128");
  EXPECT_EQ(proxy_for(both, "https://x/"), "http://proxy:3128");
  EXPECT_FALSE(both.uses_tunnel(url::parse("http://x/")));
  EXPECT_TRUE(both.uses_tunnel(url::parse("https://x/")));
  const auto one = proxy_settings{}.https("http://secure");
  EXPECT_EQ(proxy_for(one, "http://x/"), "none");
  EXPECT_EQ(proxy_for(one, "https://x/"), "http://secure");
  EXPECT_TRUE(proxy_settings{}.empty());
}

TEST(proxy_settings, has_exceptions) {
  const auto all = proxy_settings::all("p").no_proxy(
      "Example.com, .dotted.org,10.0.0.0/9 192.168.1.7\tfe80::/10,localhost.,,*.star.net");
  for (const auto* direct : {"http://example.com/", "http://www.example.com/", "https://a.b.EXAMPLE.com:8443/",
                             "http://dotted.org/", "http://x.dotted.org/", "http://10.1.2.3/", "http://192.168.1.7/",
                             "http://[fe80::1]/", "http://localhost/", "http://example.com./", "http://a.star.net/"})
    EXPECT_EQ(proxy_for(all, direct), "none") << direct;
  for (const auto* other : {"http://badexample.com/", "http://com/", "http://10.128.0.0/", "http://192.168.1.70/",
                            "http://[2001:db9::1]/", "http://x.10.1.2.3.org/"})
    EXPECT_EQ(proxy_for(all, other), "http://p") << other;
  EXPECT_EQ(proxy_for(proxy_settings::all("p").no_proxy("*"), "http://x/"), "none");
  EXPECT_EQ(proxy_for(proxy_settings::all("p").no_proxy("0.0.0.0/0"), "http://1.2.3.4/"), "none");
}

TEST(proxy_settings, refuses_what_is_no_proxy_or_network) {
  for (const auto* bad : {"ftp://x", "socks5://x", "http://", "a b"})
    EXPECT_THROW(static_cast<void>(proxy_settings::all(bad)), error) << bad;
  for (const auto* bad : {"10.0.0.0/33", "10.0.0.0/", "x/8", "::/129", "10.0.0.0/8x"})
    EXPECT_THROW(proxy_settings{}.no_proxy(bad), error) << bad;
}

TEST(proxy_from_environment, reads_it_as_curl_does) {
  const auto all = from({{"http_proxy", "http://a"}, {"HTTPS_PROXY", "b:1"}, {"NO_PROXY", "x.y"}});
  EXPECT_EQ(proxy_for(all, "http://z/"), "http://a");
  EXPECT_EQ(proxy_for(all, "https://z/"), "http://b:1");
  EXPECT_EQ(proxy_for(all, "http://x.y/"), "none");
  EXPECT_TRUE(from({{"HTTP_PROXY", "http://evil"}}).empty());
  const auto rest = from({{"ALL_PROXY", "http://c"}, {"https_proxy", "http://d"}, {"HTTPS_PROXY", "http://e"}});
  EXPECT_EQ(proxy_for(rest, "http://z/"), "http://c");
  EXPECT_EQ(proxy_for(rest, "https://z/"), "http://d");
  EXPECT_TRUE(from({{"http_proxy", ""}}).empty());
  EXPECT_TRUE(from({}).empty());
}

} // namespace
} // namespace actors::http::test
