#include <actors/core/to_thread.hpp>
#include <actors/fs/temp_directory.hpp>
#include <tests/net/tls_support.hpp>
#include <tests/support/program.hpp>
#include <tests/support/shell.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

// With the program that everybody tests TLS with.

namespace actors::net::test {
namespace {

using test_support::shared_identities;
using ::testing::HasSubstr;
using ::testing::Not;

class openssl_program : public ::testing::Test {
protected:
  openssl_program() {
    const auto& all = shared_identities();
    authority_ = write("ca.pem", all.authority.pem);
    chain_ = write("server.pem", all.server.pem);
    key_ = write("server.key", all.server.key);
    client_chain_ = write("client.pem", all.client.pem);
    client_key_ = write("client.key", all.client.key);
  }

  [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
    const auto path = folder_.path() / name;
    std::ofstream{path, std::ios::binary} << text;
    return path.string();
  }

  fs::temp_directory folder_;
  std::string authority_;
  std::string chain_;
  std::string key_;
  std::string client_chain_;
  std::string client_key_;
};

/// Answers one client with what it has sent, its name and what was agreed on, and ends in good order.
task<std::error_code> answer_one(tcp_listener& source, tls_server_context context) {
  auto accepted = co_await source.accept();
  try {
    auto secured = co_await tls_server_handshake(std::move(accepted), std::move(context));
    const auto asked = co_await read_exactly(*secured, 6);
    const auto certificate = secured->peer_certificate();
    const std::string subject = certificate ? certificate->subject : "nobody";
    const auto answer = "you said " + asked + " to " + secured->server_name() + " by " +
                        std::string{to_string(secured->version())} + " and " + secured->alpn() + " as " + subject +
                        "\n";
    co_await secured->write_all(answer);
    secured->shutdown_write();
    static_cast<void>(co_await read_to_end(*secured));
  } catch (const net_error& error) {
    co_return error.code();
  }
  co_return std::error_code{};
}

TEST_F(openssl_program, talks_as_a_client_with_our_server) {
  run_in_runtime(
      [this]() -> task<void> {
        auto settings = good_server().alpn({"http/1.1"});
        settings.client_certificates(client_certificates::optional,
                                     pem_source::text(shared_identities().authority.pem));
        const tls_server_context context{settings};
        auto source = co_await listen_tcp("127.0.0.1", 0);
        const auto command = "printf hello! | timeout 20 openssl s_client -quiet -no_ign_eof -verify_return_error " +
                             std::string{"-servername localhost -CAfile "} + authority_ +
                             " -connect 127.0.0.1:" + std::to_string(source->local_endpoint().port());
        const auto ask = [&command](const std::string& options) {
          return to_thread([all = command + options] { return test_support::run_shell(all).output; });
        };
        // -ign_eof: it waits for our end instead of leaving with the end of its input.
        auto serving = spawn(answer_one(*source, context));
        auto heard = co_await ask(" -ign_eof -tls1_3 -alpn h2,http/1.1");
        EXPECT_THAT(heard, HasSubstr("you said hello! to localhost by TLSv1.3 and http/1.1 as nobody\n"));
        EXPECT_THAT(heard, Not(HasSubstr("unexpected eof")));
        EXPECT_FALSE(co_await std::move(serving));
        serving = spawn(answer_one(*source, context));
        heard = co_await ask(" -ign_eof -tls1_2 -cert " + client_chain_ + " -key " + client_key_);
        EXPECT_THAT(heard, HasSubstr("you said hello! to localhost by TLSv1.2 and  as CN=test client\n"));
        EXPECT_FALSE(co_await std::move(serving));
        // What nobody should speak any more.
        for (const std::string old : {" -tls1", " -tls1_1", " -tls1_2 -cipher AES128-SHA@SECLEVEL=0"}) {
          serving = spawn(answer_one(*source, context));
          heard = co_await ask(" -ign_eof" + old);
          EXPECT_THAT(heard, Not(HasSubstr("you said"))) << old;
          EXPECT_TRUE(co_await std::move(serving)) << old;
        }
      },
      runtime_options{}.workers(2));
}

TEST_F(openssl_program, talks_as_a_server_with_our_client) {
  run_in_runtime(
      [this]() -> task<void> {
        for (const std::string version : {"-tls1_2", "-tls1_3"}) {
          test_support::program server{{"/usr/bin/openssl", "s_server", "-accept", "127.0.0.1:0", "-rev", version,
                                        "-cert", chain_, "-key", key_, "-CAfile", authority_, "-Verify", "1", "-alpn",
                                        "http/1.1"},
                                       folder_.path().string()};
          const auto line = co_await to_thread([&server] { return server.read_until("ACCEPT "); });
          const auto port = static_cast<std::uint16_t>(std::stoi(line.substr(line.rfind(':') + 1)));
          const tls_client_context context{good_client().identity(client_identity()).alpn({"http/1.1"})};
          for (int i = 0; i < 2; ++i) {
            auto secured = co_await connect_tls("localhost", port, context);
            EXPECT_EQ(secured->alpn(), "http/1.1");
            EXPECT_EQ(secured->peer_certificate()->subject, "CN=test server");
            co_await secured->write_all("hello\n");
            EXPECT_EQ(co_await read_exactly(*secured, 6), "olleh\n");
            co_await secured->write_all("again\n");
            EXPECT_EQ(co_await read_exactly(*secured, 6), "niaga\n");
            EXPECT_EQ(secured->resumed(), i > 0) << version;
            secured->close();
          }
        }
      },
      runtime_options{}.workers(2));
}

} // namespace
} // namespace actors::net::test
