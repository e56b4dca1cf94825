#include <actors/http/error.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace actors::http {
namespace {

TEST(error, every_kind_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  const auto last = static_cast<int>(errc::invalid_cookie);
  for (int i = 1; i <= last; ++i)
    names.insert(to_string(static_cast<errc>(i)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(last));
  EXPECT_EQ(names.count("unknown"), 0U);
}

TEST(error, keeps_kind_and_text) {
  const error e{errc::body_too_large, "too much"};
  EXPECT_EQ(e.kind(), errc::body_too_large);
  EXPECT_STREQ(e.what(), "too much");
}

} // namespace
} // namespace actors::http
