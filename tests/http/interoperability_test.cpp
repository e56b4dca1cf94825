#include "programs.hpp"
#include "scripted_server.hpp"

#include <actors/core/gather.hpp>
#include <actors/core/to_thread.hpp>
#include <actors/http/client.hpp>
#include <actors/http/server.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

/// Against the programs that everybody uses: nginx as a server, curl as a client.
namespace actors::http::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

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
