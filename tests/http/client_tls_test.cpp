#include "scripted_server.hpp"
#include "tls_support.hpp"

#include <actors/core/error.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/timeout.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

// https in the client, in memory and in virtual time.

namespace actors::http::test {
namespace {

using test_support::certificate;
using test_support::certificate_options;
using test_support::shared_identities;
using ::testing::HasSubstr;

std::string answer(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// Answers each request with the name that was asked for and the protocol that was agreed on.
task<void> tell(net::tls_stream& secured, net::stream&) {
  for (;;) {
    static_cast<void>(co_await read_until(secured, "\r\n\r\n"));
    co_await secured.write_all(answer(secured.server_name() + " " + secured.alpn()));
  }
}

/// Answers one request.
task<void> tell_once(net::tls_stream& secured, net::stream&) {
  static_cast<void>(co_await read_until(secured, "\r\n\r\n"));
  co_await secured.write_all(answer("once"));
}

client_options trusting() {
  return client_options{}.tls(good_client());
}

TEST(https_client, speaks_tls_over_whatever_connection_it_is_given) {
  run_virtually([]() -> task<> {
    const auto peer = memory_peer::with_tls(good_server().alpn({"http/1.1"}), tell);
    const client web{peer.options(trusting())};
    EXPECT_EQ((co_await web.get("https://localhost/a")).body(), "localhost http/1.1");
    EXPECT_EQ((co_await web.get("https://localhost/b")).body(), "localhost http/1.1");
    EXPECT_EQ(peer.connections(), 1);
    // Another origin: its name is in the certificate, but there is no such thing as asking for an address.
    EXPECT_EQ((co_await web.get("https://127.0.0.1/")).body(), " http/1.1");
    EXPECT_EQ((co_await web.get("https://[::1]:444/")).body(), " http/1.1");
    EXPECT_EQ(peer.connections(), 3);
    EXPECT_EQ(web.idle_connections(), 3U);
  });
}

TEST(https_client, refuses_servers_whose_certificates_are_bad) {
  run_virtually([]() -> task<> {
    const auto& authority = shared_identities().authority;
    const std::vector<std::pair<certificate, std::string>> bad{
        {certificate_options{}.issued_by(authority).valid(-48h, -24h).make(), "certificate has expired"},
        {certificate_options{}.issued_by(authority).alternative_names({"DNS:other"}).make(),
         "certificate is for another host"},
        {certificate_options{}.make(), "certificate is self-signed"},
    };
    for (const auto& [shown, reason] : bad) {
      const auto peer = memory_peer::with_tls(server_with(shown), tell);
      const client web{peer.options(trusting())};
      std::string text;
      EXPECT_EQ(co_await kind_of(web.get("https://localhost/x"), &text), "tls");
      EXPECT_THAT(text, HasSubstr("GET https://localhost/x: TLS handshake with "));
      EXPECT_THAT(text, HasSubstr(reason));
      EXPECT_EQ(web.open_connections(), 0U);
      const client careless{peer.options(client_options{}.tls(net::tls_client_settings{}.insecure()))};
      EXPECT_EQ((co_await careless.get("https://localhost/")).status(), status::ok);
    }
  });
}

TEST(https_client, trusts_the_system_only_if_it_is_not_told_otherwise) {
  run_virtually([]() -> task<> {
    const auto peer = memory_peer::with_tls(good_server(), tell);
    const client web{peer.options()};
    std::string text;
    // Twice: the second time with what the first has loaded.
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(co_await kind_of(web.get("https://localhost/"), &text), "tls");
      EXPECT_THAT(text, HasSubstr("certificate is not issued by a trusted authority"));
    }
  });
}

TEST(https_client, says_that_the_server_wants_to_see_a_certificate) {
  run_virtually([]() -> task<> {
    for (const auto version : {net::tls_version::v1_2, net::tls_version::v1_3}) {
      const auto peer = memory_peer::with_tls(demanding_server().versions(version, version), tell);
      const client nobody{peer.options(trusting())};
      std::string text;
      EXPECT_EQ(co_await kind_of(nobody.get("https://localhost/"), &text), "tls") << text;
      if (version == net::tls_version::v1_3) {
        EXPECT_THAT(text, HasSubstr("a client certificate is required"));
      }
      const client known{peer.options(client_options{}.tls(good_client().identity(client_identity())))};
      EXPECT_EQ((co_await known.get("https://localhost/")).status(), status::ok);
    }
  });
}

TEST(https_client, does_not_take_plain_text_for_a_secure_server) {
  run_virtually([]() -> task<> {
    const memory_peer plain{[](std::unique_ptr<net::stream> stream) -> task<void> {
      co_await stream->write_all("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
      static_cast<void>(co_await read_to_end(*stream));
    }};
    EXPECT_EQ(co_await kind_of(client{plain.options(trusting())}.get("https://localhost/")), "tls");
    const memory_peer gone{[](std::unique_ptr<net::stream>) -> task<void> { co_return; }};
    EXPECT_EQ(co_await kind_of(client{gone.options(trusting())}.get("https://localhost/")), "tls");
  });
}

TEST(https_client, waits_for_a_handshake_no_longer_than_for_a_connection) {
  run_virtually([]() -> task<> {
    const memory_peer silent{
        [](std::unique_ptr<net::stream> stream) -> task<void> { static_cast<void>(co_await read_to_end(*stream)); }};
    auto begun = co_await now();
    std::string text;
    const client web{silent.options(trusting().connect_timeout(3s))};
    EXPECT_EQ(co_await kind_of(web.get("https://localhost/"), &text), "timeout");
    EXPECT_THAT(text, HasSubstr("no connection after 3000 ms"));
    EXPECT_EQ(co_await now() - begun, 3s);
    begun = co_await now();
    const client other{silent.options(client_options{}.tls(good_client().handshake_timeout(2s)))};
    EXPECT_EQ(co_await kind_of(other.get("https://localhost/"), &text), "timeout") << text;
    EXPECT_EQ(co_await now() - begun, 2s);
    EXPECT_EQ(web.open_connections() + other.open_connections(), 0U);
  });
}

TEST(https_client, can_be_cancelled_in_the_handshake) {
  run_virtually([]() -> task<> {
    bool has_ended = false;
    const memory_peer silent{[&has_ended](std::unique_ptr<net::stream> stream) -> task<void> {
      static_cast<void>(co_await read_to_end(*stream));
      has_ended = true;
    }};
    const client web{silent.options(trusting())};
    bool late = false;
    try {
      static_cast<void>(co_await with_timeout(1s, web.get("https://localhost/")));
    } catch (const timeout_error&) {
      late = true;
    }
    EXPECT_TRUE(late);
    EXPECT_EQ(web.open_connections(), 0U);
    co_await sleep(1s);
    EXPECT_TRUE(has_ended);
  });
}

TEST(https_client, opens_another_connection_when_the_server_has_closed) {
  run_virtually([]() -> task<> {
    const auto peer = memory_peer::with_tls(good_server(), tell_once);
    const client web{peer.options(trusting())};
    EXPECT_EQ((co_await web.get("https://localhost/")).body(), "once");
    EXPECT_EQ((co_await web.get("https://localhost/")).body(), "once");
    EXPECT_EQ(peer.connections(), 2);
  });
}

TEST(https_client, notices_a_body_without_a_length_that_was_cut) {
  run_virtually([]() -> task<> {
    for (const bool ends : {true, false}) {
      const auto peer =
          memory_peer::with_tls(good_server(), [ends](net::tls_stream& secured, net::stream& raw) -> task<void> {
            static_cast<void>(co_await read_until(secured, "\r\n\r\n"));
            co_await secured.write_all("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nas far as it goes");
            if (!ends)
              raw.close(); // under the feet of TLS
          });
      const client web{peer.options(trusting())};
      if (ends) {
        EXPECT_EQ((co_await web.get("https://localhost/")).body(), "as far as it goes");
      } else {
        EXPECT_EQ(co_await kind_of(web.get("https://localhost/")), "truncated");
      }
    }
  });
}

TEST(https_client, follows_redirects_from_http_and_keeps_the_two_apart) {
  run_virtually([]() -> task<> {
    const net::tls_server_context context{good_server()};
    const memory_peer peer{[context, count = 0](std::unique_ptr<net::stream> stream) mutable -> task<void> {
      const bool is_first = ++count == 1;
      if (!is_first)
        stream = co_await net::tls_server_handshake(std::move(stream), context);
      static_cast<void>(co_await read_until(*stream, "\r\n\r\n"));
      if (is_first)
        co_await stream->write_all(
            "HTTP/1.1 302 Found\r\nLocation: https://localhost:80/there\r\nContent-Length: 0\r\n\r\n");
      else
        co_await stream->write_all(answer("secure"));
      static_cast<void>(co_await read_to_end(*stream));
    }};
    const client web{peer.options(trusting())};
    auto page = co_await web.open("http://localhost/", request{});
    EXPECT_EQ(page.url().to_string(), "https://localhost:80/there");
    EXPECT_EQ(co_await page.read_all(), "secure");
    EXPECT_EQ(web.idle_connections(), 2U);
  });
}

} // namespace
} // namespace actors::http::test
