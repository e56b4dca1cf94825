#include <actors/app/internal/suggestion.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace {

using actors::app::internal::nearest;

constexpr std::array<std::string_view, 4> names{"port", "host", "read_timeout", "max_connections"};

TEST(suggestion, one_slip_finds_the_name) {
  EXPECT_EQ(nearest("prot", names), "port");
  EXPECT_EQ(nearest("pot", names), "port");
  EXPECT_EQ(nearest("ports", names), "port");
  EXPECT_EQ(nearest("Port", names), "port");
  EXPECT_EQ(nearest("read-timeout", names), "read_timeout");
  EXPECT_EQ(nearest("readtimeuot", names), "read_timeout");
  EXPECT_EQ(nearest("max_conections", names), "max_connections");
}

TEST(suggestion, far_away_finds_nothing) {
  EXPECT_EQ(nearest("colour", names), std::nullopt);
  EXPECT_EQ(nearest("", names), std::nullopt);
  EXPECT_EQ(nearest("x", std::array<std::string_view, 1>{"y"}), std::nullopt);
  EXPECT_EQ(nearest("port", {}), std::nullopt);
}

TEST(suggestion, a_huge_name_costs_nothing) {
  EXPECT_EQ(nearest(std::string(1'000'000, 'p'), names), std::nullopt);
}

} // namespace
