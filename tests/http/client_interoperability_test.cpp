#include "programs.hpp"
#include "scripted_server.hpp"

#include <actors/core/to_thread.hpp>
#include <actors/fs/temp_directory.hpp>
#include <actors/http/client.hpp>
#include <actors/http/cookie_jar.hpp>
#include <actors/http/credentials.hpp>
#include <actors/http/multipart_parser.hpp>
#include <actors/http/server.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>
#include <utility>

/// The client's features against nginx, as server and as proxy; curl's forms beside our own.
namespace actors::http::test {
namespace {

std::string numbers(int count) {
  std::string result;
  for (int i = 0; i < count; ++i)
    result += std::to_string(i) + "\r\n";
  return result;
}

/// What a form holds, a line a part.
std::string describe_form(const request& what) {
  std::string result;
  for (const auto& part : parse_multipart(what))
    result += part.head.name + "|" + part.head.filename.value_or("-") + "|" + std::string{part.content} + "\n";
  return result;
}

response describe(const request& what) {
  const bool is_form = what.get("Content-Type").value_or("").starts_with("multipart/form-data");
  return response{status::ok, is_form ? describe_form(what) : std::string{what.body()}, "text/plain"};
}

/// nginx with a server of ours behind it.
task<void> start_before(nginx& front, const server& behind) {
  const auto pass = "proxy_pass " + behind.url() + "; proxy_http_version 1.1;";
  front.locations("    location /up { client_max_body_size 0; proxy_request_buffering off; " + pass +
                  " }\n"
                  "    location /small { client_max_body_size 1k; " +
                  pass +
                  " }\n"
                  "    location /secret { auth_basic here; auth_basic_user_file passwords; }\n"
                  "    location /cookie { add_header Set-Cookie a=$arg_set; return 200 $http_cookie; }\n");
  front.add_file("passwords", "ann:{PLAIN}s%cret\n");
  front.add_page("secret/page.html", "secret");
  co_await front.start();
}

TEST(nginx_as_server, takes_what_our_client_uploads) {
  run_really([]() -> task<> {
    server behind{describe};
    co_await behind.start();
    nginx front;
    co_await start_before(front, behind);
    const fs::temp_directory folder;
    const auto content = numbers(300'000);
    std::ofstream{folder.path() / "big.txt", std::ios::binary} << content;
    const client web{client_options{}.max_body(std::uint64_t{1} << 30)};
    for (int i = 0; i < 3; ++i) {
      auto file = co_await file_body(folder.path() / "big.txt");
      const auto put = request{method::put, "/"}.set("Accept-Encoding", "identity");
      const auto stored = co_await web.send(front.url() + "/up", put, std::move(file));
      EXPECT_TRUE(stored.body() == content) << stored.body().size();
      auto left = std::make_shared<int>(100);
      auto pieces = pulled_body(
          [left]() -> task<std::string> { co_return (*left)-- > 0 ? std::string(1000, 'x') : std::string{}; });
      EXPECT_EQ((co_await web.send(front.url() + "/up", put, std::move(pieces))).body(), std::string(100'000, 'x'));
      multipart_form form;
      form.add_field("a", "b").add_file("file", folder.path() / "big.txt", "text/plain");
      const auto sent = co_await web.send(front.url() + "/up", std::move(form));
      EXPECT_TRUE(sent.body() == "a|-|b\nfile|big.txt|" + content + "\n") << sent.body().size();
    }
    const auto asked = request{method::put, "/", "small", "text/plain"}.set("Expect", "100-continue");
    EXPECT_EQ((co_await web.send(front.url() + "/up", asked)).body(), "small");
  });
}

TEST(nginx_as_server, refuses_a_body_while_our_client_sends_it) {
  run_really([]() -> task<> {
    server behind{describe};
    co_await behind.start();
    nginx front;
    co_await start_before(front, behind);
    const client web;
    for (int i = 0; i < 20; ++i) {
      const auto answer =
          co_await web.send(front.url() + "/small", request{method::put, "/"}, text_body(std::string(3'000'000, 'x')));
      EXPECT_EQ(answer.status(), status::content_too_large);
    }
    EXPECT_EQ(web.open_connections(), 0U);
  });
}

TEST(nginx_as_server, knows_our_client_by_password_and_cookie) {
  run_really([]() -> task<> {
    server behind{describe};
    co_await behind.start();
    nginx front;
    co_await start_before(front, behind);
    const auto where = front.url() + "/secret/page.html";
    EXPECT_EQ((co_await client{}.get(where)).status(), status::unauthorized);
    const client known{client_options{}.authenticate(where, credentials::basic("ann", "s%cret"))};
    EXPECT_EQ((co_await known.get(where)).body(), "secret");
    const auto with_user = "http://ann:s%25cret@" + where.substr(7);
    EXPECT_EQ((co_await client{}.get(with_user)).body(), "secret");
    const client web{client_options{}.cookies(std::make_shared<cookie_jar>())};
    EXPECT_EQ((co_await web.get(front.url() + "/cookie?set=1")).body(), "");
    EXPECT_EQ((co_await web.get(front.url() + "/cookie?set=2")).body(), "a=1");
    EXPECT_EQ((co_await web.get(front.url() + "/cookie")).body(), "a=2");
  });
}

TEST(curl_as_client, sends_the_same_forms_as_we_do) {
  run_really([]() -> task<> {
    server site{describe};
    co_await site.start();
    const fs::temp_directory folder;
    const auto path = (folder.path() / "some file.txt").string();
    std::ofstream{path, std::ios::binary} << "line\r\n--line";
    const auto command = "curl -sS --max-time 20 -F 'a b=c\"d' -F 'file=@\"" + path +
                         "\";type=text/plain' -F 'named=@\"" + path + "\";filename=\"x \\\"y\\\".txt\"' " + site.url();
    auto call = to_thread([&command] { return output_of(command); });
    const auto by_curl = co_await call;
    EXPECT_EQ(by_curl, "a b|-|c\"d\nfile|some file.txt|line\r\n--line\nnamed|x \"y\".txt|line\r\n--line\n");
    multipart_form form;
    form.add_field("a b", "c\"d").add_file("file", path, "text/plain").add_file_as("named", "x \"y\".txt", path);
    EXPECT_EQ((co_await client{}.send(site.url(), std::move(form))).body(), by_curl);
  });
}

} // namespace
} // namespace actors::http::test
