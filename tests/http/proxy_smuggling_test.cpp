#include "request_attacks.hpp"
#include "support.hpp"

#include <actors/core/sleep.hpp>
#include <actors/fs/temp_directory.hpp>
#include <actors/http/server.hpp>
#include <actors/net/error.hpp>
#include <actors/net/tcp_listener.hpp>
#include <actors/net/tcp_stream.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Our server behind the proxies that everybody uses: what they let pass must not be two requests for us.
namespace actors::http::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Not;

constexpr std::string_view smuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

/// A proxy in front of a port, on a port that was free a moment ago. Ends with this object.
class proxy {
public:
  proxy(std::string name, std::uint16_t port) : name_(std::move(name)), port_(port) {}

  ~proxy() {
    if (process_ > 0) {
      ::kill(process_, SIGTERM);
      ::waitpid(process_, nullptr, 0);
    }
  }

  proxy(const proxy&) = delete;
  proxy& operator=(const proxy&) = delete;

  void start(std::uint16_t target) {
    const auto file = (folder_.path() / "config").string();
    std::ofstream{file} << (name_ == "nginx" ? nginx_config(target) : haproxy_config(target));
    std::vector<std::string> words;
    if (name_ == "nginx")
      words = {"/usr/sbin/nginx", "-p", folder_.path().string(), "-c", file, "-e", "error.log"};
    else
      words = {"/usr/sbin/haproxy", "-db", "-q", "-f", file};
    std::vector<char*> arguments;
    for (auto& word : words)
      arguments.push_back(word.data());
    arguments.push_back(nullptr);
    process_ = ::fork();
    if (process_ < 0)
      throw std::runtime_error("cannot fork");
    if (process_ == 0) {
      ::execv(arguments[0], arguments.data());
      ::_exit(127);
    }
  }

  [[nodiscard]] bool runs() const { return ::waitpid(process_, nullptr, WNOHANG) == 0; }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

private:
  [[nodiscard]] std::string nginx_config(std::uint16_t target) const {
    return "daemon off; master_process off; pid nginx.pid; error_log error.log;\n"
           "events { worker_connections 512; }\n"
           "http { access_log off; client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f;\n"
           "  uwsgi_temp_path u; scgi_temp_path s; ignore_invalid_headers off; underscores_in_headers on;\n"
           "  upstream ours { server 127.0.0.1:" +
           std::to_string(target) +
           "; keepalive 4; }\n"
           "  server { listen 127.0.0.1:" +
           std::to_string(port_) +
           ";\n"
           "    location / { proxy_pass http://ours; proxy_http_version 1.1; proxy_set_header Connection \"\";\n"
           "      proxy_set_header X-Proxy yes;\n"
           "      proxy_request_buffering off; proxy_ignore_client_abort on; } } }\n";
  }

  [[nodiscard]] std::string haproxy_config(std::uint16_t target) const {
    return "global\n  maxconn 100\n"
           "defaults\n  mode http\n  timeout connect 5s\n  timeout client 10s\n  timeout server 10s\n"
           "  option accept-invalid-http-request\n  http-reuse always\n"
           "frontend f\n  bind 127.0.0.1:" +
           std::to_string(port_) +
           "\n  http-request set-header X-Proxy yes\n  default_backend b\nbackend b\n  server s 127.0.0.1:" +
           std::to_string(target) + "\n";
  }

  std::string name_;
  std::uint16_t port_;
  fs::temp_directory folder_{"actors-proxy"};
  pid_t process_ = -1;
};

/// Waits until the port is open; false if the program has ended instead (somebody else got the port).
task<bool> is_up(const proxy& front) {
  while (front.runs()) {
    try {
      static_cast<void>(co_await net::connect_tcp("127.0.0.1", front.port()));
      co_return true;
    } catch (const net::net_error&) {
    }
    co_await sleep(5ms);
  }
  co_return false;
}

task<std::unique_ptr<proxy>> start_proxy(std::string name, std::uint16_t target) {
  for (int attempt = 0; attempt < 5; ++attempt) {
    std::uint16_t port = 0;
    {
      const auto probe = co_await net::listen_tcp("127.0.0.1", 0);
      port = probe->local_endpoint().port();
    }
    auto front = std::make_unique<proxy>(name, port);
    front->start(target);
    if (co_await is_up(*front))
      co_return front;
  }
  throw std::runtime_error("cannot start " + name);
}

