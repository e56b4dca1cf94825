#include <actors/net/endpoint.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace actors::net;

TEST(ip_address, numeric_texts_parse_and_print_as_they_were) {
  for (const std::string text :
       {"0.0.0.0", "127.0.0.1", "255.255.255.255", "::", "::1", "2001:db8::1", "fe80::1%3", "::ffff:10.0.0.1"}) {
    const auto address = ip_address::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), text);
    EXPECT_EQ(ip_address::parse(address->to_string()), address);
  }
}

TEST(ip_address, anything_else_is_no_address) {
  for (const std::string_view text :
       {"", "localhost", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4x", "1.2.3.4%1", ":::", "12345::", "::1%",
        "::1%eth0", "::1%1x", "[::1]", " 127.0.0.1", "127.0.0.1 ", "::1%99999999999999999999"})
    EXPECT_FALSE(ip_address::parse(text)) << text;
  EXPECT_FALSE(ip_address::parse(std::string(10000, '1')));
  EXPECT_FALSE(ip_address::parse(std::string_view{"127.0.0.1\0", 10}));
}

TEST(ip_address, loopback_is_known_in_all_its_forms) {
  for (const auto* text : {"127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"})
    EXPECT_TRUE(ip_address::parse(text)->is_loopback()) << text;
  for (const auto* text : {"128.0.0.1", "::2", "::", "0.0.0.0", "::ffff:10.0.0.1"})
    EXPECT_FALSE(ip_address::parse(text)->is_loopback()) << text;
}

TEST(endpoint, a_text_parses_if_it_is_one_that_it_prints) {
  for (const std::string text : {"127.0.0.1:80", "0.0.0.0:0", "[::1]:65535", "[fe80::1%2]:53"}) {
    const auto parsed = endpoint::parse(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->to_string(), text);
  }
  for (const std::string text :
       {"", ":", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1: 1",
        "127.0.0.1:1 ", "::1:80", "[::1]", "[::1]80", "[127.0.0.1]:80", "[::1:80", "localhost:80", "[]:80"})
    EXPECT_FALSE(endpoint::parse(text)) << text;
}

TEST(endpoint, an_ipv6_address_is_bracketed_before_the_port) {
  EXPECT_EQ(endpoint(*ip_address::parse("127.0.0.1"), 80).to_string(), "127.0.0.1:80");
  EXPECT_EQ(endpoint(*ip_address::parse("::1"), 65535).to_string(), "[::1]:65535");
  EXPECT_EQ(host_and_port("example.org", 8080), "example.org:8080");
}

} // namespace
