#include <tests/http/internal/request_parser_fixture.hpp>

#include <gtest/gtest.h>

#include <string>

namespace actors::http::internal {
namespace {

using std::string_view_literals::operator""sv;

TEST(request_parser, refuses_what_could_smuggle_a_second_request) {
  EXPECT_EQ(failure(post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")), "bad_framing");
  EXPECT_EQ(failure(post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n")), "bad_framing");
  EXPECT_EQ(failure(post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello")), "bad_framing");
  EXPECT_EQ(failure(post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")), "bad_framing");
  EXPECT_EQ(failure(post("Content-Length: 5, 5\r\n", "hello")), "bad_framing");
  EXPECT_EQ(failure(post("Content-Length: +5\r\n", "hello")), "bad_framing");
  EXPECT_EQ(failure(post("Content-Length: -5\r\n", "hello")), "bad_framing");
  EXPECT_EQ(failure(post("Content-Length: 0x5\r\n", "hello")), "bad_framing");
  EXPECT_EQ(failure(post("Content-Length: 5 5\r\n", "hello")), "bad_framing");
  EXPECT_EQ(failure(post("Content-Length: \r\n", "hello")), "bad_framing");
  EXPECT_EQ(failure(post("Content-Length: 18446744073709551617\r\n", "h")), "bad_framing");
  EXPECT_EQ(failure(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")), "bad_framing");
  EXPECT_EQ(failure("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "bad_framing");
}

TEST(request_parser, refuses_transfer_codings_other_than_chunked) {
  for (const auto* value : {"gzip, chunked", "gzip", "identity", "chunked, gzip", "chunked, chunked", "xchunked",
                            "chunked;q=1", "\"chunked\"", "chunked\x0b", ",chunked"}) {
    const auto kind = failure(post("Transfer-Encoding: " + std::string{value} + "\r\n", "0\r\n\r\n"));
    EXPECT_TRUE(kind == "unsupported_transfer_coding" || kind == "bad_framing" || kind == "bad_field")
        << value << ": " << kind;
  }
}

TEST(request_parser, refuses_malformed_header_lines) {
  EXPECT_EQ(failure(post("A : b\r\n")), "bad_field");
  EXPECT_EQ(failure(post(" A: b\r\n")), "bad_field");
  EXPECT_EQ(failure(post("A\r\n")), "bad_field");
  EXPECT_EQ(failure(post(": b\r\n")), "bad_field");
  EXPECT_EQ(failure(post("A b: c\r\n")), "bad_field");
  EXPECT_EQ(failure(post("A(): c\r\n")), "bad_field");
  EXPECT_EQ(failure(post("A\xc3\xa9: c\r\n")), "bad_field");
  EXPECT_EQ(failure(post("A: b\r\n folded\r\n")), "bad_field");
  EXPECT_EQ(failure(post("A: b\r\n\tfolded\r\n")), "bad_field");
  EXPECT_EQ(failure(post("A: \r\n folded\r\n")), "bad_field");
  EXPECT_EQ(failure(post("A: b\0c\r\n"sv)), "bad_field");
  EXPECT_EQ(failure(post("A: b\x7f\r\n")), "bad_field");
  EXPECT_EQ(failure(post("A: b\x01\r\n")), "bad_field");
  EXPECT_EQ(failure(post("A: b\rc: d\r\n")), "bad_field");
}

TEST(request_parser, refuses_bare_line_feeds) {
  EXPECT_EQ(failure("GET / HTTP/1.1\nHost: h\r\n\r\n"), "bad_start_line");
  EXPECT_EQ(failure("GET / HTTP/1.1\r\nHost: h\n\r\n"), "bad_field");
  EXPECT_EQ(failure("GET / HTTP/1.1\r\nHost: h\r\n\n"), "bad_field");
  EXPECT_EQ(failure(post("Transfer-Encoding: chunked\r\n", "1\na\r\n0\r\n\r\n")), "bad_chunk");
  EXPECT_EQ(failure(post("Transfer-Encoding: chunked\r\n", "1\r\na\n0\r\n\r\n")), "bad_chunk");
}

TEST(request_parser, refuses_malformed_chunks) {
  for (const auto* body : {"0x5\r\nhello\r\n", "-1\r\n", "\r\nhello", "g\r\n", "5 \r\nhello\r\n", " 5\r\nhello\r\n",
                           "5\r\nhelloo\r\n", "10000000000000000\r\n", "5_\r\n", "5;a\x01=b\r\nhello\r\n",
                           "5;a=\"b\nc\"\r\nhello\r\n", "5;a\rb\r\nhello\r\n"})
    EXPECT_EQ(failure(post("Transfer-Encoding: chunked\r\n", body)), "bad_chunk") << body;
}

TEST(request_parser, refuses_malformed_request_lines) {
  EXPECT_EQ(failure("GET /a b HTTP/1.1\r\nHost: h\r\n\r\n"), "bad_start_line");
  EXPECT_EQ(failure("GET / HTTP/1.1 \r\nHost: h\r\n\r\n"), "bad_start_line");
  EXPECT_EQ(failure("GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n"), "bad_start_line");
  EXPECT_EQ(failure("GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n"sv), "bad_start_line");
  EXPECT_EQ(failure("GET /\xc3\xa9 HTTP/1.1\r\nHost: h\r\n\r\n"), "bad_start_line");
  EXPECT_EQ(failure("GET x HTTP/1.1\r\nHost: h\r\n\r\n"), "bad_start_line");
  EXPECT_EQ(failure("GET / HTTQ/1.1\r\nHost: h\r\n\r\n"), "bad_start_line");
  EXPECT_EQ(failure("GET / http/1.1\r\nHost: h\r\n\r\n"), "bad_start_line");
  EXPECT_EQ(failure("\x16\x03\x01\x02\0\x01"sv), "bad_start_line");
  EXPECT_EQ(failure(" GET / HTTP/1.1\r\nHost: h\r\n\r\n"), "bad_start_line");
}

TEST(request_parser, what_it_lets_pass_could_be_sent_again) {
  for (int i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    for (const auto& text : {std::string{"GET /a"} + c + "b HTTP/1.1\r\nHost: h\r\n\r\n",
                             std::string{"GET / HTTP/1.1\r\nHost: h\r\nA"} + c + "b: c\r\n\r\n",
                             std::string{"GET / HTTP/1.1\r\nHost: h\r\nA: b"} + c + "c\r\n\r\n",
                             std::string{"GET / HTTP/1.1\r\nHost: h"} + c + "\r\n\r\n"})
      EXPECT_FALSE(run(text).starts_with(unfit)) << "byte " << i << " in " << run(text);
  }
}

TEST(request_parser, tells_unknown_methods_and_versions_apart_from_garbage) {
  EXPECT_EQ(failure("BREW / HTTP/1.1\r\nHost: h\r\n\r\n"), "unknown_method");
  EXPECT_EQ(failure("get / HTTP/1.1\r\nHost: h\r\n\r\n"), "unknown_method");
  EXPECT_EQ(failure("GETX / HTTP/1.1\r\nHost: h\r\n\r\n"), "unknown_method");
  EXPECT_EQ(failure("DESCRIBE rtsp://h/x RTSP/1.0\r\nHost: h\r\n\r\n"), "unknown_method");
  EXPECT_EQ(failure("SOURCE /x ICE/1.0\r\nHost: h\r\n\r\n"), "unknown_method");
  EXPECT_EQ(failure("GET / HTTP/1.2\r\nHost: h\r\n\r\n"), "unsupported_version");
  EXPECT_EQ(failure("GET / HTTP/2.0\r\nHost: h\r\n\r\n"), "unsupported_version");
  EXPECT_EQ(failure("GET / HTTP/0.9\r\nHost: h\r\n\r\n"), "unsupported_version");
  EXPECT_EQ(failure("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "unsupported_version");
  EXPECT_EQ(failure("GET /\r\n\r\n"), "unsupported_version");
}

TEST(request_parser, wants_exactly_one_valid_host_in_http_1_1) {
  EXPECT_EQ(failure("GET / HTTP/1.1\r\n\r\n"), "bad_host");
  EXPECT_EQ(failure("GET / HTTP/1.1\r\nHost: a\r\nhOST: a\r\n\r\n"), "bad_host");
  EXPECT_EQ(failure("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), "bad_host");
  EXPECT_EQ(failure("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), "bad_host");
  EXPECT_EQ(failure("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"), "bad_host");
  EXPECT_EQ(failure("GET / HTTP/1.1\r\nHost:\r\n\r\n"), "");
  EXPECT_EQ(failure("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"), "");
  EXPECT_EQ(failure("GET / HTTP/1.0\r\n\r\n"), "");
}

TEST(request_parser, data_after_the_last_message_fails) {
  EXPECT_EQ(failure("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
            "data_after_close");
}

TEST(request_parser, a_failure_tells_what_and_where) {
  request_parser p;
  std::string_view input = "GET / HTTP/1.1\r\nHost: h\r\nBad Name: 1\r\n\r\n";
  ASSERT_EQ(p.next(input), parse_event::failed);
  EXPECT_NE(p.failure().message.find("at byte "), std::string::npos) << p.failure().message;
  ASSERT_EQ(p.next(input), parse_event::failed);
  EXPECT_EQ(p.finish(), parse_event::failed);
  EXPECT_EQ(p.failure().kind, errc::bad_field);
}

TEST(request_parser, text_of_the_peer_is_printable_in_a_failure) {
  request_parser p;
  std::string_view input = "GET / HTTP/1.1\r\nHost: a\xff\tb\r\n\r\n";
  ASSERT_EQ(p.next(input), parse_event::failed);
  EXPECT_NE(p.failure().message.find("a\\xff\\tb"), std::string::npos) << p.failure().message;
}

} // namespace
} // namespace actors::http::internal
