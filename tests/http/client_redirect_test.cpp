#include "scripted_server.hpp"

#include <actors/http/internal/redirect.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace actors::http::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using server = scripted_server;

const std::string hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

std::string redirect(int code, std::string_view location, std::string_view body = {}) {
  return "HTTP/1.1 " + std::to_string(code) + " Elsewhere\r\nLocation: " + std::string{location} +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
}

request followed(request what, status answer, std::string_view from = "http://a/x",
                 std::string_view to = "http://a/y") {
  internal::follow(what, answer, url::parse(from), url::parse(to));
  return what;
}

TEST(redirect, turns_a_post_into_a_get_as_the_status_says) {
  const request post{method::post, "/x", "body", "text/plain"};
  for (const auto code : {status::moved_permanently, status::found, status::see_other}) {
    const auto next = followed(post, code);
    EXPECT_EQ(next.method(), method::get);
    EXPECT_EQ(next.body(), "");
    EXPECT_FALSE(next.get("Content-Type"));
    EXPECT_EQ(next.target(), "/y");
  }
  for (const auto code : {status::temporary_redirect, status::permanent_redirect}) {
    const auto next = followed(post, code);
    EXPECT_EQ(next.method(), method::post);
    EXPECT_EQ(next.body(), "body");
    EXPECT_EQ(next.get("Content-Type"), "text/plain");
  }
}

TEST(redirect, leaves_head_alone) {
  const request head{method::head, "/x"};
  for (const auto code : {status::moved_permanently, status::found, status::see_other, status::permanent_redirect})
    EXPECT_EQ(followed(head, code).method(), method::head);
}

TEST(redirect, turns_other_methods_into_a_get_after_303_only) {
  for (const auto m : {method::put, method::delete_, method::patch, method::options}) {
    const request what{m, "/x", "body", "text/plain"};
    for (const auto code : {status::moved_permanently, status::found, status::temporary_redirect}) {
      const auto next = followed(what, code);
      EXPECT_EQ(next.method(), m);
      EXPECT_EQ(next.body(), "body");
      EXPECT_EQ(next.get("Content-Type"), "text/plain");
      EXPECT_EQ(next.target(), "/y");
    }
    const auto next = followed(what, status::see_other);
    EXPECT_EQ(next.method(), method::get);
    EXPECT_EQ(next.body(), "");
  }
}

TEST(redirect, takes_credentials_to_the_same_origin_only) {
  const auto what = request{}.set("Authorization", "Basic x").set("Cookie", "a=1").set("Accept", "text/html");
  EXPECT_EQ(followed(what, status::found).get("Authorization"), "Basic x");
  for (const auto* other : {"http://b/y", "http://a:81/y", "https://a/y"}) {
    const auto next = followed(what, status::found, "http://a/x", other);
    EXPECT_FALSE(next.get("Authorization")) << other;
    EXPECT_FALSE(next.get("Cookie")) << other;
    EXPECT_EQ(next.get("Accept"), "text/html");
  }
}

TEST(redirect, resolves_the_location_and_keeps_the_fragment) {
  std::string why;
  const auto target = [&why](std::string_view location) {
    const auto answer = response{status::found}.set("Location", location);
    return internal::redirect_target(url::parse("http://a/b/c#part"), answer, why)->to_string();
  };
  EXPECT_EQ(target("d"), "http://a/b/d#part");
  EXPECT_EQ(target("/d#other"), "http://a/d#other");
  EXPECT_EQ(target("//b/with space"), "http://b/with%20space#part");
  EXPECT_EQ(target("http://c"), "http://c#part");
}

TEST(redirect, is_none_without_a_location_or_another_status) {
  std::string why;
  const auto from = url::parse("http://a/");
  EXPECT_FALSE(internal::redirect_target(from, response{status::found}, why));
  EXPECT_FALSE(internal::redirect_target(from, response{status::ok}.set("Location", "/x"), why));
  EXPECT_FALSE(internal::redirect_target(from, response{status::not_modified}.set("Location", "/x"), why));
  EXPECT_EQ(why, "");
  EXPECT_FALSE(internal::redirect_target(from, response{status::found}.set("Location", "http://["), why));
  EXPECT_NE(why, "");
}

TEST(client_redirects, are_followed_on_the_same_connection) {
  run_virtually([]() -> task<> {
    server peer{{server::answers({redirect(301, "/b", "moved"), redirect(302, "c"), hello})}};
    const auto web = peer.make_client();
    auto stream = co_await web.open("http://x/a");
    EXPECT_EQ(stream.url().to_string(), "http://x/c");
    EXPECT_EQ(stream.redirects(), 2U);
    EXPECT_EQ(co_await stream.read_all(), "hello");
    EXPECT_EQ(peer.connections(), 1U);
  });
}

