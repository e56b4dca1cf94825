#include "client_support.hpp"
#include "tls_support.hpp"

#include <actors/core/sleep.hpp>
#include <actors/core/timeout.hpp>
#include <actors/fs/temp_directory.hpp>
#include <actors/http/proxy.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace actors::http::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using server = scripted_server;

const std::string hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

TEST(proxied_client, asks_the_proxy_in_absolute_form) {
  run_virtually([]() -> task<> {
    std::vector<std::string> seen;
    server proxy{{[&seen](net::stream& s) -> task<void> {
      for (int i = 0; i < 2; ++i) {
        seen.push_back(co_await read_until(s, "\r\n\r\n"));
        co_await s.write_all(hello);
      }
      static_cast<void>(co_await read_to_end(s));
    }}};
    const auto web = proxy.make_client(client_options{}.user_agent("").decode(false).proxy(
        proxy_settings::all("http://us%65r:pass@proxy:3128").no_proxy("near")));
    static_cast<void>(co_await web.get("http://a.example/x?y#z"));
    static_cast<void>(co_await web.get("http://b.example:81"));
    EXPECT_THAT(seen, ElementsAre("GET http://a.example/x?y HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n"
                                  "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n",
                                  "GET http://b.example:81/ HTTP/1.1\r\nHost: b.example:81\r\nAccept: */*\r\n"
                                  "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n"));
    EXPECT_THAT(proxy.hosts(), ElementsAre("proxy:3128")); // one connection serves all hosts
  });
}

TEST(proxied_client, gives_the_password_to_nobody_but_the_proxy) {
  run_virtually([]() -> task<> {
    std::string seen;
    server both{{server::answers({"HTTP/1.1 302 Found\r\nLocation: http://near/\r\nContent-Length: 0\r\n\r\n"}),
                 [&seen](net::stream& s) -> task<void> {
                   seen = co_await read_until(s, "\r\n\r\n");
                   co_await s.write_all(hello);
                 }}};
    const auto web =
        both.make_client(client_options{}.proxy(proxy_settings::all("http://user:pass@proxy").no_proxy("near")));
    static_cast<void>(co_await web.get("http://far/"));
    EXPECT_THAT(both.hosts(), ElementsAre("proxy:80", "near:80"));
    EXPECT_THAT(seen, StartsWith("GET / HTTP/1.1\r\n"));
    EXPECT_THAT(seen, ::testing::Not(HasSubstr("Proxy-Authorization")));
  });
}

TEST(proxied_client, keeps_a_password_given_by_hand_from_servers_too) {
  run_virtually([]() -> task<> {
    std::vector<std::string> seen;
    server all{{recorder(seen, {hello}), recorder(seen, {hello}), recorder(seen, {"HTTP/1.1 200 OK\r\n\r\n", hello})}};
    const auto what = request{}.set("Proxy-Authorization", "Basic x");
    const auto by_proxy = client_options{}.proxy(proxy_settings::all("http://proxy").no_proxy("near"));
    const auto web = all.make_client(by_proxy);
    static_cast<void>(co_await web.send("http://far/", what));
    static_cast<void>(co_await web.send("http://near/", what));
    const auto tunnel = client_options{}.proxy(proxy_settings::all("http://proxy").tunnel_all(true));
    static_cast<void>(co_await all.make_client(tunnel).send("http://far/", what));
    std::vector<std::string> sent;
    for (const auto& head : seen)
      sent.push_back(field_of(head, "Proxy-Authorization"));
    EXPECT_THAT(sent, ElementsAre("Basic x", "-", "-", "-"));
  });
}

TEST(proxied_client, goes_through_a_tunnel) {
  run_virtually([]() -> task<> {
    std::vector<std::string> seen;
    server proxy{{[&seen](net::stream& s) -> task<void> {
      seen.push_back(co_await read_until(s, "\r\n\r\n"));
      co_await s.write_all("HTTP/1.1 200 Connection established\r\nContent-Length: 7\r\n\r\n");
      for (int i = 0; i < 2; ++i) {
        seen.push_back(co_await read_until(s, "\r\n\r\n"));
        co_await s.write_all(hello);
      }
      static_cast<void>(co_await read_to_end(s));
    }}};
    proxy.streams(actors::testing::memory_stream_options{}.both_ways(actors::testing::stream_faults{}.pieces(3)));
    const auto web = proxy.make_client(client_options{}.user_agent("").decode(false).proxy(
        proxy_settings::all("http://user:pass@proxy:3128").tunnel_all(true)));
    EXPECT_EQ((co_await web.get("http://a.example/x")).body(), "hello");
    EXPECT_EQ((co_await web.get("http://a.example/y")).body(), "hello");
    EXPECT_THAT(seen, ElementsAre("CONNECT a.example:80 HTTP/1.1\r\nHost: a.example:80\r\n"
                                  "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n",
                                  "GET /x HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n\r\n",
                                  "GET /y HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n\r\n"));
    EXPECT_THAT(proxy.hosts(), ElementsAre("proxy:3128"));
  });
}