/// What reached the handler: the targets, and "smuggled" for what the proxy has not marked, so did not take for a
/// request.
class visits {
public:
  void add(const request& what) {
    const std::scoped_lock guard{mutex_};
    all_.push_back(what.get("X-Proxy") ? what.target() : "smuggled");
  }

  [[nodiscard]] std::vector<std::string> take() {
    const std::scoped_lock guard{mutex_};
    return std::exchange(all_, {});
  }

private:
  std::mutex mutex_;
  std::vector<std::string> all_;
};

task<void> send_and_drain(std::uint16_t port, std::string text) {
  try {
    const auto client = co_await net::connect_tcp("127.0.0.1", port);
    co_await client->write_all(text);
    client->shutdown_write();
    static_cast<void>(co_await read_to_end(*client));
  } catch (const net::net_error&) {
    // It may cut the connection.
  }
}

class smuggling_through : public ::testing::TestWithParam<const char*> {};

/// A request is hidden in a body, framed in ways that the proxy and we could see differently.
TEST_P(smuggling_through, nothing_that_the_proxy_took_for_a_body_is_a_request) {
  visits seen;
  run_really([&]() -> task<> {
    server site{[&seen](const request& what) {
                  seen.add(what);
                  return response{};
                },
                server_options{}.log_to(make_null_log_sink())};
    co_await site.start();
    const auto front = co_await start_proxy(GetParam(), site.port());
    const std::string body = "0\r\n\r\n" + std::string{smuggled};
    const std::string sized = "Content-Length: " + std::to_string(body.size()) + "\r\n";
    // One length for the proxy, and something that could make us believe in chunks.
    for (const std::string coding :
         {"Transfer-Encoding: xchunked", "Transfer-Encoding:\vchunked", "Transfer-Encoding: chunked\v",
          "Transfer-Encoding : chunked", " Transfer-Encoding: chunked", "Transfer-Encoding:\r\n chunked",
          "X: y\nTransfer-Encoding: chunked", "X: y\rTransfer-Encoding: chunked", "Transfer_Encoding: chunked",
          "Transfer-Encoding: identity", "Transfer-Encoding: \"chunked\"", "Transfer-Encoding: chunk",
          "Transfer-Encoding: x, chunked", "Transfer-Encoding: chunked, identity", "TE: chunked",
          "Transfer\tEncoding: chunked", "Transfer-Encoding\t: chunked"})
      for (const bool is_first : {false, true}) {
        const auto fields = is_first ? coding + "\r\n" + sized : sized + coding + "\r\n";
        co_await send_and_drain(front->port(), "POST /outer HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + body);
        EXPECT_THAT(seen.take(), Not(Contains("smuggled"))) << fields;
      }
    // Bodies of requests that often have none.
    for (const auto* const method : {"GET", "HEAD", "OPTIONS", "DELETE"}) {
      co_await send_and_drain(front->port(), std::string{method} + " /outer HTTP/1.1\r\nHost: h\r\nContent-Length: " +
                                                 std::to_string(smuggled.size()) + "\r\n\r\n" + std::string{smuggled});
      EXPECT_THAT(seen.take(), AllOf(Contains("/outer"), Not(Contains("smuggled")))) << method;
    }
    // The connection that the proxy keeps to us is in step.
    for (int i = 0; i < 5; ++i) {
      co_await send_and_drain(front->port(), "GET /after HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      EXPECT_THAT(seen.take(), AllOf(Contains("/after"), Not(Contains("smuggled"))));
    }
  });
}

/// The table of malformed requests: whatever the proxy makes of them, no part of one is another request for us.
TEST_P(smuggling_through, no_malformed_request_becomes_two) {
  visits seen;
  run_really([&]() -> task<> {
    server site{[&seen](const request& what) {
                  seen.add(what);
                  return response{};
                },
                server_options{}.log_to(make_null_log_sink())};
    co_await site.start();
    const auto front = co_await start_proxy(GetParam(), site.port());
    for (const auto& each : attacks()) {
      co_await send_and_drain(front->port(), each.sent + std::string{smuggled});
      EXPECT_THAT(seen.take(), Not(Contains("smuggled"))) << each.name;
    }
    co_await send_and_drain(front->port(), "GET /after HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(seen.take(), AllOf(Contains("/after"), Not(Contains("smuggled"))));
  });
}

INSTANTIATE_TEST_SUITE_P(server, smuggling_through, ::testing::Values("nginx", "haproxy"),
                         [](const auto& info) { return std::string{info.param}; });

} // namespace
} // namespace actors::http::test