TEST(client_redirects, go_to_other_hosts_without_the_credentials) {
  run_virtually([]() -> task<> {
    std::vector<std::string> seen;
    const auto keep = [&seen](std::string answer) {
      return [&seen, answer](net::stream& s) -> task<void> {
        seen.push_back(co_await read_until(s, "\r\n\r\n"));
        co_await s.write_all(answer);
        static_cast<void>(co_await read_to_end(s));
      };
    };
    server peer{{keep(redirect(307, "http://b/2")), keep(hello)}};
    const auto web = peer.make_client();
    const auto answer = co_await web.send("http://a/1", request{}.set("Authorization", "Basic x").set("Cookie", "a=1"));
    EXPECT_EQ(answer.body(), "hello");
    EXPECT_THAT(peer.hosts(), ElementsAre("a:80", "b:80"));
    EXPECT_THAT(seen.at(0), HasSubstr("Authorization: Basic x\r\n"));
    EXPECT_THAT(seen.at(1), StartsWith("GET /2 HTTP/1.1\r\nHost: b\r\n"));
    EXPECT_THAT(seen.at(1), Not(HasSubstr("Authorization")));
    EXPECT_THAT(seen.at(1), Not(HasSubstr("Cookie")));
  });
}

TEST(client_redirects, send_a_put_and_its_body_again_after_301) {
  run_virtually([]() -> task<> {
    std::vector<std::string> seen;
    const auto keep = [&seen](net::stream& s) -> task<void> {
      const std::vector<std::string> answers{redirect(301, "/new"), hello};
      for (const auto& answer : answers) {
        auto text = co_await read_until(s, "\r\n\r\n");
        text += co_await read_until(s, "news");
        seen.push_back(std::move(text));
        co_await s.write_all(answer);
      }
    };
    server peer{{keep}};
    const auto answer =
        co_await peer.make_client().send("http://a/old", request{method::put, "/", "news", "text/plain"});
    EXPECT_EQ(answer.body(), "hello");
    EXPECT_THAT(seen, ElementsAre(StartsWith("PUT /old HTTP/1.1\r\n"), StartsWith("PUT /new HTTP/1.1\r\n")));
  });
}

TEST(client_redirects, end_after_ten_with_an_error) {
  run_virtually([]() -> task<> {
    server peer{{server::answers(std::vector<std::string>(20, redirect(302, "/again")))}};
    std::string what;
    EXPECT_EQ(co_await kind_of(peer.make_client().get("http://x/"), &what), "redirect_loop");
    EXPECT_THAT(what, HasSubstr("more than 10 redirects, the next to http://x/again"));
    server other{{server::answers({redirect(302, "/1"), redirect(302, "/2"), hello})}};
    EXPECT_EQ(co_await kind_of(other.make_client(client_options{}.max_redirects(1)).get("http://x/")), "redirect_loop");
  });
}

TEST(client_redirects, tell_nobody_the_password_of_a_location) {
  run_virtually([]() -> task<> {
    std::string told;
    server peer{{server::answers(std::vector<std::string>(2, redirect(302, "http://ann:secret@x/again")))}};
    const auto hook = [&told](const client_event& e) { told += e.detail; };
    const auto web = peer.make_client(client_options{}.max_redirects(1).on_event(hook));
    std::string what;
    EXPECT_EQ(co_await kind_of(web.get("http://x/"), &what), "redirect_loop");
    EXPECT_THAT(what + told, Not(HasSubstr("secret")));
    EXPECT_THAT(told, HasSubstr("http://x/again"));
  });
}

TEST(client_redirects, can_be_left_to_the_caller) {
  run_virtually([]() -> task<> {
    server peer{{server::answers({redirect(302, "/b")})}};
    const auto answer = co_await peer.make_client(client_options{}.follow_redirects(false)).get("http://x/a");
    EXPECT_EQ(answer.status(), status::found);
    EXPECT_EQ(answer.get("Location"), "/b");
  });
}

TEST(client_redirects, to_nowhere_are_clear_errors) {
  run_virtually([]() -> task<> {
    server peer{{server::answers_and_closes(redirect(302, "ftp://x/file")),
                 server::answers_and_closes(redirect(302, "http://[")),
                 server::answers_and_closes(redirect(302, "mailto:me@x"))}};
    const auto web = peer.make_client();
    std::string what;
    EXPECT_EQ(co_await kind_of(web.get("http://x/"), &what), "unsupported");
    EXPECT_THAT(what, HasSubstr("GET ftp://x/file: the scheme ftp"));
    EXPECT_EQ(co_await kind_of(web.get("http://x/"), &what), "protocol");
    EXPECT_THAT(what, HasSubstr("Location is no URL"));
    EXPECT_EQ(co_await kind_of(web.get("http://x/")), "unsupported");
  });
}

TEST(client_redirects, a_redirect_with_a_big_or_broken_body_is_followed_on_another_connection) {
  run_virtually([]() -> task<> {
    const std::string broken = "HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 10\r\n\r\nabc";
    server peer{{server::answers({redirect(302, "/b", std::string(100'000, 'x'))}), server::answers_and_closes(broken),
                 server::answers({hello})}};
    const auto web = peer.make_client();
    EXPECT_EQ((co_await web.get("http://x/a")).body(), "hello");
    EXPECT_EQ(peer.connections(), 3U);
  });
}

} // namespace
} // namespace actors::http::test