TEST(proxied_client, tells_that_there_is_no_tunnel) {
  run_virtually([]() -> task<> {
    const std::pair<std::string, std::string> answers[] = {
        {"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", "proxy"},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 502 Bad Gateway\r\n\r\n", "proxy"},
        {"HTTP/1.1 2", "disconnected"},
        {"SSH-2.0\r\n", "protocol"}};
    for (const auto& [answer, kind] : answers) {
      server proxy{{server::answers_and_closes(answer)}};
      const auto web = proxy.make_client(client_options{}.proxy(proxy_settings::all("proxy").tunnel_all(true)));
      std::string what;
      EXPECT_EQ(co_await kind_of(web.get("http://x/"), &what), kind);
      EXPECT_THAT(what, StartsWith("GET http://x/: proxy proxy: "));
      EXPECT_EQ(web.open_connections(), 0U);
    }
  });
}

TEST(proxied_client, waits_for_a_tunnel_as_long_as_for_a_connection) {
  run_virtually([]() -> task<> {
    server proxy{{[](net::stream&) -> task<void> { co_await sleep(1h); }}};
    const auto web = proxy.make_client(client_options{}.proxy(proxy_settings::all("proxy").tunnel_all(true)));
    std::string what;
    EXPECT_EQ(co_await kind_of(web.get("http://x/"), &what), "timeout");
    EXPECT_THAT(what, HasSubstr("no connection after 10000 ms"));
    EXPECT_THROW(static_cast<void>(co_await with_timeout(1s, web.get("http://x/"))), timeout_error);
    EXPECT_EQ(web.open_connections(), 0U);
  });
}

/// Shakes hands, and hands what it gets to the script.
scripted_server::script over_tls(net::tls_server_context context, scripted_server::script what) {
  return [context = std::move(context), what = std::move(what)](net::stream& raw) -> task<void> {
    auto secured = co_await net::tls_server_handshake(std::make_unique<borrowed_stream>(raw), context);
    co_await what(*secured);
  };
}

TEST(proxied_client, speaks_tls_with_a_proxy_of_https) {
  run_virtually([]() -> task<> {
    std::vector<std::string> seen;
    server proxy{{over_tls(net::tls_server_context{good_server()}, recorder(seen, {hello}))}};
    auto settings = proxy_settings::all("https://user:pass@localhost");
    settings.tls(good_client());
    const auto web = proxy.make_client(client_options{}.user_agent("").decode(false).proxy(settings));
    EXPECT_EQ((co_await web.get("http://a.example/x")).body(), "hello");
    EXPECT_THAT(seen, ElementsAre("GET http://a.example/x HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n"
                                  "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n"));
    EXPECT_THAT(proxy.hosts(), ElementsAre("localhost:443"));
  });
}

TEST(proxied_client, speaks_tls_with_the_server_inside_of_that_with_the_proxy) {
  run_virtually([]() -> task<> {
    const auto& authority = test_support::shared_identities().authority;
    auto shown = test_support::certificate_options{}.name("far").alternative_names({"DNS:far.example"});
    const net::tls_server_context far{server_with(shown.issued_by(authority).make())};
    std::vector<std::string> seen;
    const auto tunnel = [&seen, far](net::stream& outer) -> task<void> {
      seen.push_back(co_await read_until(outer, "\r\n\r\n"));
      co_await outer.write_all("HTTP/1.1 200 Connection established\r\n\r\n");
      auto inner = co_await net::tls_server_handshake(std::make_unique<borrowed_stream>(outer), far);
      seen.push_back(inner->server_name() + ": " + co_await read_until(*inner, "\r\n\r\n"));
      co_await inner->write_all(hello);
      static_cast<void>(co_await read_to_end(*inner));
    };
    server proxy{{over_tls(net::tls_server_context{good_server()}, tunnel)}};
    auto settings = proxy_settings::all("https://localhost:3128");
    settings.tls(good_client());
    const auto options = client_options{}.user_agent("").decode(false).tls(good_client()).proxy(settings);
    EXPECT_EQ((co_await proxy.make_client(options).get("https://far.example/x")).body(), "hello");
    EXPECT_THAT(seen, ElementsAre("CONNECT far.example:443 HTTP/1.1\r\nHost: far.example:443\r\n\r\n",
                                  "far.example: GET /x HTTP/1.1\r\nHost: far.example\r\nAccept: */*\r\n\r\n"));
  });
}

TEST(proxied_client, does_not_trust_a_proxy_because_it_trusts_servers) {
  run_virtually([]() -> task<> {
    server proxy{{over_tls(net::tls_server_context{good_server()}, server::answers({hello}))}};
    const auto options = client_options{}.tls(good_client()).proxy(proxy_settings::all("https://localhost"));
    const auto web = proxy.make_client(options);
    std::string what;
    EXPECT_EQ(co_await kind_of(web.get("http://x/"), &what), "tls");
    EXPECT_THAT(what, HasSubstr("certificate is not issued by a trusted authority"));
    auto settings = proxy_settings::all("https://other");
    settings.tls(good_client());
    EXPECT_EQ(co_await kind_of(proxy.make_client(client_options{}.proxy(settings)).get("http://x/"), &what), "tls");
    EXPECT_THAT(what, HasSubstr("certificate is for another host"));
  });
}

TEST(client_on_a_unix_socket, connects_there_whatever_the_host) {
  run_really([]() -> task<> {
    const fs::temp_directory folder;
    const auto path = (folder.path() / "none.sock").string();
    const client web{client_options{}.unix_socket(path)};
    std::string what;
    EXPECT_EQ(co_await kind_of(web.get("http://x/"), &what), "connect");
    EXPECT_THAT(what, HasSubstr("unix:" + path));
  });
}

} // namespace
} // namespace actors::http::test
