#include <actors/http/method.hpp>

#include <gtest/gtest.h>

namespace actors::http {
namespace {

TEST(method, every_method_has_a_name_that_leads_back_to_it) {
  for (unsigned i = 0; i < method_count; ++i) {
    const auto m = static_cast<method>(i);
    EXPECT_EQ(parse_method(to_string(m)), m) << to_string(m);
  }
  EXPECT_EQ(to_string(method::delete_), "DELETE");
  EXPECT_EQ(to_string(method::msearch), "M-SEARCH");
  EXPECT_EQ(to_string(method::query), "QUERY");
  EXPECT_EQ(to_string(static_cast<method>(method_count)), "?");
}

TEST(method, names_are_case_sensitive_and_exact) {
  EXPECT_FALSE(parse_method("get"));
  EXPECT_FALSE(parse_method(""));
  EXPECT_FALSE(parse_method("GETX"));
  EXPECT_FALSE(parse_method("BREW"));
}

TEST(method, safety_and_idempotence_are_those_of_rfc_9110) {
  for (const auto m : {method::get, method::head, method::options, method::trace}) {
    EXPECT_TRUE(is_safe(m));
    EXPECT_TRUE(is_idempotent(m));
  }
  for (const auto m : {method::put, method::delete_}) {
    EXPECT_FALSE(is_safe(m));
    EXPECT_TRUE(is_idempotent(m));
  }
  for (const auto m : {method::post, method::patch, method::connect}) {
    EXPECT_FALSE(is_safe(m));
    EXPECT_FALSE(is_idempotent(m));
  }
}

} // namespace
} // namespace actors::http
