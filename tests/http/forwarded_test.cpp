#include "support.hpp"

#include <actors/http/forwarded.hpp>
#include <actors/http/trusted_proxies.hpp>

#include <gtest/gtest.h>

#include <string>

namespace actors::http::test {
namespace {

TEST(forwarded, an_element_is_read_with_its_quotes_spaces_and_unknown_names) {
  EXPECT_EQ(parse_forwarded("for=192.0.2.7"), (forwarded_element{"192.0.2.7", "", "", ""}));
  EXPECT_EQ(parse_forwarded("For=\"[2001:db8::1]:4711\";By=_edge ; proto=https;host=\"a\\.b:8080\"; secret=x"),
            (forwarded_element{"[2001:db8::1]:4711", "_edge", "https", "a.b:8080"}));
  EXPECT_EQ(parse_forwarded(" proto=http "), (forwarded_element{"", "", "http", ""}));
  EXPECT_EQ(parse_forwarded(""), forwarded_element{});
}

TEST(forwarded, a_malformed_element_is_none) {
  for (const auto* text : {"for", "for=", "=x", "for=a b", "for=\"a", "for=\"a\\", "for =a", "for= a", "for=a;for=b",
                           "for=a;FOR=a", "for=[::1]", "for=a:1", "for=\"a\"b", ";", "for=a;;by=b", "f\"r=a"})
    EXPECT_FALSE(parse_forwarded(text)) << text;
}

TEST(forwarded, an_origin_is_read_as_it_was_written) {
  for (const auto& origin : {request_origin{"192.0.2.7", "https", "example.com"},
                             request_origin{"2001:db8::1", "http", "[2001:db8::2]:8080"},
                             request_origin{"_unix", "http", ""}, request_origin{"unknown", "https", "a"}}) {
    request what;
    what.add("X-Forwarded-For", "1").add("Forwarded", "for=a").add("forwarded", "for=b").add("X-Real-IP", "2");
    set_origin(what, origin);
    EXPECT_EQ(origin_of(what), origin);
    EXPECT_EQ(what.fields().size(), 1U);
  }
  EXPECT_EQ((request_origin{"a", "https", "b:1"}.url_of("/c")), "https://b:1/c");
}

TEST(forwarded, an_origin_is_one_well_formed_element) {
  EXPECT_FALSE(origin_of(request{}));
  EXPECT_FALSE(origin_of(request{}.add("Forwarded", "for=a, for=b")));
  EXPECT_FALSE(origin_of(request{}.add("Forwarded", "for=a").add("Forwarded", "for=b")));
  EXPECT_FALSE(origin_of(request{}.add("Forwarded", "for")));
}

} // namespace
} // namespace actors::http::test
