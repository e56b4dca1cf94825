#include <actors/net/ip_network.hpp>

#include <gtest/gtest.h>

#include <string>

namespace actors::net::test {
namespace {

ip_network block(std::string_view text) {
  return ip_network::parse(text).value();
}

ip_address at(std::string_view text) {
  return ip_address::parse(text).value();
}

TEST(ip_network, contains_the_addresses_that_share_its_prefix) {
  EXPECT_TRUE(block("10.0.0.0/8").contains(at("10.255.0.1")));
  EXPECT_FALSE(block("10.0.0.0/8").contains(at("11.0.0.0")));
  EXPECT_TRUE(block("172.16.0.0/12").contains(at("172.31.255.255")));
  EXPECT_FALSE(block("172.16.0.0/12").contains(at("172.32.0.0")));
  EXPECT_TRUE(block("192.0.2.7").contains(at("192.0.2.7")));
  EXPECT_FALSE(block("192.0.2.7/32").contains(at("192.0.2.6")));
  EXPECT_TRUE(block("0.0.0.0/0").contains(at("255.255.255.255")));
  EXPECT_TRUE(block("2001:db8::/32").contains(at("2001:db8:ffff::1")));
  EXPECT_FALSE(block("2001:db8::/32").contains(at("2001:db9::")));
  EXPECT_TRUE(block("fe80::/10").contains(at("febf::1")));
  EXPECT_FALSE(block("fe80::/10").contains(at("fec0::1")));
  EXPECT_TRUE(block("::1/128").contains(at("::1")));
}

TEST(ip_network, keeps_the_two_kinds_apart_except_for_mapped_addresses) {
  EXPECT_FALSE(block("0.0.0.0/0").contains(at("::1")));
  EXPECT_FALSE(block("::/0").contains(at("10.0.0.1")));
  EXPECT_TRUE(block("10.0.0.0/8").contains(at("::ffff:10.0.0.1")));
  EXPECT_FALSE(block("10.0.0.0/8").contains(at("::ffff:11.0.0.1")));
  EXPECT_EQ(block("::ffff:10.0.0.0/104"), block("10.0.0.0/8"));
  EXPECT_EQ(ip_network{at("::ffff:10.0.0.1")}, block("10.0.0.1"));
}

TEST(ip_network, is_written_as_it_is_read) {
  for (const std::string text : {"10.0.0.0/8", "0.0.0.0/0", "192.0.2.7/32", "2001:db8::/32", "::/0", "::1/128"})
    EXPECT_EQ(block(text).to_string(), text);
  EXPECT_EQ(block("10.0.0.0/8").prefix(), 8U);
  EXPECT_EQ(block("10.0.0.0/8").base(), at("10.0.0.0"));
}

TEST(ip_network, refuses_every_other_text) {
  for (const auto* text : {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8 ",
                           "10.0.0.0/08", "10.0.0.0/8/8", "10.0.0.1/8", "10.0/8", "::/129", "::1/64", "fe80::1%2",
                           "fe80::%2/10", "localhost", "10.0.0.0/99999999999"})
    EXPECT_FALSE(ip_network::parse(text)) << text;
}

} // namespace
} // namespace actors::net::test
