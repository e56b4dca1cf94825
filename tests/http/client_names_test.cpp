#include "tls_support.hpp"

#include <actors/http/client.hpp>
#include <actors/http/server.hpp>
#include <actors/net/name_cache.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

// Where the client gets addresses from.

namespace actors::http::test {
namespace {

using test_support::certificate_options;
using test_support::shared_identities;

std::vector<net::ip_address> loopback() {
  return std::vector<net::ip_address>(1, net::ip_address::parse("127.0.0.1").value());
}

response tell_host(const request& what) {
  return response{status::ok, std::string{what.get("Host").value_or("nobody")}, "text/plain"};
}

TEST(client_names, are_asked_for_once_for_many_connections) {
  const auto questions = std::make_shared<std::atomic<int>>(0);
  run_really([questions]() -> task<> {
    server site{tell_host};
    co_await site.start();
    const auto lookup = [questions](std::string) -> task<std::vector<net::ip_address>> {
      ++*questions;
      co_return loopback();
    };
    const net::name_cache names{net::name_cache_options{}.lookup(lookup)};
    const client web{client_options{}.names(names).keep_alive_timeout(0s)};
    const auto host = "service.test:" + std::to_string(site.port());
    for (int i = 0; i < 3; ++i)
      EXPECT_EQ((co_await web.get("http://" + host + "/")).body(), host);
    EXPECT_EQ(web.open_connections(), 0U);
    EXPECT_EQ(*questions, 1);
    EXPECT_EQ(names.size(), 1U);
  });
}

TEST(client_names, may_be_pinned_and_certificates_are_for_the_name_still) {
  run_really([]() -> task<> {
    const auto shown =
        certificate_options{}.alternative_names({"DNS:service.test"}).issued_by(shared_identities().authority).make();
    server site{tell_host, server_options{}.tls(server_with(shown))};
    co_await site.start();
    const net::name_cache names;
    names.pin("service.test", loopback());
    names.pin("other.test", loopback());
    const client web{client_options{}.names(names).tls(good_client())};
    const auto port = std::to_string(site.port());
    EXPECT_EQ((co_await web.get("https://service.test:" + port + "/")).body(), "service.test:" + port);
    bool was_refused = false;
    try {
      static_cast<void>(co_await web.get("https://other.test:" + port + "/"));
    } catch (const client_error& error) {
      was_refused = error.kind() == client_errc::tls;
    }
    EXPECT_TRUE(was_refused);
  });
}

} // namespace
} // namespace actors::http::test
