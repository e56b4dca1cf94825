#include "tls_support.hpp"

#include <actors/core/gather.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_handle.hpp>
#include <actors/core/to_thread.hpp>
#include <actors/core/wait.hpp>
#include <actors/fs/temp_directory.hpp>
#include <actors/http/server.hpp>
#include <actors/http/server_exchange.hpp>
#include <actors/net/tcp_stream.hpp>
#include <actors/sync/event.hpp>
#include <tests/support/shell.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

// https in the server: with our client, and with curl.

namespace actors::http::test {
namespace {

using test_support::certificate_options;
using test_support::shared_identities;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

response tell(const request& what) {
  return response{status::ok, what.target() + " " + std::to_string(what.body().size()), "text/plain"};
}

server_options secure() {
  return server_options{}.tls(good_server());
}

client trusting_client() {
  return client{client_options{}.tls(good_client())};
}

TEST(https_server, serves_our_client) {
  run_really([]() -> task<> {
    server site{tell, secure()};
    co_await site.start();
    EXPECT_EQ(site.url(), "https://127.0.0.1:" + std::to_string(site.port()));
    const auto web = trusting_client();
    EXPECT_EQ((co_await web.get(site.url() + "/a")).body(), "/a 0");
    EXPECT_EQ((co_await web.get(site.url() + "/b")).body(), "/b 0");
    EXPECT_EQ(web.idle_connections(), 1U);
    request big{method::post, "/", std::string(3'000'000, 'x'), "text/plain"};
    EXPECT_EQ((co_await web.send(site.url() + "/big", std::move(big))).body(), "/big 3000000");
    EXPECT_EQ(web.open_connections(), 1U);
    co_await site.stop(1s);
  });
}

task<bool> returns_what_it_gets(client web, std::string where, const std::string* what) {
  request sent{method::post, "/", *what, "text/plain"};
  const auto answer = co_await web.send(where, std::move(sent));
  co_return answer.body() == *what;
}

TEST(https_server, carries_big_bodies_in_both_directions) {
  run_really([]() -> task<> {
    server site{[](const request& what) { return response{status::ok, std::string{what.body()}, "text/plain"}; },
                secure()};
    co_await site.start();
    const auto web = trusting_client();
    std::string body;
    for (int i = 0; i < 400'000; ++i)
      body += std::to_string(i) + "\n";
    std::vector<task<bool>> all;
    for (int i = 0; i < 4; ++i)
      all.push_back(returns_what_it_gets(web, site.url() + "/", &body));
    for (const bool same : co_await gather(std::move(all)))
      EXPECT_TRUE(same);
    co_await site.stop(1s);
  });
}

TEST(https_server, tells_handlers_what_tls_knows_of_the_client) {
  run_really([]() -> task<> {
    const auto handler = [](server_exchange& x) -> task<void> {
      const auto* tls = x.tls();
      const auto shown = tls != nullptr ? tls->peer_certificate() : std::nullopt;
      std::string text = tls != nullptr ? "tls " : "plain ";
      text += shown ? shown->subject : "nobody";
      response answer{status::ok, std::move(text), "text/plain"};
      co_await x.send(std::move(answer));
    };
    server closed{handler, server_options{}.tls(demanding_server())};
    co_await closed.start();
    const client known{client_options{}.tls(good_client().identity(client_identity()))};
    EXPECT_EQ((co_await known.get(closed.url())).body(), "tls CN=test client");
    server open{handler, secure()};
    co_await open.start();
    EXPECT_EQ((co_await known.get(open.url())).body(), "tls nobody");
    server plain{handler};
    co_await plain.start();
    EXPECT_EQ((co_await known.get(plain.url())).body(), "plain nobody");
  });
}

TEST(https_server, tells_those_who_speak_plain_http) {
  run_really([]() -> task<> {
    server site{tell, secure()};
    co_await site.start();
    const auto raw = co_await net::connect_tcp("127.0.0.1", site.port());
    co_await raw->write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto answer = co_await read_to_end(*raw);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
    EXPECT_THAT(answer, HasSubstr("speaks HTTPS only"));
    const client web;
    const auto page = co_await web.get("http://127.0.0.1:" + std::to_string(site.port()) + "/");
    EXPECT_EQ(page.status(), status::bad_request);
  });
}

TEST(https_server, logs_why_a_handshake_has_failed_and_goes_on) {
  const auto log = std::make_shared<recording_log>();
  run_virtually([log]() -> task<> {
    server site{tell, server_options{}.tls(demanding_server()).log_to(log)};
    auto ends = testing::make_memory_streams();
    auto serving = spawn(site.serve(std::move(ends.second)));
    co_await ends.first->write_all("\x16nonsense that begins as TLS does");
    ends.first->shutdown_write();
    co_await serving;
    EXPECT_THAT(log->text(), HasSubstr("info http: TLS handshake with memory:1: "));
    const auto once = log->text();
    // Who only comes and goes is not worth a line.
    ends = testing::make_memory_streams();
    ends.first->close();
    co_await site.serve(std::move(ends.second));
    EXPECT_EQ(log->text(), once);
    ends = testing::make_memory_streams();
    serving = spawn(site.serve(std::move(ends.second)));
    auto settings = good_client().identity(client_identity());
    auto secured = co_await net::tls_client_handshake(std::move(ends.first), settings, "localhost");
    co_await secured->write_all("GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(co_await read_to_end(*secured), HasSubstr("\r\n\r\n/x 0"));
    co_await serving;
    EXPECT_EQ(log->text(), once);
  });
}

TEST(https_server, does_not_let_strangers_fill_the_log) {
  const auto log = std::make_shared<recording_log>();
  run_virtually([&]() -> task<> {
    server site{tell, secure().log_to(log)};
    for (int i = 0; i < 1'000; ++i) {
      auto ends = testing::make_memory_streams();
      co_await ends.first->write_all("\x16nonsense that is as long as the head of a record");
      ends.first->shutdown_write();
      co_await site.serve(std::move(ends.second));
    }
  });
  const auto text = log->text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 10);
}

TEST(https_server, gives_a_handshake_as_long_as_a_head) {
  run_virtually([]() -> task<> {
    server site{tell, secure().head_timeout(2s)};
    auto ends = testing::make_memory_streams();
    const auto begun = co_await now();
    co_await site.serve(std::move(ends.second));
    EXPECT_EQ(co_await now() - begun, 2s);
    EXPECT_EQ(co_await read_to_end(*ends.first), "");
    EXPECT_EQ(site.connections(), 0U);
  });
}

TEST(https_server, can_be_cancelled_in_the_handshake) {
  run_virtually([]() -> task<> {
    server site{tell, secure()};
    auto ends = testing::make_memory_streams();
    std::vector<task_handle<void>> serving{spawn(site.serve(std::move(ends.second)))};
    co_await sleep(1s);
    EXPECT_EQ(site.connections(), 1U);
    serving.front().cancel();
    co_await wait(serving);
    EXPECT_TRUE(serving.front().result().was_cancelled());
    EXPECT_EQ(co_await read_to_end(*ends.first), "");
    EXPECT_EQ(site.connections(), 0U);
  });
}

TEST(https_server, does_not_wait_for_handshakes_when_it_stops) {
  run_really([]() -> task<> {
    server site{tell, secure()};
    co_await site.start();
    const auto silent = co_await net::connect_tcp("127.0.0.1", site.port());
    while (site.connections() == 0)
      co_await sleep(1ms);
    const auto begun = co_await now();
    co_await site.stop(5s);
    EXPECT_LT(co_await now() - begun, 4s);
  });
}

TEST(https_server, says_over_tls_that_it_is_full) {
  run_really([]() -> task<> {
    sync::event begun;
    sync::event gate;
    const auto wait = [&](request) -> task<response> {
      begun.set();
      co_await gate.wait();
      co_return response{status::ok, "first", "text/plain"};
    };
    server site{wait, secure().max_connections(1).refuse_when_full(7s)};
    co_await site.start();
    const auto first = trusting_client();
    const auto asked = spawn(first.get(site.url() + "/first"));
    co_await begun.wait();
    const auto answer = co_await trusting_client().get(site.url() + "/second");
    EXPECT_EQ(answer.status(), status::service_unavailable);
    EXPECT_EQ(answer.get("Retry-After"), "7");
    // One that speaks no TLS is let go.
    const auto plain = co_await net::connect_tcp("127.0.0.1", site.port());
    co_await plain->write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(co_await read_to_end(*plain), Not(HasSubstr("503")));
    gate.set();
    EXPECT_EQ((co_await asked).body(), "first");
    co_await site.stop(1s);
  });
}

TEST(https_server, serves_others_while_some_are_slow_to_shake_hands) {
  run_really([]() -> task<> {
    server site{tell, secure()};
    co_await site.start();
    std::vector<std::unique_ptr<net::stream>> slow;
    for (int i = 0; i < 20; ++i)
      slow.push_back(co_await net::connect_tcp("127.0.0.1", site.port()));
    EXPECT_EQ((co_await trusting_client().get(site.url() + "/now")).body(), "/now 0");
  });
}

task<std::string> name_shown(std::uint16_t port) {
  net::tls_client_context context{good_client()};
  const auto connection = co_await net::connect_tls("127.0.0.1", port, std::move(context));
  co_return connection->peer_certificate()->subject;
}

TEST(https_server, shows_new_connections_the_reloaded_certificate) {
  run_really([]() -> task<> {
    net::tls_server_context context{good_server()};
    server site{tell, server_options{}.tls(context)};
    co_await site.start();
    const auto web = trusting_client();
    EXPECT_EQ((co_await web.get(site.url() + "/1")).body(), "/1 0");
    EXPECT_EQ(co_await name_shown(site.port()), "CN=test server");
    const auto next = certificate_options{}.name("next").issued_by(shared_identities().authority).make();
    context.reload(server_with(next));
    EXPECT_EQ(co_await name_shown(site.port()), "CN=next");
    EXPECT_EQ((co_await web.get(site.url() + "/2")).body(), "/2 0");
    EXPECT_EQ(web.open_connections(), 1U); // still the old one
  });
}

// -- curl --------------------------------------------------------------------------------------------------------------

/// What curl prints, with its exit status before it.
task<std::string> curl(std::string arguments) {
  const auto call = [command = "curl -sS --max-time 20 " + arguments] { return test_support::run_shell(command); };
  const auto result = co_await to_thread(call);
  co_return std::to_string(result.status) + ": " + result.output;
}

TEST(curl_as_client, is_served_over_tls) {
  run_really([]() -> task<> {
    const fs::temp_directory folder;
    const auto write = [&folder](const std::string& name, const std::string& text) {
      std::ofstream{folder.path() / name} << text;
      return (folder.path() / name).string();
    };
    const auto& all = shared_identities();
    const auto trusting = "--cacert " + write("ca.pem", all.authority.pem) + " ";
    server site{tell, secure()};
    co_await site.start();
    EXPECT_EQ(co_await curl(trusting + site.url() + "/1 " + site.url() + "/2"), "0: /1 0/2 0");
    EXPECT_EQ(co_await curl(trusting + "--tlsv1.2 --tls-max 1.2 " + site.url() + "/old"), "0: /old 0");
    EXPECT_EQ(co_await curl(trusting + "--http1.0 " + site.url() + "/http"), "0: /http 0");
    EXPECT_EQ(co_await curl(trusting + "-H 'Expect:' -T /bin/sh " + site.url() + "/put"),
              "0: /put " + std::to_string(std::filesystem::file_size("/bin/sh")));
    EXPECT_THAT(co_await curl(site.url() + "/"), StartsWith("60: "));
    EXPECT_THAT(co_await curl(trusting + "--tls-max 1.1 " + site.url() + "/"), StartsWith("35: "));
    server closed{tell, server_options{}.tls(demanding_server())};
    co_await closed.start();
    const auto identity =
        "--cert " + write("client.pem", all.client.pem) + " --key " + write("client.key", all.client.key) + " ";
    EXPECT_EQ(co_await curl(trusting + identity + closed.url() + "/in"), "0: /in 0");
    EXPECT_THAT(co_await curl(trusting + closed.url() + "/out"), Not(StartsWith("0: ")));
  });
}

} // namespace
} // namespace actors::http::test
