#include <actors/http/status.hpp>

#include <gtest/gtest.h>

namespace actors::http {
namespace {

TEST(status, registered_codes_have_their_phrase_and_others_that_of_their_class) {
  EXPECT_EQ(reason_phrase(status::ok), "OK");
  EXPECT_EQ(reason_phrase(status::im_a_teapot), "I'm a Teapot");
  EXPECT_EQ(reason_phrase(status::request_header_fields_too_large), "Request Header Fields Too Large");
  EXPECT_EQ(reason_phrase(static_cast<status>(299)), "Success");
  EXPECT_EQ(reason_phrase(static_cast<status>(599)), "Server Error");
  EXPECT_EQ(reason_phrase(static_cast<status>(999)), "Unknown");
}

TEST(status, classes_follow_the_first_digit) {
  EXPECT_TRUE(is_informational(status::early_hints));
  EXPECT_TRUE(is_success(static_cast<status>(299)));
  EXPECT_TRUE(is_client_error(status::not_found));
  EXPECT_TRUE(is_server_error(status::bad_gateway));
  EXPECT_FALSE(is_server_error(status::not_found));
  EXPECT_EQ(code(status::not_found), 404U);
}

TEST(status, not_every_3xx_is_a_redirect) {
  EXPECT_TRUE(is_redirect(status::moved_permanently));
  EXPECT_TRUE(is_redirect(status::permanent_redirect));
  EXPECT_FALSE(is_redirect(status::not_modified));
  EXPECT_FALSE(is_redirect(status::multiple_choices));
}

TEST(status, some_never_carry_a_body) {
  EXPECT_TRUE(is_bodiless(status::continue_));
  EXPECT_TRUE(is_bodiless(status::no_content));
  EXPECT_TRUE(is_bodiless(status::not_modified));
  EXPECT_FALSE(is_bodiless(status::reset_content));
}

} // namespace
} // namespace actors::http
