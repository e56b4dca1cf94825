#include <actors/http/error.hpp>
#include <actors/http/message.hpp>

#include <gtest/gtest.h>

#include <string>

namespace actors::http {
namespace {

using std::string_literals::operator""s;

TEST(message, a_request_is_made_of_its_parts) {
  const auto r = request{method::post, "/orders?dry=1", "a=1", "text/plain"}.set("Accept", "x").add("Accept", "y");
  EXPECT_EQ(r.method(), method::post);
  EXPECT_EQ(r.path(), "/orders");
  EXPECT_EQ(r.query(), "dry=1");
  EXPECT_EQ(r.body(), "a=1");
  EXPECT_EQ(r.get("content-type"), "text/plain");
  EXPECT_EQ(r.fields().count("accept"), 2U);
}

TEST(message, path_and_query_are_found_in_every_form_of_target) {
  EXPECT_EQ(request(method::get, "http://h:80/p?q?r").path(), "/p");
  EXPECT_EQ(request(method::get, "http://h:80/p?q?r").query(), "q?r");
  EXPECT_EQ(request(method::get, "http://h").path(), "/");
  EXPECT_EQ(request(method::get, "/?u=http://x/y").path(), "/");
  EXPECT_EQ(request(method::options, "*").path(), "*");
  EXPECT_EQ(request(method::connect, "h:443").path(), "h:443");
  EXPECT_EQ(request(method::get, "/p").query(), "");
}

TEST(message, targets_that_would_break_out_of_the_request_line_are_refused) {
  for (const auto& target : {""s, "/a b"s, "/a\r\nX: y"s, "/\n"s, "/\0"s, "/\t"s, "/\x7f"s, "/é"s}) {
    request r;
    try {
      r.set_target(target);
      ADD_FAILURE() << target;
    } catch (const error& e) {
      EXPECT_EQ(e.kind(), errc::invalid_target);
    }
    EXPECT_EQ(r.target(), "/");
  }
}

TEST(message, a_response_is_made_of_its_parts) {
  const response r{status::not_found, "no", "text/plain"};
  EXPECT_EQ(r.status(), status::not_found);
  EXPECT_EQ(r.reason(), "Not Found");
  EXPECT_EQ(r.body(), "no");
  EXPECT_EQ(response{}.status(), status::ok);
}

TEST(message, a_reason_phrase_of_ones_own_goes_with_its_status) {
  response r{status::ok};
  r.set_reason("Fine");
  EXPECT_EQ(r.reason(), "Fine");
  r.set_status(status::gone);
  EXPECT_EQ(r.reason(), "Gone");
  EXPECT_EQ(response{status::ok}.set_reason("OK"), response{status::ok});
}

TEST(message, bad_reasons_and_codes_are_refused) {
  response r;
  EXPECT_THROW(r.set_reason("a\r\nb"), error);
  EXPECT_THROW(r.set_reason("a\0b"s), error);
  EXPECT_THROW(r.set_status(static_cast<status>(99)), error);
  EXPECT_THROW(r.set_status(static_cast<status>(1000)), error);
  EXPECT_EQ(r, response{});
}

TEST(message, keep_alive_is_the_default_of_http_1_1_only) {
  request r;
  EXPECT_TRUE(wants_keep_alive(r));
  r.set("Connection", "close");
  EXPECT_FALSE(wants_keep_alive(r));
  r.set_version(version::http_1_0).set("Connection", "Keep-Alive");
  EXPECT_TRUE(wants_keep_alive(r));
  r.fields().remove("Connection");
  EXPECT_FALSE(wants_keep_alive(r));
  EXPECT_FALSE(wants_keep_alive(response{}.set("Connection", "upgrade, close")));
}

} // namespace
} // namespace actors::http
