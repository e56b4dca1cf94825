#include <actors/http/error.hpp>
#include <actors/http/query.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace actors::http {
namespace {

using std::string_literals::operator""s;
using testing::ElementsAre;

TEST(query, percent_encoding_round_trips_every_byte) {
  std::string all;
  for (int i = 0; i < 256; ++i)
    all.push_back(static_cast<char>(i));
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
  EXPECT_EQ(percent_encode("aZ0-._~ /\xc3\xa9%"), "aZ0-._~%20%2F%C3%A9%25");
  EXPECT_EQ(percent_encode("/a b/", "/"), "/a%20b/");
}

TEST(query, a_percent_sign_without_two_digits_stays) {
  EXPECT_EQ(percent_decode("%"), "%");
  EXPECT_EQ(percent_decode("%4"), "%4");
  EXPECT_EQ(percent_decode("%zz%41"), "%zzA");
  EXPECT_EQ(percent_decode("100%"), "100%");
  EXPECT_EQ(percent_decode("a+b%00"), "a+b\0"s);
}

TEST(query, parameters_are_decoded_in_their_order) {
  const auto p = query_params::parse("q=a+b&tag=x&&tag=%C3%A9&flag&=v&e==");
  EXPECT_EQ(p.get("q"), "a b");
  EXPECT_THAT(p.get_all("tag"), ElementsAre("x", "é"));
  EXPECT_EQ(p.get("flag"), "");
  EXPECT_EQ(p.get(""), "v");
  EXPECT_EQ(p.get("e"), "=");
  EXPECT_FALSE(p.get("missing"));
  EXPECT_EQ(p.size(), 6U);
}

TEST(query, what_is_written_is_read_back) {
  query_params p;
  p.add("a b", "1&2=3").add("é", "").add("a b", "+%");
  EXPECT_EQ(p.to_string(), "a+b=1%262%3D3&%C3%A9=&a+b=%2B%25");
  EXPECT_EQ(query_params::parse(p.to_string()), p);
  EXPECT_EQ(query_params{}.to_string(), "");
}

TEST(query, set_and_remove_work_on_all_of_a_name) {
  auto p = query_params::parse("a=1&b=2&a=3");
  p.set("a", "x");
  EXPECT_EQ(p.to_string(), "a=x&b=2");
  p.set("c", "y");
  EXPECT_EQ(p.remove("a"), 1U);
  EXPECT_EQ(p.to_string(), "b=2&c=y");
}

TEST(query, the_number_of_parameters_is_bounded) {
  EXPECT_EQ(query_params::parse("a&a&a", 3).size(), 3U);
  try {
    (void)query_params::parse("a&a&a&a", 3);
    FAIL();
  } catch (const error& e) {
    EXPECT_EQ(e.kind(), errc::too_many_parameters);
  }
}

} // namespace
} // namespace actors::http
