#include <tests/http/internal/request_parser_fixture.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <string>

namespace actors::http::internal {
namespace {

TEST(request_parser, limits_hold_at_their_exact_size) {
  const auto get = [](std::size_t target) {
    return "GET /" + std::string(target - 1, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n";
  };
  EXPECT_EQ(failure(get(100), message_limits{}.max_start_line(100)), "");
  EXPECT_EQ(failure(get(101), message_limits{}.max_start_line(100)), "start_line_too_long");

  // "Host: h" counts 4 + 1 + 4, "A: x…" 1 + n + 4.
  const auto with_field = [](std::size_t size) {
    return "GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(size, 'x') + "\r\n\r\n";
  };
  EXPECT_EQ(failure(with_field(86), message_limits{}.max_field_bytes(100)), "");
  EXPECT_EQ(failure(with_field(87), message_limits{}.max_field_bytes(100)), "fields_too_large");

  const auto with_fields = [](int count) {
    std::string text = "GET / HTTP/1.1\r\nHost: h\r\n";
    for (int i = 1; i < count; ++i)
      text += "A: b\r\n";
    return text + "\r\n";
  };
  EXPECT_EQ(failure(with_fields(100)), "");
  EXPECT_EQ(failure(with_fields(101)), "too_many_fields");

  EXPECT_EQ(failure(post("Content-Length: 5\r\n", "hello"), message_limits{}.max_body(5)), "");
  EXPECT_EQ(failure(post("Content-Length: 6\r\n", "hello!"), message_limits{}.max_body(5)), "body_too_large");
  EXPECT_EQ(
      failure(post("Transfer-Encoding: chunked\r\n", "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"), message_limits{}.max_body(5)),
      "");
  EXPECT_EQ(failure(post("Transfer-Encoding: chunked\r\n", "3\r\nhel\r\n3\r\nlo!\r\n0\r\n\r\n"),
                    message_limits{}.max_body(5)),
            "body_too_large");
}

TEST(request_parser, a_body_that_is_announced_too_large_fails_before_it_is_read) {
  request_parser p{message_limits{}.max_body(10)};
  std::string_view input = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000000\r\n\r\n";
  EXPECT_EQ(p.next(input), parse_event::failed);
  EXPECT_EQ(p.failure().kind, errc::body_too_large);

  request_parser chunked{message_limits{}.max_body(10)};
  input = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n";
  EXPECT_EQ(chunked.next(input), parse_event::head);
  EXPECT_EQ(chunked.next(input), parse_event::failed);
  EXPECT_EQ(chunked.failure().kind, errc::body_too_large);
}

TEST(request_parser, the_body_limit_can_be_lowered_for_one_message) {
  request_parser p;
  std::string_view input = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello!\r\n0\r\n\r\n";
  ASSERT_EQ(p.next(input), parse_event::head);
  p.set_body_limit(5);
  EXPECT_EQ(p.next(input), parse_event::failed);
  EXPECT_EQ(p.failure().kind, errc::body_too_large);
}

TEST(request_parser, each_kind_of_failure_has_its_status) {
  EXPECT_EQ(status_for(errc::bad_field), status::bad_request);
  EXPECT_EQ(status_for(errc::bad_framing), status::bad_request);
  EXPECT_EQ(status_for(errc::truncated), status::bad_request);
  EXPECT_EQ(status_for(errc::body_too_large), status::content_too_large);
  EXPECT_EQ(status_for(errc::start_line_too_long), status::uri_too_long);
  EXPECT_EQ(status_for(errc::fields_too_large), status::request_header_fields_too_large);
  EXPECT_EQ(status_for(errc::too_many_fields), status::request_header_fields_too_large);
  EXPECT_EQ(status_for(errc::unknown_method), status::not_implemented);
  EXPECT_EQ(status_for(errc::unsupported_transfer_coding), status::not_implemented);
  EXPECT_EQ(status_for(errc::unsupported_version), status::http_version_not_supported);
  EXPECT_EQ(status_for(errc::unsupported_content_coding), status::unsupported_media_type);
}

/// Feeds the prefix and then the filler again and again; returns after how many bytes the parser had enough.
std::size_t endurance(std::string_view prefix, std::string_view filler, errc expected) {
  request_parser p;
  std::string_view input = prefix;
  while (!input.empty())
    if (p.next(input) == parse_event::failed)
      break;
  std::size_t fed = 0;
  while (fed < 10'000'000) {
    input = filler;
    fed += filler.size();
    for (;;) {
      const auto event = p.next(input);
      if (event == parse_event::failed) {
        EXPECT_EQ(p.failure().kind, expected) << p.failure().message;
        return fed;
      }
      if (event == parse_event::more)
        break;
    }
  }
  return fed;
}

TEST(request_parser, endless_input_of_every_kind_is_stopped) {
  constexpr std::size_t enough = 100'000;
  const auto chunked = post("Transfer-Encoding: chunked\r\n");
  EXPECT_LT(endurance("", "\r\n", errc::fields_too_large), enough);
  EXPECT_LT(endurance("GET ", "        ", errc::fields_too_large), enough);
  EXPECT_LT(endurance("GET /", "xxxxxxxx", errc::start_line_too_long), enough);
  EXPECT_LT(endurance("GET / HTTP/1.1\r\nHost: h\r\n", "xxxxxxxx", errc::fields_too_large), enough);
  EXPECT_LT(endurance("GET / HTTP/1.1\r\nHost: h\r\nA: ", "xxxxxxxx", errc::fields_too_large), enough);
  EXPECT_LT(endurance("GET / HTTP/1.1\r\nHost: h\r\nA:", "        ", errc::fields_too_large), enough);
  EXPECT_LT(endurance("GET / HTTP/1.1\r\nHost: h\r\n", "A:\r\n", errc::too_many_fields), enough);
  EXPECT_LT(endurance(chunked, "00000000", errc::bad_chunk), enough);
  EXPECT_LT(endurance(chunked + "1;a", "xxxxxxxx", errc::bad_chunk), enough);
  EXPECT_LT(endurance(chunked + "1;a=", "xxxxxxxx", errc::bad_chunk), enough);
  EXPECT_LT(endurance(chunked + "0\r\n", "A: b\r\n", errc::too_many_fields), enough);
  EXPECT_LT(endurance(chunked + "0\r\nA: ", "xxxxxxxx", errc::fields_too_large), enough);
}

TEST(request_parser, padding_is_judged_alike_however_it_is_split) {
  const message_limits limits = message_limits{}.max_start_line(200).max_field_bytes(200);
  for (const std::size_t padding : {100U, 400U, 502U, 503U, 1000U}) {
    EXPECT_EQ(failure("GET / HTTP/1.1\r\nHost:" + std::string(padding, ' ') + "h\r\n\r\n", limits),
              padding <= 502 ? "" : "fields_too_large")
        << padding;
  }
}

} // namespace
} // namespace actors::http::internal
