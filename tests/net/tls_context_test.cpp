#include <actors/fs/temp_directory.hpp>
#include <tests/net/tls_support.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

// Loading, and loading again.

namespace actors::net::test {
namespace {

using test_support::certificate_options;
using test_support::shared_identities;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class tls_context : public ::testing::Test {
protected:
  [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
    const auto path = folder_.path() / name;
    std::ofstream{path, std::ios::binary} << text;
    return path.string();
  }

  fs::temp_directory folder_;
};

struct load_error {
  std::error_code code;
  std::string text;
};

load_error error_of(const std::function<void()>& load) {
  load_error result;
  try {
    load();
  } catch (const net_error& error) {
    result.code = error.code();
    result.text = error.what();
  }
  return result;
}

load_error error_of(const tls_server_settings& settings) {
  return error_of([&settings] { const tls_server_context made{settings}; });
}

load_error error_of(const tls_client_settings& settings) {
  return error_of([&settings] { const tls_client_context made{settings}; });
}

TEST_F(tls_context, names_the_file_that_cannot_be_read) {
  const auto& server = shared_identities().server;
  const auto chain = write("chain.pem", server.pem);
  const auto key = write("key.pem", server.key);
  EXPECT_FALSE(error_of(tls_server_settings{tls_identity::files(chain, key)}).code);
  const auto missing = (folder_.path() / "missing.pem").string();
  auto error = error_of(tls_server_settings{tls_identity::files(missing, key)});
  EXPECT_EQ(error.code, std::errc::no_such_file_or_directory);
  EXPECT_EQ(error.text, "load the certificate " + missing + ": No such file or directory");
  error = error_of(tls_server_settings{tls_identity::files(chain, missing)});
  EXPECT_EQ(error.text, "load the key " + missing + ": No such file or directory");
  error = error_of(tls_client_settings{}.ca_file(missing));
  EXPECT_EQ(error.text, "load the authorities " + missing + ": No such file or directory");
  error = error_of(tls_client_settings{}.ca_file(folder_.path().string()));
  EXPECT_EQ(error.code, std::errc::is_a_directory) << error.text;
}

TEST_F(tls_context, names_the_file_that_is_no_pem) {
  const auto& server = shared_identities().server;
  const auto chain = write("chain.pem", server.pem);
  const auto key = write("key.pem", server.key);
  const auto junk = write("junk.pem", "junk\n");
  auto error = error_of(tls_server_settings{tls_identity::files(junk, key)});
  EXPECT_EQ(error.code, tls_errc::unusable_certificate);
  EXPECT_EQ(error.text, "load the certificate " + junk + ": not a usable certificate in PEM form (no start line)");
  error = error_of(tls_server_settings{tls_identity::files(chain, junk)});
  EXPECT_EQ(error.code, tls_errc::unusable_key);
  EXPECT_THAT(error.text, StartsWith("load the key " + junk + ": not a usable private key in PEM form"));
  // Half a chain is none.
  auto broken = server.pem + shared_identities().authority.pem;
  broken.erase(broken.size() - 200, 50);
  error = error_of(tls_server_settings{tls_identity::files(write("broken.pem", broken), key)});
  EXPECT_EQ(error.code, tls_errc::unusable_certificate) << error.text;
  EXPECT_EQ(error_of(tls_client_settings{}.ca_pem("")).code, tls_errc::unusable_certificate);
  EXPECT_THAT(error_of(tls_client_settings{}.ca_pem("")).text, HasSubstr("from a text"));
}

TEST_F(tls_context, names_the_key_that_does_not_fit) {
  const auto& all = shared_identities();
  const auto chain = write("chain.pem", all.server.pem);
  const auto key = write("key.pem", all.client.key);
  const auto error = error_of(tls_server_settings{tls_identity::files(chain, key)});
  EXPECT_EQ(error.code, tls_errc::key_mismatch);
  EXPECT_EQ(error.text, "load the key " + key +
                            ": the private key is not the one of the certificate (the certificate is " + chain + ")");
  const auto rsa = certificate_options{}.rsa(2048).make();
  EXPECT_EQ(error_of(good_client().identity(tls_identity::text(all.client.pem, rsa.key))).code, tls_errc::key_mismatch);
}

TEST_F(tls_context, opens_keys_with_their_passphrase_and_asks_nobody_for_it) {
  const auto& server = shared_identities().server;
  const auto key = test_support::encrypted_key(server.key, "open sesame");
  const auto identity = tls_identity::text(server.pem, key);
  EXPECT_FALSE(error_of(tls_server_settings{tls_identity{identity}.passphrase("open sesame")}).code);
  EXPECT_EQ(error_of(tls_server_settings{identity}).code, tls_errc::unusable_key);
  EXPECT_EQ(error_of(tls_server_settings{tls_identity{identity}.passphrase("wrong")}).code, tls_errc::unusable_key);
}

TEST_F(tls_context, refuses_settings_that_make_no_sense) {
  EXPECT_EQ(error_of(tls_server_settings{}).text,
            "use the TLS settings identity: unusable settings (a server needs a certificate)");
  EXPECT_EQ(error_of(good_client().ciphers("NO-SUCH-CIPHER")).code, tls_errc::unusable_settings);
  EXPECT_THAT(error_of(good_client().ciphersuites("NO-SUCH-SUITE")).text, HasSubstr("ciphersuites"));
  EXPECT_EQ(error_of(good_client().alpn({""})).code, tls_errc::unusable_settings);
  EXPECT_EQ(error_of(good_client().alpn({std::string(256, 'x')})).code, tls_errc::unusable_settings);
  EXPECT_EQ(error_of(good_client().versions(tls_version::v1_3, tls_version::v1_2)).code, tls_errc::unusable_settings);
}

TEST_F(tls_context, can_trust_the_system_beside_others) {
  EXPECT_TRUE(tls_client_settings{}.trusts_system());
  EXPECT_FALSE(good_client().trusts_system());
  EXPECT_TRUE(good_client().trust_system(true).trusts_system());
  EXPECT_FALSE(tls_client_settings{}.trust_system(false).trusts_system());
  run_in_runtime([]() -> task<void> {
    auto pair = co_await tls_over_memory(good_client().trust_system(true));
    EXPECT_TRUE(pair.client->is_open());
    // Nobody is trusted.
    const auto results =
        co_await try_handshake(memory_pair(), tls_client_context{tls_client_settings{}.trust_system(false)},
                               tls_server_context{good_server()});
    EXPECT_EQ(results.client.code, tls_errc::unknown_ca);
  });
}

TEST_F(tls_context, shows_new_connections_the_certificate_that_was_reloaded) {
  const auto& all = shared_identities();
  const auto next = certificate_options{}.name("next server").issued_by(all.authority).make();
  const auto chain = write("chain.pem", all.server.pem);
  const auto key = write("key.pem", all.server.key);
  run_in_runtime([&]() -> task<void> {
    tls_server_context server{tls_server_settings{tls_identity::files(chain, key)}};
    const auto copy = server;
    const tls_client_context client{good_client()};
    auto old = co_await tls_over(memory_pair(), client, copy);
    // Half of a new pair: nothing changes.
    static_cast<void>(write("chain.pem", next.pem));
    EXPECT_EQ(error_of([&server] { server.reload(); }).code, tls_errc::key_mismatch);
    auto same = co_await tls_over(memory_pair(), client, copy);
    EXPECT_EQ(same.client->peer_certificate()->subject, "CN=test server");
    static_cast<void>(write("key.pem", next.key));
    server.reload();
    auto fresh = co_await tls_over(memory_pair(), client, copy);
    EXPECT_EQ(fresh.client->peer_certificate()->subject, "CN=next server");
    // The old connection goes on, both ways.
    EXPECT_EQ(old.client->peer_certificate()->subject, "CN=test server");
    co_await old.client->write_all("ping");
    EXPECT_EQ(co_await read_exactly(*old.server, 4), "ping");
    co_await old.server->write_all("pong");
    EXPECT_EQ(co_await read_exactly(*old.client, 4), "pong");
    server.reload(good_server());
    auto last = co_await tls_over(memory_pair(), client, copy);
    EXPECT_EQ(last.client->peer_certificate()->subject, "CN=test server");
  });
}

TEST_F(tls_context, reloads_what_a_client_trusts_and_shows) {
  const auto& all = shared_identities();
  const auto other = certificate_options{}.name("other authority").authority().make();
  const auto path = write("ca.pem", other.pem);
  run_in_runtime([&]() -> task<void> {
    tls_client_context client{tls_client_settings{}.ca_file(path)};
    const tls_server_context server{good_server()};
    const auto refused = co_await try_handshake(memory_pair(), client, server);
    EXPECT_EQ(refused.client.code, tls_errc::unknown_ca);
    static_cast<void>(write("ca.pem", other.pem + all.authority.pem));
    client.reload();
    auto pair = co_await tls_over(memory_pair(), client, server);
    EXPECT_TRUE(pair.client->is_open());
    EXPECT_EQ(client.settings().trusted().size(), 1U);
  });
}

TEST_F(tls_context, may_go_while_its_connections_live) {
  run_in_runtime([]() -> task<void> {
    const auto client = good_client().alpn({"a"});
    const auto server = good_server().alpn({"a"});
    auto pair = co_await tls_over_memory(client, server);
    co_await pair.server->write_all("still here");
    EXPECT_EQ(co_await read_exactly(*pair.client, 10), "still here");
  });
}

TEST(parse_certificates, reads_all_of_a_text) {
  const auto& all = shared_identities();
  const auto parsed = parse_certificates(all.server.pem + "\n# the authority\n" + all.authority.pem);
  ASSERT_EQ(parsed.size(), 2U);
  EXPECT_EQ(parsed[0].subject, "CN=test server");
  EXPECT_EQ(parsed[1].subject, "CN=test authority");
  EXPECT_NE(parsed[0].fingerprint, parsed[1].fingerprint);
  EXPECT_EQ(error_of([] { static_cast<void>(parse_certificates("none")); }).code, tls_errc::unusable_certificate);
}

} // namespace
} // namespace actors::net::test
