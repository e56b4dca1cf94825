#include "scripted_server.hpp"

#include <actors/core/gather.hpp>
#include <actors/core/to_thread.hpp>
#include <actors/http/client.hpp>
#include <actors/http/server.hpp>
#include <actors/net/tcp_listener.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

/// Against the programs that everybody uses: nginx as a server, curl as a client.
namespace actors::http::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// What a shell command prints; throws if it fails.
std::string output_of(const std::string& command) {
  auto* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr)
    throw std::runtime_error("cannot run " + command);
  std::string result;
  char buffer[4096];
  for (std::size_t size = 0; (size = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    result.append(buffer, size);
  if (const int code = ::pclose(pipe); code != 0)
    throw std::runtime_error(command + " failed with " + std::to_string(code) + ": " + result);
  return result;
}

class nginx {
public:
  nginx() {
    std::string pattern = (std::filesystem::temp_directory_path() / "actors-nginx-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
      throw std::runtime_error("no temporary folder");
    folder_ = pattern;
    std::filesystem::create_directories(folder_ / "html");
    // As root, nginx serves as another user.
    std::filesystem::permissions(folder_, std::filesystem::perms::others_read | std::filesystem::perms::others_exec,
                                 std::filesystem::perm_options::add);
  }

  ~nginx() {
    if (port_ != 0) {
      const auto stop = command() + " -s stop >/dev/null 2>&1";
      static_cast<void>(std::system(stop.c_str())); // NOLINT(concurrency-mt-unsafe): one thread left
    }
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  nginx(const nginx&) = delete;
  nginx& operator=(const nginx&) = delete;

  void add_page(const std::string& name, const std::string& text) const {
    std::ofstream{folder_ / "html" / name, std::ios::binary} << text;
  }

  /// Starts it on a free port. nginx cannot choose one, so it is told one that was free a moment ago.
  task<void> start() {
    for (int attempt = 0;; ++attempt) {
      {
        const auto probe = co_await net::listen_tcp("127.0.0.1", 0);
        port_ = probe->local_endpoint().port();
      }
      std::ofstream{folder_ / "nginx.conf"}
          << "pid nginx.pid; worker_processes 1; error_log error.log;\n"
             "events { worker_connections 1024; }\n"
             "http {\n"
             "  access_log off; client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u;\n"
             "  scgi_temp_path s; default_type text/html; keepalive_requests 50;\n"
             "  gzip on; gzip_min_length 1; gzip_types text/plain;\n"
             "  server {\n"
             "    listen 127.0.0.1:"
          << port_
          << " backlog=1024; root html;\n"
             "    location /moved { return 302 /page.html; }\n"
             "    location /loop { return 301 /loop; }\n"
             "    location /error { return 503 sorry; }\n"
             "  }\n"
             "}\n";
      try {
        // The command returns once the port is open.
        static_cast<void>(output_of(command()));
        co_return;
      } catch (const std::runtime_error&) {
        port_ = 0;
        if (attempt == 4)
          throw;
      }
    }
  }

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

private:
  [[nodiscard]] std::string command() const {
    return "PATH=$PATH:/usr/sbin nginx -p " + folder_.string() + " -c nginx.conf -e error.log";
  }

  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
};

TEST(nginx_as_server, serves_our_client) {
  run_really([]() -> task<> {
    nginx site;
    std::string page;
    for (int i = 0; i < 5000; ++i)
      page += "<p>paragraph " + std::to_string(i) + "</p>\n";
    site.add_page("page.html", page);
    site.add_page("empty.html", "");
    co_await site.start();
    const client web;
    auto stream = co_await web.open(site.url() + "/page.html");
    EXPECT_EQ(stream.head().get("Content-Type"), "text/html");
    EXPECT_FALSE(stream.head().get("Content-Encoding"));
    EXPECT_EQ(co_await stream.read_all(), page);
    EXPECT_EQ((co_await web.send(site.url() + "/page.html", request{}.set("Accept-Encoding", "identity"))).body(),
              page);
    EXPECT_EQ((co_await web.get(site.url() + "/empty.html")).body(), "");
    EXPECT_EQ((co_await web.get(site.url() + "/moved")).body(), page);
    EXPECT_EQ((co_await web.get(site.url() + "/none")).status(), status::not_found);
    EXPECT_EQ((co_await web.get(site.url() + "/error")).body(), "sorry");
    EXPECT_EQ((co_await web.send(site.url() + "/page.html", request{method::head, "/"})).body(), "");
    EXPECT_EQ(co_await kind_of(web.get(site.url() + "/loop")), "redirect_loop");
    const auto part = co_await web.send(site.url() + "/page.html",
                                        request{}.set("Range", "bytes=3-5").set("Accept-Encoding", "identity"));
    EXPECT_EQ(part.status(), status::partial_content);
    EXPECT_EQ(part.body(), page.substr(3, 3));
    EXPECT_EQ(web.open_connections(), 1U);
  });
}

TEST(nginx_as_server, closes_connections_under_way_without_costing_a_request) {
  run_really([]() -> task<> {
    nginx site;
    site.add_page("page.html", "hello");
    co_await site.start();
    const client web{client_options{}.max_connections_per_host(20)};
    const auto fetch = [](client c, std::string where) -> task<std::string> {
      std::string all;
      for (int i = 0; i < 100; ++i)
        all += (co_await c.get(where)).body();
      co_return all;
    };
    std::vector<task<std::string>> fetches;
    for (int i = 0; i < 20; ++i)
      fetches.push_back(fetch(web, site.url() + "/page.html"));
    for (const auto& all : co_await gather(std::move(fetches)))
      EXPECT_EQ(all.size(), 500U);
  });
}

TEST(curl_as_client, is_served_by_our_server) {
  run_really([]() -> task<> {
    server site{[](const request& what) {
                  return response{status::ok,
                                  std::string{to_string(what.method())} + " " + what.target() + " " +
                                      std::to_string(what.body().size()),
                                  "text/plain"};
                },
                server_options{}.server_name("ours")};
    co_await site.start();
    const auto run = [](std::string arguments) {
      return to_thread([arguments = std::move(arguments)] { return output_of("curl -sS --max-time 20 " + arguments); });
    };
    const auto where = site.url();
    EXPECT_EQ(co_await run(where + "/a?b=c"), "GET /a?b=c 0");
    EXPECT_EQ(co_await run(where + "/1 " + where + "/2"), "GET /1 0GET /2 0");
    EXPECT_EQ(co_await run("--http1.0 " + where + "/old"), "GET /old 0");
    EXPECT_EQ(co_await run("-d abc " + where + "/form"), "POST /form 3");
    EXPECT_EQ(co_await run("-H 'Transfer-Encoding: chunked' -d abc " + where + "/chunked"), "POST /chunked 3");
    // From 1 MiB on curl asks before it sends a body.
    EXPECT_EQ(co_await run("-H 'Expect: 100-continue' -T /bin/sh " + where + "/put"),
              "PUT /put " + std::to_string(std::filesystem::file_size("/bin/sh")));
    const auto head = co_await run("-I " + where + "/head");
    EXPECT_THAT(head, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(head, HasSubstr("Server: ours\r\n"));
    EXPECT_THAT(head, HasSubstr("Content-Length: 12\r\n"));
  });
}

} // namespace
} // namespace actors::http::test
