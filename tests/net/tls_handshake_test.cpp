#include <actors/core/this_task.hpp>
#include <actors/net/tcp_listener.hpp>
#include <actors/net/tcp_stream.hpp>
#include <tests/net/tls_support.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

// Who is let in and who is not, and what both sides are told.

namespace actors::net::test {
namespace {

using test_support::certificate;
using test_support::certificate_options;
using test_support::shared_identities;
using ::testing::HasSubstr;
using ::testing::StartsWith;

template <class F>
void in_virtual_time(F body) {
  run_in_runtime(std::move(body), runtime_options{}.clock(clock_kind::virtual_time));
}

tls_server_settings server_with(const certificate& shown) {
  return tls_server_settings{tls_identity::text(shown.pem, shown.key)};
}

certificate issued(certificate_options options) {
  return options.issued_by(shared_identities().authority).make();
}

/// What both sides of a handshake over memory end with.
task<handshake_results> outcome(tls_client_settings client, tls_server_settings server, std::string host) {
  co_return co_await try_handshake(memory_pair(), tls_client_context{std::move(client)},
                                   tls_server_context{std::move(server)}, std::move(host));
}

/// The client's error when a server shows a certificate.
std::error_code refusal(const certificate& shown, const std::string& host = "localhost",
                        tls_client_settings client = good_client(), std::string* text = nullptr) {
  std::error_code code;
  in_virtual_time([&]() -> task<void> {
    const auto results = co_await outcome(client, server_with(shown), host);
    code = results.client.code;
    if (text != nullptr)
      *text = results.client.text;
    if (code) {
      EXPECT_FALSE(results.client.stream);
      // The server is told, whether it still is in its handshake or not.
      EXPECT_TRUE(results.server.code == tls_errc::peer_alert || results.server.stream) << results.server.text;
    } else {
      EXPECT_TRUE(results.client.stream);
      EXPECT_TRUE(results.server.stream) << results.server.text;
    }
  });
  return code;
}

TEST(tls_certificate, that_a_trusted_authority_has_issued_for_the_host_is_good) {
  const auto& server = shared_identities().server;
  EXPECT_FALSE(refusal(server));
  EXPECT_FALSE(refusal(server, "LOCALHOST"));
  EXPECT_FALSE(refusal(server, "localhost."));
  EXPECT_FALSE(refusal(server, "127.0.0.1"));
  EXPECT_FALSE(refusal(server, "::1"));
  EXPECT_FALSE(refusal(issued(certificate_options{}.rsa(2048))));
  EXPECT_FALSE(refusal(issued(certificate_options{}.usage("serverAuth"))));
}

TEST(tls_certificate, that_has_expired_is_refused) {
  std::string text;
  EXPECT_EQ(refusal(issued(certificate_options{}.valid(-48h, -24h)), "localhost", good_client(), &text),
            tls_errc::certificate_expired);
  EXPECT_EQ(text, "TLS handshake with memory:2: certificate has expired");
}

TEST(tls_certificate, that_is_not_yet_valid_is_refused) {
  EXPECT_EQ(refusal(issued(certificate_options{}.valid(24h, 48h))), tls_errc::certificate_not_yet_valid);
}

TEST(tls_certificate, of_an_authority_that_has_expired_is_refused) {
  const auto authority = certificate_options{}.name("old").authority().valid(-48h, -24h).make();
  EXPECT_EQ(refusal(certificate_options{}.issued_by(authority).make(), "localhost",
                    tls_client_settings{}.ca_pem(authority.pem)),
            tls_errc::certificate_expired);
}

TEST(tls_certificate, for_another_host_is_refused) {
  const auto& server = shared_identities().server;
  EXPECT_EQ(refusal(server, "example.org"), tls_errc::wrong_host);
  EXPECT_EQ(refusal(server, "127.0.0.2"), tls_errc::wrong_host);
  EXPECT_EQ(refusal(server, "::2"), tls_errc::wrong_host);
  EXPECT_EQ(refusal(server, "sub.localhost"), tls_errc::wrong_host);
  // An address is no name: what stands in a name must not match it.
  EXPECT_EQ(refusal(issued(certificate_options{}.alternative_names({"DNS:127.0.0.1"})), "127.0.0.1"),
            tls_errc::wrong_host);
  // The name of the subject counts for nothing (RFC 9525).
  EXPECT_EQ(refusal(issued(certificate_options{}.name("localhost").alternative_names({"DNS:other"}))),
            tls_errc::wrong_host);
  EXPECT_EQ(refusal(issued(certificate_options{}.name("localhost").alternative_names({}))), tls_errc::wrong_host);
}

TEST(tls_certificate, with_a_wildcard_is_for_one_whole_label) {
  const auto wild = issued(certificate_options{}.alternative_names({"DNS:*.example.org"}));
  EXPECT_FALSE(refusal(wild, "www.example.org"));
  EXPECT_EQ(refusal(wild, "example.org"), tls_errc::wrong_host);
  EXPECT_EQ(refusal(wild, "a.b.example.org"), tls_errc::wrong_host);
  const auto part = issued(certificate_options{}.alternative_names({"DNS:w*.example.org"}));
  EXPECT_EQ(refusal(part, "www.example.org"), tls_errc::wrong_host);
}

TEST(tls_certificate, that_vouches_for_itself_is_refused_unless_it_is_trusted) {
  const auto self_signed = certificate_options{}.make();
  EXPECT_EQ(refusal(self_signed), tls_errc::self_signed);
  EXPECT_FALSE(refusal(self_signed, "localhost", tls_client_settings{}.ca_pem(self_signed.pem)));
}

TEST(tls_certificate, of_an_unknown_authority_is_refused) {
  const auto other = certificate_options{}.name("other authority").authority().make();
  const auto shown = certificate_options{}.issued_by(other).make();
  EXPECT_EQ(refusal(shown), tls_errc::unknown_ca);
  EXPECT_EQ(refusal(shown, "localhost", tls_client_settings{}), tls_errc::unknown_ca);
  // Sending the authority along helps nothing.
  EXPECT_EQ(refusal(certificate{shown.pem + other.pem, shown.key}), tls_errc::unknown_ca);
  // Nor does one of the same name that has signed nothing.
  const auto impostor = certificate_options{}.name("test authority").authority().make();
  EXPECT_TRUE(refusal(certificate_options{}.issued_by(impostor).make()));
}

TEST(tls_certificate, whose_issuer_is_no_authority_is_refused) {
  const auto& server = shared_identities().server;
  const auto leaf = certificate_options{}.name("leaf of a leaf").issued_by(server).make();
  EXPECT_EQ(refusal(certificate{leaf.pem + server.pem, leaf.key}), tls_errc::wrong_purpose);
}

TEST(tls_certificate, of_an_intermediate_authority_is_good_if_that_is_sent_along) {
  const auto middle = certificate_options{}.name("middle").authority().issued_by(shared_identities().authority).make();
  const auto shown = certificate_options{}.issued_by(middle).make();
  EXPECT_FALSE(refusal(certificate{shown.pem + middle.pem, shown.key}));
  EXPECT_EQ(refusal(shown), tls_errc::unknown_ca);
  // What is trusted need not be a root.
  EXPECT_FALSE(refusal(shown, "localhost", tls_client_settings{}.ca_pem(middle.pem)));
}

TEST(tls_certificate, of_a_client_shown_by_a_server_is_refused) {
  EXPECT_EQ(refusal(issued(certificate_options{}.usage("clientAuth"))), tls_errc::wrong_purpose);
}

TEST(tls_certificate, with_a_weak_key_is_refused_when_it_is_loaded) {
  const auto weak = issued(certificate_options{}.rsa(1024));
  std::error_code code;
  try {
    const tls_server_context context{server_with(weak)};
  } catch (const net_error& error) {
    code = error.code();
  }
  EXPECT_EQ(code, tls_errc::unusable_certificate);
}

TEST(tls_client, takes_anything_if_it_is_told_so) {
  EXPECT_FALSE(
      refusal(certificate_options{}.valid(-48h, -24h).make(), "example.org", tls_client_settings{}.insecure()));
  EXPECT_FALSE(refusal(shared_identities().server, "example.org", good_client().verify_host(false)));
  EXPECT_EQ(refusal(certificate_options{}.make(), "example.org", good_client().verify_host(false)),
            tls_errc::self_signed);
  EXPECT_FALSE(refusal(shared_identities().server, "example.org", good_client().server_name("localhost")));
}

TEST(tls_client, that_does_not_know_whom_it_talks_to_does_not_begin) {
  in_virtual_time([]() -> task<void> {
    for (const std::string& host : {std::string{}, std::string{"."}, std::string("a\0b", 3), std::string(300, 'x')}) {
      const auto results = co_await outcome(good_client(), good_server(), host);
      EXPECT_EQ(results.client.code, tls_errc::unusable_settings) << results.client.text;
      EXPECT_EQ(results.server.code, errc::end_of_stream) << results.server.text;
    }
  });
}

TEST(tls_handshake, is_what_has_failed_whatever_broke_under_it) {
  in_virtual_time([]() -> task<void> {
    const tls_client_context client{good_client()};
    const tls_server_context server{good_server()};
    for (const auto how : {testing::cut::end, testing::cut::reset}) {
      for (const std::uint64_t after : {0, 100}) {
        const auto faults = testing::stream_faults{}.cut_after(after, how);
        const auto results =
            co_await try_handshake(memory_pair(testing::memory_stream_options{}.from_first(faults)), client, server);
        EXPECT_THAT(results.client.text, StartsWith("TLS handshake with memory:2: "));
        EXPECT_THAT(results.server.text, StartsWith("TLS handshake with memory:1: "));
      }
    }
  });
}

// -- client certificates -----------------------------------------------------------------------------------------------

tls_server_settings demanding_server(client_certificates wanted) {
  return good_server().client_certificates(wanted, pem_source::text(shared_identities().authority.pem));
}

/// What the server finds out about a client, in words.
std::string verdict(const tls_client_settings& client, client_certificates wanted, tls_version version) {
  std::string result;
  in_virtual_time([&]() -> task<void> {
    auto settings = client;
    auto results = co_await outcome(settings.versions(version, version), demanding_server(wanted), "localhost");
    if (results.server.stream) {
      const auto shown = results.server.stream->peer_certificate();
      result = shown ? "knows " + shown->subject : "knows nobody";
      co_return;
    }
    EXPECT_EQ(results.server.code.category(), tls_category()) << results.server.text;
    result = results.server.code.message();
    // The client of TLS 1.3 hears of it with its first read only.
    auto code = results.client.code;
    if (results.client.stream) {
      std::array<char, 16> buffer{};
      code = co_await code_of(results.client.stream->read_some(buffer));
    }
    EXPECT_EQ(code.category(), tls_category()) << code.message();
  });
  return result;
}

TEST(tls_server, demands_certificates_of_its_clients) {
  const auto unknown = certificate_options{}.usage("clientAuth").make();
  const auto old = issued(certificate_options{}.usage("clientAuth").valid(-48h, -24h));
  const auto wrong = issued(certificate_options{}.usage("serverAuth"));
  const auto showing = [](const certificate& shown) {
    return good_client().identity(tls_identity::text(shown.pem, shown.key));
  };
  for (const auto version : {tls_version::v1_2, tls_version::v1_3}) {
    SCOPED_TRACE(to_string(version));
    const auto required = client_certificates::required;
    EXPECT_EQ(verdict(good_client().identity(client_identity()), required, version), "knows CN=test client");
    EXPECT_EQ(verdict(good_client(), required, version), "a client certificate is required");
    EXPECT_EQ(verdict(showing(unknown), required, version), "certificate is self-signed");
    EXPECT_EQ(verdict(showing(old), required, version), "certificate has expired");
    EXPECT_EQ(verdict(showing(wrong), required, version), "certificate must not be used for this");
    const auto optional = client_certificates::optional;
    EXPECT_EQ(verdict(good_client().identity(client_identity()), optional, version), "knows CN=test client");
    EXPECT_EQ(verdict(good_client(), optional, version), "knows nobody");
    EXPECT_EQ(verdict(showing(unknown), optional, version), "certificate is self-signed");
    EXPECT_EQ(verdict(good_client().identity(client_identity()), client_certificates::none, version), "knows nobody");
  }
}

TEST(tls_client, is_told_that_its_certificate_is_missing) {
  in_virtual_time([]() -> task<void> {
    auto results = co_await outcome(good_client(), demanding_server(client_certificates::required), "localhost");
    EXPECT_TRUE(results.client.stream);
    if (!results.client.stream)
      co_return;
    std::array<char, 16> buffer{};
    EXPECT_EQ(co_await code_of(results.client.stream->read_some(buffer)), tls_errc::certificate_required);
    EXPECT_EQ(co_await code_of(results.client.stream->write_all("x")), tls_errc::certificate_required);
  });
}

// -- versions, ciphers, protocols --------------------------------------------------------------------------------------

TEST(tls_handshake, settles_on_the_newest_version_of_both) {
  in_virtual_time([]() -> task<void> {
    auto pair = co_await tls_over_memory();
    EXPECT_EQ(pair.client->version(), tls_version::v1_3);
    EXPECT_EQ(pair.server->version(), tls_version::v1_3);
    EXPECT_EQ(pair.client->cipher(), pair.server->cipher());
    auto older = co_await tls_over_memory(good_client(), good_server().versions(tls_version::v1_2, tls_version::v1_2));
    EXPECT_EQ(older.client->version(), tls_version::v1_2);
    EXPECT_THAT(older.client->cipher(), HasSubstr("ECDHE"));
  });
}

TEST(tls_handshake, without_a_version_in_common_fails_on_both_sides) {
  in_virtual_time([]() -> task<void> {
    for (const bool client_is_newer : {true, false}) {
      const auto client = client_is_newer ? tls_version::v1_3 : tls_version::v1_2;
      const auto server = client_is_newer ? tls_version::v1_2 : tls_version::v1_3;
      const auto results =
          co_await outcome(good_client().versions(client, client), good_server().versions(server, server), "localhost");
      EXPECT_EQ(results.client.code, tls_errc::protocol_version) << results.client.text;
      EXPECT_EQ(results.server.code, tls_errc::protocol_version) << results.server.text;
    }
  });
}

TEST(tls_handshake, without_a_cipher_in_common_fails_on_both_sides) {
  in_virtual_time([]() -> task<void> {
    auto client = good_client().versions(tls_version::v1_2, tls_version::v1_2);
    client.ciphers("ECDHE-ECDSA-AES128-GCM-SHA256");
    const auto results = co_await outcome(client, good_server().ciphers("ECDHE-ECDSA-AES256-GCM-SHA384"), "localhost");
    EXPECT_EQ(results.server.code, tls_errc::no_shared_cipher) << results.server.text;
    EXPECT_EQ(results.client.code, tls_errc::peer_alert) << results.client.text;
    EXPECT_THAT(results.client.text, HasSubstr("handshake failure"));
    const auto newer = co_await outcome(
        good_client().ciphersuites("TLS_AES_128_GCM_SHA256"),
        good_server().versions(tls_version::v1_3, tls_version::v1_3).ciphersuites("TLS_AES_256_GCM_SHA384"),
        "localhost");
    EXPECT_EQ(newer.server.code, tls_errc::no_shared_cipher) << newer.server.text;
  });
}

TEST(tls_handshake, settles_on_the_application_protocol_that_the_server_prefers) {
  in_virtual_time([]() -> task<void> {
    const auto modest = good_client().alpn({"http/1.0", "http/1.1", "other"});
    const auto choosy = good_server().alpn({"h2", "http/1.1", "http/1.0"});
    auto pair = co_await tls_over_memory(modest, choosy);
    EXPECT_EQ(pair.client->alpn(), "http/1.1");
    EXPECT_EQ(pair.server->alpn(), "http/1.1");
    const auto new_client = good_client().alpn({"h2"});
    const auto new_server = good_server().alpn({"h2"});
    auto silent = co_await tls_over_memory(good_client(), new_server);
    EXPECT_EQ(silent.client->alpn(), "");
    auto uninterested = co_await tls_over_memory(new_client, good_server());
    EXPECT_EQ(uninterested.server->alpn(), "");
    const auto old_server = good_server().alpn({"http/1.1"});
    const auto apart = co_await outcome(new_client, old_server, "localhost");
    EXPECT_EQ(apart.client.code, tls_errc::no_shared_protocol) << apart.client.text;
    EXPECT_EQ(apart.server.code, tls_errc::no_shared_protocol) << apart.server.text;
  });
}

// -- several certificates ----------------------------------------------------------------------------------------------

TEST(tls_server, shows_the_certificate_for_the_name_that_is_asked_for) {
  const auto one = issued(certificate_options{}.name("one").alternative_names({"DNS:one.test", "IP:127.0.0.1"}));
  const auto two = issued(certificate_options{}.name("two").alternative_names({"DNS:two.test", "DNS:*.two.test"}));
  auto settings = server_with(one);
  settings.identity(tls_identity::text(two.pem, two.key));
  in_virtual_time([&]() -> task<void> {
    const tls_server_context server{settings};
    const tls_client_context client{good_client()};
    const std::vector<std::pair<std::string, std::string>> expected{
        {"one.test", "CN=one"}, {"two.test", "CN=two"},  {"a.two.test", "CN=two"},
        {"TWO.test", "CN=two"}, {"127.0.0.1", "CN=one"}, {"one.test.", "CN=one"},
    };
    for (const auto& [host, subject] : expected) {
      auto results = co_await try_handshake(memory_pair(), client, server, host);
      EXPECT_TRUE(results.client.stream) << host << ": " << results.client.text;
      if (!results.client.stream)
        continue;
      EXPECT_EQ(results.client.stream->peer_certificate()->subject, subject);
      if (host != "127.0.0.1") {
        EXPECT_EQ(results.server.stream->server_name(), host.ends_with('.') ? "one.test" : host);
      } else {
        EXPECT_EQ(results.server.stream->server_name(), "");
      }
    }
    // A name that none is for: the first, which the client does not like.
    for (const auto* host : {"three.test", "a.b.two.test"}) {
      const auto results = co_await try_handshake(memory_pair(), client, server, host);
      EXPECT_EQ(results.client.code, tls_errc::wrong_host) << results.client.text;
    }
  });
}

TEST(tls_stream, tells_what_the_certificate_of_the_peer_says) {
  in_virtual_time([]() -> task<void> {
    auto pair = co_await tls_over_memory();
    const auto shown = pair.client->peer_certificate();
    EXPECT_TRUE(shown.has_value());
    if (!shown)
      co_return;
    EXPECT_EQ(shown->subject, "CN=test server");
    EXPECT_EQ(shown->issuer, "CN=test authority");
    EXPECT_EQ(shown->dns_names, std::vector<std::string>{"localhost"});
    EXPECT_EQ(shown->ip_addresses, (std::vector<std::string>{"127.0.0.1", "::1"}));
    EXPECT_EQ(shown->pem, shared_identities().server.pem);
    EXPECT_EQ(shown->fingerprint.size(), 64U);
    EXPECT_FALSE(shown->serial.empty());
    EXPECT_EQ(shown->not_after - shown->not_before, 25h);
    const auto age = std::chrono::system_clock::now() - shown->not_before;
    EXPECT_GE(age, 59min);
    EXPECT_LE(age, 2h);
    EXPECT_FALSE(pair.server->peer_certificate().has_value());
  });
}

// -- resumption --------------------------------------------------------------------------------------------------------

/// Exchanges a byte each way, with which a client of TLS 1.3 gets its tickets.
task<void> exchange(tls_pair& pair) {
  co_await pair.client->write_all("a");
  EXPECT_EQ(co_await read_exactly(*pair.server, 1), "a");
  co_await pair.server->write_all("b");
  EXPECT_EQ(co_await read_exactly(*pair.client, 1), "b");
}

TEST(tls_session, is_taken_up_again_by_the_next_connection_with_the_same_server) {
  in_virtual_time([]() -> task<void> {
    for (const auto version : {tls_version::v1_2, tls_version::v1_3}) {
      const tls_client_context client{good_client().versions(version, version)};
      const tls_server_context server{good_server()};
      auto first = co_await tls_over(memory_pair(), client, server);
      EXPECT_FALSE(first.client->resumed());
      co_await exchange(first);
      auto second = co_await tls_over(memory_pair(), client, server);
      EXPECT_TRUE(second.client->resumed());
      EXPECT_TRUE(second.server->resumed());
      EXPECT_EQ(second.client->peer_certificate()->subject, "CN=test server");
      co_await exchange(second);
      // Another host: nothing to take up, and the certificate is looked at again.
      const auto other = co_await try_handshake(memory_pair(), client, server, "other.test");
      EXPECT_EQ(other.client.code, tls_errc::wrong_host);
    }
  });
}

TEST(tls_session, can_be_kept_from_being_taken_up) {
  in_virtual_time([]() -> task<void> {
    for (const auto version : {tls_version::v1_2, tls_version::v1_3}) {
      for (const bool by_client : {true, false}) {
        const tls_client_context client{good_client().versions(version, version).resumption(!by_client)};
        const tls_server_context server{good_server().resumption(by_client)};
        auto first = co_await tls_over(memory_pair(), client, server);
        co_await exchange(first);
        auto second = co_await tls_over(memory_pair(), client, server);
        EXPECT_FALSE(second.client->resumed());
      }
    }
  });
}

TEST(tls_session, of_a_client_with_a_certificate_is_still_that_clients) {
  in_virtual_time([]() -> task<void> {
    const tls_client_context client{good_client().identity(client_identity())};
    const tls_server_context server{demanding_server(client_certificates::required)};
    auto first = co_await tls_over(memory_pair(), client, server);
    co_await exchange(first);
    auto second = co_await tls_over(memory_pair(), client, server);
    EXPECT_TRUE(second.server->resumed());
    EXPECT_EQ(second.server->peer_certificate()->subject, "CN=test client");
  });
}

// -- not TLS, too slow, gone -------------------------------------------------------------------------------------------

TEST(tls_server, sends_a_client_that_speaks_plain_text_a_plain_answer) {
  in_virtual_time([]() -> task<void> {
    auto ends = memory_pair();
    const tls_server_context context{good_server()};
    auto serving = spawn(result_of(tls_server_handshake(std::move(ends.server), context, "no\n")));
    co_await ends.client->write_all("GET / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(co_await read_to_end(*ends.client), "no\n");
    const auto result = co_await std::move(serving);
    EXPECT_EQ(result.code, tls_errc::not_tls);
    EXPECT_EQ(result.text, "TLS handshake with memory:1: the peer does not speak TLS");
    // Not to what is no text.
    ends = memory_pair();
    serving = spawn(result_of(tls_server_handshake(std::move(ends.server), context, "no\n")));
    co_await ends.client->write_all(std::string("\0\1\2", 3));
    EXPECT_EQ(co_await read_to_end(*ends.client), "");
    EXPECT_EQ((co_await std::move(serving)).code, tls_errc::not_tls);
  });
}

TEST(tls_server, lets_a_client_that_is_turned_away_read_why) {
  run_in_runtime([]() -> task<void> {
    const tls_server_context context{good_server()};
    const auto listener = co_await listen_tcp("127.0.0.1", 0);
    const auto talk = [&](std::string said) -> task<std::string> {
      auto connecting = spawn(connect_tcp("127.0.0.1", listener->local_endpoint().port()));
      auto accepted = co_await listener->accept();
      const auto client = co_await std::move(connecting);
      auto serving = spawn(result_of(tls_server_handshake(std::move(accepted), context, "no\n")));
      co_await client->write_all(said + std::string(200'000, 'x'));
      auto answer = co_await read_to_end(*client);
      client->close();
      EXPECT_NE((co_await std::move(serving)).code, std::error_code{});
      co_return answer;
    };
    EXPECT_EQ(co_await talk("GET / HTTP/1.1\r\n\r\n"), "no\n");
    const auto alert = co_await talk(std::string("\x16\x03\x01\0\x05", 5) + "wrong");
    EXPECT_EQ(alert.substr(0, 1), "\x15");
    EXPECT_EQ(alert.size(), 7U);
  });
}

TEST(tls_server, does_not_wait_long_for_one_that_is_turned_away) {
  in_virtual_time([]() -> task<void> {
    auto ends = memory_pair();
    const tls_server_context context{good_server()};
    const auto begun = (co_await this_task()).now();
    auto serving = spawn(result_of(tls_server_handshake(std::move(ends.server), context, "no\n")));
    co_await ends.client->write_all("GET / HTTP/1.1\r\n\r\n");
    EXPECT_EQ((co_await std::move(serving)).code, tls_errc::not_tls);
    EXPECT_EQ((co_await this_task()).now() - begun, std::chrono::seconds(2));
  });
}

TEST(tls_client, notices_a_server_that_speaks_plain_text) {
  in_virtual_time([]() -> task<void> {
    auto ends = memory_pair();
    auto connecting =
        spawn(result_of(tls_client_handshake(std::move(ends.client), tls_client_context{good_client()}, "localhost")));
    co_await ends.server->write_all("HTTP/1.1 400 Bad Request\r\n\r\n");
    EXPECT_EQ((co_await std::move(connecting)).code, tls_errc::not_tls);
  });
}

TEST(tls_handshake, has_a_deadline) {
  in_virtual_time([]() -> task<void> {
    auto ends = memory_pair();
    const auto result = co_await result_of(
        tls_server_handshake(std::move(ends.server), tls_server_context{good_server().handshake_timeout(3s)}));
    EXPECT_EQ(result.code, std::errc::timed_out);
    EXPECT_EQ(result.text, "TLS handshake with memory:1: Connection timed out");
    EXPECT_EQ(co_await read_to_end(*ends.client), "");
    ends = memory_pair();
    const auto other = co_await result_of(
        tls_client_handshake(std::move(ends.client), tls_client_context{good_client()}, "localhost"));
    EXPECT_EQ(other.code, std::errc::timed_out);
  });
}

} // namespace
} // namespace actors::net::test
