#include <actors/http/byte_range.hpp>
#include <actors/http/date.hpp>
#include <actors/http/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace actors::http {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::chrono::sys_seconds now = std::chrono::sys_days{std::chrono::year{2020} / 5 / 17};

/// What a representation of this size is answered with: "200", "416", or the ranges.
std::string selected(std::string_view field, std::uint64_t size, std::size_t max_ranges = 32) {
  const auto asked = range_request::parse(field, max_ranges);
  if (!asked)
    return "ignored";
  const auto selection = select_ranges(*asked, size);
  if (selection.what() == range_selection::kind::whole)
    return "200";
  if (selection.what() == range_selection::kind::unsatisfiable)
    return "416";
  std::string result;
  for (const auto& range : selection.ranges())
    result += content_range(range, size).substr(6) + " ";
  return result;
}

TEST(byte_range, those_of_rfc_9110_are_selected) {
  struct row {
    const char* field;
    const char* expected;
  };

  for (const auto& [field, expected] : {
           row{"bytes=0-499", "0-499/10000 "},
           row{"bytes=500-999", "500-999/10000 "},
           row{"bytes=-500", "9500-9999/10000 "},
           row{"bytes=9500-", "9500-9999/10000 "},
           row{"bytes=0-0,-1", "0-0/10000 9999-9999/10000 "},
           row{"bytes= 0-999, 4500-5499, -1000", "0-999/10000 4500-5499/10000 9000-9999/10000 "},
           row{"bytes=500-600,601-999", "500-600/10000 601-999/10000 "},
           row{"bytes=500-700,601-999", "500-700/10000 601-999/10000 "},
           // beyond the end
           row{"bytes=9999-20000", "9999-9999/10000 "},
           row{"bytes=0-18446744073709551615", "0-9999/10000 "},
           row{"bytes=-20000", "0-9999/10000 "},
           row{"bytes=10000-", "416"},
           row{"bytes=10000-10001,20000-", "416"},
           row{"bytes=-0", "416"},
           row{"bytes=10000-,5-6", "5-6/10000 "},
           // lists
           row{"bytes=,1-2,,\t3-4,", "1-2/10000 3-4/10000 "},
           row{"BYTES=1-2", "1-2/10000 "},
           row{"bytes=3-4,1-2", "3-4/10000 1-2/10000 "},
           // together more than there is
           row{"bytes=0-,0-", "200"},
           row{"bytes=0-9999,5-5", "200"},
           row{"bytes=-1,-9999", "9999-9999/10000 1-9999/10000 "},
           row{"bytes=-1,-10000", "200"},
       })
    EXPECT_EQ(selected(field, 10'000), expected) << field;
}

TEST(byte_range, what_is_not_exactly_a_range_is_ignored) {
  for (const auto* field : {"",
                            "bytes",
                            "bytes=",
                            "bytes=,",
                            "bytes= ",
                            "bytes=-",
                            "bytes=a-b",
                            "bytes=1",
                            "bytes=1-2-3",
                            "bytes=--1",
                            "bytes=+1-2",
                            "bytes=1 -2",
                            "bytes=1- 2",
                            "bytes=0x1-2",
                            "bytes=2-1",
                            "bytes=0-1,2-1",
                            "bytes=0-1;2-3",
                            "bytes =0-1",
                            " bytes=0-1",
                            "items=0-1",
                            "bytes:0-1",
                            "bytes=1-18446744073709551616",
                            "bytes=-18446744073709551616",
                            "bytes=1.0-2",
                            "bytes=0-1,x"})
    EXPECT_EQ(selected(field, 100), "ignored") << field;
  EXPECT_EQ(selected({"bytes=0\0-1", 10}, 100), "ignored");
}

TEST(byte_range, nothing_has_no_ranges) {
  EXPECT_EQ(selected("bytes=0-", 0), "200");
  EXPECT_EQ(selected("bytes=0-0", 0), "200");
  EXPECT_EQ(selected("bytes=-5", 0), "200");
  EXPECT_EQ(selected("bytes=5-", 0), "416");
  EXPECT_EQ(selected("bytes=-0", 0), "416");
  EXPECT_EQ(selected("bytes=0-0", 1), "0-0/1 ");
  EXPECT_EQ(selected("bytes=0-", 18446744073709551615U), "0-18446744073709551614/18446744073709551615 ");
  EXPECT_EQ(selected("bytes=-1,0-", 18446744073709551615U), "200");
}

TEST(byte_range, neither_many_nor_overlapping_ranges_cost_more_than_the_whole) {
  std::string many = "bytes=";
  for (int i = 0; i < 1300; ++i)
    many += "5-" + std::to_string(i + 5) + ",";
  EXPECT_EQ(selected(many, 1'000'000), "ignored");
  EXPECT_EQ(selected(many, 100, 10'000), "200");
  EXPECT_EQ(selected("bytes=0-0,1-1,2-2", 100, 2), "ignored");
  EXPECT_EQ(selected("bytes=0-0,1-1", 100, 2), "0-0/100 1-1/100 ");
}

TEST(byte_range, a_request_is_printed_as_it_is_parsed) {
  const auto r = range_request{}.add(0, 99).add_from(500).add_suffix(1);
  EXPECT_EQ(r.to_string(), "bytes=0-99,500-,-1");
  EXPECT_EQ(range_request::parse(r.to_string()), r);
  EXPECT_THROW(range_request{}.add(2, 1), error);
}

TEST(byte_range, only_one_range_field_of_a_get_counts) {
  using kind = range_selection::kind;
  const auto of = [](request r) { return select_ranges(r, 100).what(); };
  EXPECT_EQ(of(request{}.set("Range", "bytes=0-1")), kind::partial);
  EXPECT_EQ(of(request{}.set("Range", "bytes=100-")), kind::unsatisfiable);
  EXPECT_EQ(of(request{}), kind::whole);
  EXPECT_EQ(of(request{}.add("Range", "bytes=0-1").add("Range", "bytes=2-3")), kind::whole);
  for (const auto m : {method::head, method::post, method::put, method::delete_})
    EXPECT_EQ(of(request{m, "/"}.set("Range", "bytes=0-1")), kind::whole);
}

response page() {
  return response{status::ok, "0123456789", "text/plain"}.set("ETag", "\"v1\"");
}

TEST(apply_ranges, answers_one_range_with_its_bytes) {
  const auto answer = apply_ranges(request{}.set("Range", "bytes=2-4"), page(), now);
  EXPECT_EQ(answer.status(), status::partial_content);
  EXPECT_EQ(answer.body(), "234");
  EXPECT_EQ(answer.get("Content-Range"), "bytes 2-4/10");
  EXPECT_EQ(answer.get("Content-Type"), "text/plain");
  EXPECT_EQ(answer.get("ETag"), "\"v1\"");
  EXPECT_EQ(answer.get("Accept-Ranges"), "bytes");
}

TEST(apply_ranges, answers_several_with_parts) {
  const auto answer = apply_ranges(request{}.set("Range", "bytes=0-1,-1"), page(), now);
  EXPECT_EQ(answer.status(), status::partial_content);
  EXPECT_FALSE(answer.get("Content-Range"));
  const std::string type{answer.get("Content-Type").value()};
  ASSERT_THAT(type, StartsWith("multipart/byteranges; boundary="));
  const auto boundary = type.substr(31);
  EXPECT_EQ(answer.body(),
            "--" + boundary + "\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n--" + boundary +
                "\r\nContent-Type: text/plain\r\nContent-Range: bytes 9-9/10\r\n\r\n9\r\n--" + boundary + "--\r\n");
  const auto other = apply_ranges(request{}.set("Range", "bytes=0-1,-1"), page(), now);
  EXPECT_NE(other.get("Content-Type"), type);
}

TEST(apply_ranges, knows_how_long_its_parts_are) {
  for (const auto* type : {"", "text/plain"}) {
    const multipart_ranges parts{{{0, 9}, {20, 20}}, 100, type, "b"};
    const auto text = parts.header(0) + std::string(10, 'x') + parts.header(1) + "x" + parts.end();
    EXPECT_EQ(parts.content_length(), text.size());
    EXPECT_EQ(parts.content_type(), "multipart/byteranges; boundary=b");
  }
  EXPECT_THROW((multipart_ranges{{{0, 9}}, 100, "", "a b"}), error);
  EXPECT_THROW((multipart_ranges{{{0, 9}}, 100, "", std::string(71, 'b')}), error);
}

TEST(apply_ranges, tells_the_size_when_there_is_no_such_range) {
  const auto answer = apply_ranges(request{}.set("Range", "bytes=10-"), page(), now);
  EXPECT_EQ(answer.status(), status::range_not_satisfiable);
  EXPECT_EQ(answer.get("Content-Range"), "bytes */10");
  EXPECT_FALSE(answer.get("ETag"));
}

TEST(apply_ranges, sends_the_whole_when_that_is_what_is_asked_for) {
  const auto whole = page().set("Accept-Ranges", "bytes");
  EXPECT_EQ(apply_ranges(request{}, page(), now), whole);
  EXPECT_EQ(apply_ranges(request{}.set("Range", "bytes=1-0"), page(), now), whole);
  EXPECT_EQ(apply_ranges(request{}.set("Range", "bytes=0-1").set("If-Range", "\"v0\""), page(), now), whole);
  EXPECT_EQ(apply_ranges(request{}.set("Range", "bytes=0-1").set("If-Range", "\"v1\""), page(), now).body(), "01");
  EXPECT_EQ(apply_ranges(request{method::post, "/"}.set("Range", "bytes=0-1"), page(), now), page());
  const auto missing = page().set_status(status::not_found);
  EXPECT_EQ(apply_ranges(request{}.set("Range", "bytes=0-1"), missing, now), missing);
}

} // namespace
} // namespace actors::http
