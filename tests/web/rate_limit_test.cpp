#include "middleware_support.hpp"

#include <actors/core/error.hpp>
#include <actors/net/endpoint.hpp>
#include <actors/web/internal/request_facts.hpp>
#include <actors/web/rate_limit.hpp>

#include <gtest/gtest.h>

#include <string>

namespace actors::web::test {
namespace {

application app_with(rate_limit how) {
  application app;
  app.use(std::move(how));
  app.get("/", [] { return 1; });
  app.get("/pieces", [] { return in_pieces(); });
  return app;
}

rate_limit by_user(std::size_t count, std::chrono::nanoseconds per) {
  return rate_limit{count, per}.key([](context& c) { return std::string{c.request().get("User").value_or("")}; });
}

std::string of(std::string user, std::string_view target = "/") {
  return request_text("GET", target, "User: " + user + "\r\n");
}

std::vector<int> statuses(const std::vector<answer>& all) {
  std::vector<int> result;
  for (const auto& each : all)
    result.push_back(each.status);
  return result;
}

TEST(rate_limit, refuses_more_than_it_allows_and_says_when_to_come_back) {
  auto app = app_with(rate_limit{2, 10s});
  const auto all = ask_in_turn(app, {of(""), of(""), of("")});
  EXPECT_EQ(statuses(all), (std::vector<int>{200, 200, 429}));
  EXPECT_EQ(all[0].field("RateLimit-Limit"), "2");
  EXPECT_EQ(all[0].field("RateLimit-Remaining"), "1");
  EXPECT_EQ(all[0].field("RateLimit-Reset"), "5");
  EXPECT_EQ(all[0].field("Retry-After"), "");
  EXPECT_EQ(all[1].field("RateLimit-Remaining"), "0");
  EXPECT_EQ(all[1].field("RateLimit-Reset"), "10");
  EXPECT_EQ(all[2].field("Retry-After"), "5");
  EXPECT_EQ(all[2].body, R"({"detail":"Too many requests"})");
}

TEST(rate_limit, lets_in_again_what_waited) {
  auto app = app_with(rate_limit{2, 10s});
  EXPECT_EQ(statuses(ask_in_turn(app, {of(""), of(""), of(""), of("")}, 5s)), (std::vector<int>{200, 200, 200, 200}));
  auto other = app_with(rate_limit{1, 10s}.burst(3));
  EXPECT_EQ(statuses(ask_in_turn(other, {of(""), of(""), of(""), of("")}, 1s)), (std::vector<int>{200, 200, 200, 429}));
}

TEST(rate_limit, counts_by_key) {
  auto app = app_with(by_user(1, 10s));
  EXPECT_EQ(statuses(ask_in_turn(app, {of("a"), of("b"), of("a"), of(""), of(""), of("b", "/pieces")})),
            (std::vector<int>{200, 200, 429, 200, 200, 429}));
}

TEST(rate_limit, keeps_a_bounded_number_of_keys) {
  const auto limit = by_user(1, 1h).max_keys(2);
  auto app = app_with(limit);
  EXPECT_EQ(statuses(ask_in_turn(app, {of("a"), of("b"), of("a"), of("c"), of("a"), of("b")})),
            (std::vector<int>{200, 200, 429, 200, 429, 200}))
      << "b was used least recently";
  EXPECT_EQ(limit.size(), 2U);
  std::vector<std::string> many;
  for (int i = 0; i < 100; ++i)
    many.push_back(of(std::to_string(i)));
  static_cast<void>(ask_in_turn(app, std::move(many)));
  EXPECT_EQ(limit.size(), 2U);
}

TEST(rate_limit, takes_whom_trusted_proxies_name) {
  auto app = app_with(rate_limit{1, 1h}.behind_proxies());
  const auto from = [](std::string who) { return request_text("GET", "/", "Forwarded: " + who + "\r\n"); };
  EXPECT_EQ(statuses(ask_in_turn(app, {from("for=192.0.2.1;proto=http;host=x"), from("for=192.0.2.2;proto=http;host=x"),
                                       from("for=192.0.2.1;proto=http;host=x"),
                                       from("for=\"[2001:db8:1:2::1]\";proto=http;host=x"),
                                       from("for=\"[2001:db8:1:2:3::9]\";proto=http;host=x"),
                                       from("for=\"[2001:db8:1:3::1]\";proto=http;host=x")})),
            (std::vector<int>{200, 200, 429, 200, 429, 200}));
}

TEST(rate_limit, counts_the_network_of_ipv6_addresses) {
  const auto network = [](std::string_view text) { return internal::network_of(*net::ip_address::parse(text)); };
  EXPECT_EQ(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(network("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(network("192.0.2.1"), "192.0.2.1");
}

TEST(rate_limit, is_above_zero) {
  EXPECT_THROW((rate_limit{0, 1s}), misuse_error);
  EXPECT_THROW((rate_limit{1, 0s}), misuse_error);
  EXPECT_THROW((rate_limit{1, 1s}.burst(0)), misuse_error);
  EXPECT_THROW((rate_limit{1, 1s}.max_keys(0)), misuse_error);
}

} // namespace
} // namespace actors::web::test
