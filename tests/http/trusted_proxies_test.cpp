#include "support.hpp"

#include <actors/core/spawn.hpp>
#include <actors/http/error.hpp>
#include <actors/http/server.hpp>
#include <actors/http/trusted_proxies.hpp>
#include <actors/testing/memory_stream.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace actors::http::test {
namespace {

using actors::testing::make_memory_streams;
using actors::testing::memory_stream_options;
using ::testing::HasSubstr;

constexpr auto proxy = "10.0.0.1:40123";

trusted_proxies ours() {
  return trusted_proxies{}.add("10.0.0.0/8").add("2001:db8::/32");
}

/// Whom a request with this field is from.
std::string client_of(const std::string& clients, std::string_view peer = proxy) {
  return ours().origin_of(request{}.add("X-Forwarded-For", clients), peer, "http").client;
}

TEST(trusted_proxies, the_client_is_the_first_from_the_end_that_is_not_trusted) {
  EXPECT_EQ(client_of("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(client_of("192.0.2.7, 10.0.0.3"), "192.0.2.7");
  EXPECT_EQ(client_of("6.6.6.6, 192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(client_of("10.0.0.9, 6.6.6.6, 192.0.2.7, 10.0.0.3"), "192.0.2.7");
  EXPECT_EQ(client_of("10.0.0.9, 10.0.0.3"), "10.0.0.9");
  EXPECT_EQ(client_of("192.0.2.7", "192.0.2.99:1"), "192.0.2.99");
  EXPECT_EQ(client_of("192.0.2.7", "[2001:db8::9]:1"), "192.0.2.7");
  EXPECT_EQ(client_of("192.0.2.7", "[::ffff:10.0.0.1]:1"), "192.0.2.7");
  EXPECT_EQ(trusted_proxies{}.origin_of(request{}.add("X-Forwarded-For", "1.1.1.1"), proxy, "http").client, "10.0.0.1");
}

TEST(trusted_proxies, lines_of_the_field_are_one_list) {
  const auto what = request{}.add("X-Forwarded-For", "6.6.6.6").add("X-Forwarded-For", "192.0.2.7");
  EXPECT_EQ(ours().origin_of(what, proxy, "http").client, "192.0.2.7");
}

TEST(trusted_proxies, addresses_are_read_in_every_form_that_proxies_write) {
  EXPECT_EQ(client_of("192.0.2.7:4711"), "192.0.2.7");
  EXPECT_EQ(client_of("2001:DB9::1"), "2001:db9::1");
  EXPECT_EQ(client_of("[2001:db9::1]"), "2001:db9::1");
  EXPECT_EQ(client_of("[2001:db9::1]:80"), "2001:db9::1");
  EXPECT_EQ(client_of("_hidden"), "_hidden");
  EXPECT_EQ(client_of("_hidden:_port"), "_hidden");
}

TEST(trusted_proxies, behind_what_cannot_be_read_nothing_is_believed) {
  for (const std::string text : {"unknown", "localhost", "<script>", "192.0.2.7.1", "192.0.2.7;x", "\"", "_", "_a b"})
    EXPECT_EQ(client_of("192.0.2.7, " + text + ", 10.0.0.3"), "unknown") << text;
}

TEST(trusted_proxies, scheme_and_host_are_those_of_the_outermost_that_is_trusted) {
  const auto of = [](request what, std::string_view peer = proxy) {
    const auto origin = ours().origin_of(what.set("Host", "inside"), peer, "http");
    return origin.client + " " + origin.scheme + "://" + origin.host;
  };
  const auto single = request{}.add("X-Forwarded-For", "192.0.2.7").add("X-Forwarded-Proto", "HTTPS");
  EXPECT_EQ(of(single), "192.0.2.7 https://inside");
  EXPECT_EQ(of(single, "192.0.2.8:1"), "192.0.2.8 http://inside");
  EXPECT_EQ(of(request{single}.add("X-Forwarded-Host", "example.com:8443")), "192.0.2.7 https://example.com:8443");
  EXPECT_EQ(of(request{single}.add("X-Forwarded-Host", "a\"b")), "192.0.2.7 https://inside");
  // What the client has sent stands in front.
  EXPECT_EQ(of(request{}.add("X-Forwarded-For", "6.6.6.6, 192.0.2.7").add("X-Forwarded-Proto", "https, http")),
            "192.0.2.7 http://inside");
  EXPECT_EQ(of(request{}.add("X-Forwarded-For", "192.0.2.7, 10.0.0.3").add("X-Forwarded-Proto", "https, http")),
            "192.0.2.7 https://inside");
  // Lists of other lengths: the last is the nearest proxy's.
  EXPECT_EQ(of(request{}.add("X-Forwarded-For", "192.0.2.7").add("X-Forwarded-Proto", "http, https")),
            "192.0.2.7 https://inside");
  EXPECT_EQ(of(request{}.add("X-Forwarded-Proto", "https")), "10.0.0.1 https://inside");
  EXPECT_EQ(of(request{single}.set("X-Forwarded-Proto", "javascript")), "192.0.2.7 http://inside");
}

TEST(trusted_proxies, only_the_kind_of_fields_that_the_proxies_write_is_read) {
  const auto both = request{}
                        .add("X-Forwarded-For", "192.0.2.7")
                        .add("Forwarded", "for=6.6.6.6, for=\"[2001:db9::1]:1\";proto=https;host=a, for=10.0.0.3");
  EXPECT_EQ(ours().origin_of(both, proxy, "http"), (request_origin{"192.0.2.7", "http", ""}));
  EXPECT_EQ(ours().reads(forwarding::forwarded).origin_of(both, proxy, "http"),
            (request_origin{"2001:db9::1", "https", "a"}));
  const auto open_quote = request{}.add("Forwarded", "for=\"6.6.6.6").add("Forwarded", "for=192.0.2.7");
  EXPECT_EQ(ours().reads(forwarding::forwarded).origin_of(open_quote, proxy, "http").client, "192.0.2.7");
  EXPECT_EQ(ours().reads(forwarding::forwarded).origin_of(request{}.add("Forwarded", "for"), proxy, "http").client,
            "unknown");
}

TEST(trusted_proxies, nothing_else_that_says_who_the_client_is_reaches_a_handler) {
  auto what = request{};
  for (const auto* name : {"X-Forwarded-For", "x-forwarded-prefix", "X-FORWARDED-SCHEME", "X-Real-IP", "Forwarded"})
    what.add(name, "1");
  set_origin(what, {"192.0.2.7", "https", "a"});
  EXPECT_EQ(what.fields().size(), 1U);
  EXPECT_EQ(what.get("Forwarded"), "for=192.0.2.7;proto=https;host=\"a\"");
}

TEST(trusted_proxies, private_addresses_and_unix_sockets_are_trusted_when_that_is_said) {
  const auto inside = trusted_proxies{}.add_private();
  for (const auto* peer : {"127.0.0.1:1", "10.1.1.1:1", "172.31.0.1:1", "192.168.1.1:1", "[::1]:1", "[fd00::1]:1"})
    EXPECT_TRUE(inside.trusts(std::string_view{peer})) << peer;
  for (const auto* peer : {"192.0.2.7:1", "172.32.0.1:1", "[2001:db8::1]:1", "unix:/run/app.sock", "memory:1", ""})
    EXPECT_FALSE(inside.trusts(std::string_view{peer})) << peer;
  const auto local = trusted_proxies{}.add_unix_sockets();
  const auto what = request{}.add("X-Forwarded-For", "192.0.2.7");
  EXPECT_EQ(local.origin_of(what, "unix:/run/app.sock", "http").client, "192.0.2.7");
  EXPECT_EQ(inside.origin_of(what, "unix:/run/app.sock", "http").client, "_unix");
}

TEST(trusted_proxies, a_text_that_is_no_network_is_refused) {
  try {
    static_cast<void>(trusted_proxies{}.add("10.0.0.1/8"));
    FAIL() << "it was taken";
  } catch (const error& e) {
    EXPECT_EQ(e.kind(), errc::invalid_value);
    EXPECT_THAT(e.what(), HasSubstr("\"10.0.0.1/8\""));
  }
}

/// What the handler of a server with these options is told about a request.
std::vector<std::string> seen_by_server(const server_options& options, std::string_view fields) {
  std::vector<std::string> seen;
  const auto note = [&seen](const request& what) {
    seen.emplace_back(what.get("Forwarded").value_or("none"));
    seen.emplace_back(what.get("X-Forwarded-For").value_or("none"));
  };
  const std::vector<handler> handlers{
      [&note](const request& what) {
        note(what);
        return response{};
      },
      [&note](server_exchange& x) -> task<void> {
        note(x.head());
        co_await x.send(response{});
      },
  };
  for (const auto& function : handlers)
    run_virtually([&]() -> task<> {
      server site{function, options};
      auto ends = make_memory_streams(memory_stream_options{}.names(proxy, "server"));
      const auto serving = spawn(site.serve(std::move(ends.second)));
      co_await ends.first->write_all("GET / HTTP/1.1\r\nHost: x\r\n" + std::string{fields} + "\r\n");
      static_cast<void>(co_await read_until(*ends.first, "\r\n\r\n"));
      ends.first->close();
      co_await serving;
    });
  return seen;
}

TEST(trusted_proxies, a_server_tells_every_form_of_handler_what_it_believes) {
  constexpr auto fields = "X-Forwarded-For: 6.6.6.6, 192.0.2.7\r\nForwarded: for=6.6.6.6\r\n";
  const std::string believed = "for=192.0.2.7;proto=http;host=\"x\"";
  EXPECT_EQ(seen_by_server(server_options{}.trust_proxies(ours()), fields),
            (std::vector<std::string>{believed, "none", believed, "none"}));
  const std::string peer = "for=10.0.0.1;proto=http;host=\"x\"";
  EXPECT_EQ(seen_by_server(server_options{}.trust_proxies({}), fields),
            (std::vector<std::string>{peer, "none", peer, "none"}));
  EXPECT_EQ(seen_by_server(server_options{}, "X-Forwarded-For: 1.1.1.1\r\n"),
            (std::vector<std::string>{"none", "1.1.1.1", "none", "1.1.1.1"}));
}

TEST(trusted_proxies, the_access_log_names_the_client_and_not_the_proxy) {
  std::vector<std::string> peers;
  const auto options = server_options{}.trust_proxies(ours()).access_log(
      [&peers](const access_event& event) { peers.push_back(event.peer); });
  static_cast<void>(seen_by_server(options, "X-Forwarded-For: 192.0.2.7\r\n"));
  EXPECT_EQ(peers, (std::vector<std::string>{"192.0.2.7", "192.0.2.7"}));
}

} // namespace
} // namespace actors::http::test
