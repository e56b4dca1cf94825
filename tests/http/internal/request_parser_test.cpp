#include <tests/http/internal/request_parser_fixture.hpp>

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace actors::http::internal {
namespace {

TEST(request_parser, reads_a_request_without_a_body) {
  EXPECT_EQ(run("GET /a?b=c HTTP/1.1\r\nHost: example.com\r\nX-A:  1 \t\r\nX-Empty:\r\n\r\n"),
            "head GET /a?b=c 1.1 | Host=example.com | X-A=1 | X-Empty= keep length 0\nbody \ncomplete\nend\n");
}

TEST(request_parser, reads_a_body_of_known_length) {
  EXPECT_EQ(run("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"),
            "head POST / 1.1 | Host=h | Content-Length=5 keep length 5\nbody hello\ncomplete\nend\n");
}

TEST(request_parser, reads_a_chunked_body_with_extensions_and_trailers) {
  EXPECT_EQ(run("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
                "5;a=b\r\nhello\r\nA\r\n, big worl\r\n1\r\nd\r\n0\r\nX-Sum: 7\r\n\r\n"),
            "head POST / 1.1 | Host=h | Transfer-Encoding=Chunked keep length ?\nbody hello, big world\n"
            "trailer X-Sum=7\ncomplete\nend\n");
}

TEST(request_parser, stops_after_each_of_several_pipelined_requests) {
  request_parser p;
  std::string_view input =
      "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nabGET /3";
  EXPECT_EQ(p.next_whole(input), parse_event::complete);
  EXPECT_EQ(p.head().target(), "/1");
  EXPECT_TRUE(input.starts_with("POST /2"));
  EXPECT_EQ(p.next_whole(input), parse_event::complete);
  EXPECT_EQ(p.head().target(), "/2");
  EXPECT_EQ(p.head().body(), "ab");
  EXPECT_EQ(input, "GET /3");
  EXPECT_TRUE(p.idle());
  EXPECT_EQ(p.next_whole(input), parse_event::more);
  EXPECT_FALSE(p.idle());
}

TEST(request_parser, body_pieces_are_views_into_the_input) {
  request_parser p;
  const std::string text = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
  std::string_view input = text;
  ASSERT_EQ(p.next(input), parse_event::head);
  ASSERT_EQ(p.next(input), parse_event::body);
  EXPECT_EQ(p.body().data(), text.data() + text.size() - 3);
  EXPECT_EQ(p.body_received(), 3U);
  EXPECT_EQ(p.next(input), parse_event::complete);
  EXPECT_EQ(p.content_length(), 3U);
}

TEST(request_parser, a_head_that_ends_with_the_input_is_complete_without_more_input) {
  request_parser p;
  std::string_view input = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  EXPECT_EQ(p.next(input), parse_event::head);
  EXPECT_TRUE(input.empty());
  EXPECT_EQ(p.next(input), parse_event::complete);
  EXPECT_EQ(p.next(input), parse_event::more);
}

TEST(request_parser, a_head_may_be_moved_out_and_given_back) {
  request_parser p;
  for (int i = 0; i < 3; ++i) {
    std::string_view input = "GET /with/a/longer/target HTTP/1.1\r\nHost: h\r\nA: 1\r\n\r\n";
    ASSERT_EQ(p.next(input), parse_event::head);
    request taken = std::move(p.head());
    ASSERT_EQ(p.next(input), parse_event::complete);
    EXPECT_EQ(taken.target(), "/with/a/longer/target");
    EXPECT_EQ(taken.get("a"), "1");
    if (i != 1)
      p.recycle(std::move(taken));
  }
}

TEST(request_parser, a_recycled_head_is_filled_without_allocating) {
  request_parser p;
  const char* kept = nullptr;
  for (int i = 0; i < 3; ++i) {
    std::string_view input = "GET /with/a/longer/target HTTP/1.1\r\nHost: h\r\nA: 1\r\n\r\n";
    ASSERT_EQ(p.next_whole(input), parse_event::complete);
    if (kept != nullptr) {
      EXPECT_EQ(p.head().fields().wire().data(), kept);
    }
    kept = p.head().fields().wire().data();
  }
}

TEST(request_parser, fields_are_kept_alike_however_their_lines_are_spaced) {
  request_parser p;
  std::string_view input = "GET / HTTP/1.1\r\nHost:h\r\nA:  two\r\nB: x \t \r\nC:\td\r\nD:\r\nE: \r\nF: y z\r\n\r\n";
  ASSERT_EQ(p.next_whole(input), parse_event::complete);
  EXPECT_EQ(p.head().fields().wire(), "Host: h\r\nA: two\r\nB: x\r\nC: d\r\nD: \r\nE: \r\nF: y z\r\n");
}

TEST(request_parser, the_end_of_a_request_without_a_body_needs_no_more_input) {
  request_parser p;
  std::string_view input = "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n";
  ASSERT_EQ(p.next(input), parse_event::head);
  EXPECT_FALSE(p.idle());
  std::string_view nothing;
  EXPECT_EQ(p.next(nothing), parse_event::complete);
  EXPECT_TRUE(p.idle());
  ASSERT_EQ(p.next(input), parse_event::head);
  EXPECT_EQ(p.head().target(), "/2");
  EXPECT_EQ(p.next(input), parse_event::complete);
  EXPECT_EQ(p.next(input), parse_event::more);
}

TEST(request_parser, memory_of_a_big_body_is_not_kept_for_the_next_request) {
  request_parser p;
  const auto text = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n" + std::string(1'000'000, 'x');
  std::string_view input = text;
  ASSERT_EQ(p.next_whole(input), parse_event::complete);
  ASSERT_EQ(p.head().body().size(), 1'000'000U);
  input = "G";
  ASSERT_EQ(p.next(input), parse_event::more);
  EXPECT_LT(p.head().body().capacity(), 100'000U);
}

TEST(request_parser, keep_alive_follows_version_and_connection_field) {
  EXPECT_NE(run("GET / HTTP/1.1\r\nHost: h\r\n\r\n").find(" keep"), std::string::npos);
  EXPECT_NE(run("GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n\r\n").find(" close"), std::string::npos);
  EXPECT_NE(run("GET / HTTP/1.0\r\n\r\n").find(" close"), std::string::npos);
  EXPECT_NE(run("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").find(" keep"), std::string::npos);
}

TEST(request_parser, an_offer_to_upgrade_is_told_and_can_be_ignored) {
  EXPECT_EQ(
      run("GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\n\r\n"),
      "head GET /chat 1.1 | Host=h | Connection=Upgrade | Upgrade=h2c keep upgrade length 0\nbody \ncomplete\n"
      "head GET /next 1.1 | Host=h keep length 0\nbody \ncomplete\nend\n");
}

TEST(request_parser, an_offer_to_upgrade_may_come_with_a_body) {
  EXPECT_EQ(
      run("POST / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nabGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
      "head POST / 1.1 | Host=h | Connection=Upgrade | Upgrade=h2c | Content-Length=2 keep upgrade length 2\nbody ab\ncomplete\n"
      "head GET / 1.1 | Host=h keep length 0\nbody \ncomplete\nend\n");
}

TEST(request_parser, bytes_after_an_accepted_upgrade_are_left_to_the_caller) {
  request_parser p;
  std::string_view input =
      "GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x05hello";
  ASSERT_EQ(p.next_whole(input), parse_event::complete);
  EXPECT_TRUE(p.upgrade());
  EXPECT_EQ(input, "\x81\x05hello");
}

TEST(request_parser, connect_has_no_body_and_its_tunnel_is_left_to_the_caller) {
  request_parser p;
  std::string_view input = "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n\x16\x03";
  ASSERT_EQ(p.next_whole(input), parse_event::complete);
  EXPECT_TRUE(p.upgrade());
  EXPECT_EQ(p.head().target(), "h:443");
  EXPECT_EQ(input, "\x16\x03");
}

TEST(request_parser, knows_every_method) {
  for (unsigned i = 0; i < method_count; ++i) {
    const auto m = static_cast<method>(i);
    const std::string target = m == method::connect ? "h:1" : "/";
    const auto text = std::string{to_string(m)} + ' ' + target + " HTTP/1.1\r\nHost: h\r\n\r\n";
    request_parser p;
    std::string_view input = text;
    ASSERT_EQ(p.next(input), parse_event::head) << text << p.failure().message;
    EXPECT_EQ(p.head().method(), m);
  }
}

TEST(request_parser, blank_lines_before_a_request_are_skipped) {
  EXPECT_EQ(run("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
            "head GET / 1.1 | Host=h keep length 0\nbody \ncomplete\nend\n");
}

TEST(request_parser, an_absolute_target_and_an_asterisk_are_taken) {
  EXPECT_EQ(failure("GET http://h/x?y HTTP/1.1\r\nHost: h\r\n\r\n"), "");
  EXPECT_EQ(failure("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"), "");
}

TEST(request_parser, the_host_of_an_absolute_target_takes_the_place_of_the_host_field) {
  EXPECT_EQ(
      run("GET http://a.example:81/x HTTP/1.1\r\nX-A: 1\r\nHost: b.example\r\nX-B: 2\r\n\r\n"),
      "head GET http://a.example:81/x 1.1 | X-A=1 | Host=a.example:81 | X-B=2 keep length 0\nbody \ncomplete\nend\n");
  EXPECT_EQ(run("GET http://a.example?x HTTP/1.0\r\n\r\n"),
            "head GET http://a.example?x 1.0 | Host=a.example close length 0\nbody \ncomplete\nend\n");
  // There must be one all the same, and only one (RFC 9112 §3.2).
  EXPECT_EQ(failure("GET http://a.example/ HTTP/1.1\r\n\r\n"), "bad_host");
  EXPECT_EQ(failure("GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\nHost: a.example\r\n\r\n"), "bad_host");
}

TEST(request_parser, a_stream_that_ends_between_requests_is_fine) {
  EXPECT_EQ(run(""), "end\n");
  EXPECT_EQ(run("\r\n"), "end\n");
}

TEST(request_parser, a_truncated_request_tells_how_much_is_missing) {
  EXPECT_EQ(failure("G"), "truncated");
  EXPECT_EQ(failure("GET / HTTP/1.1\r\nHost: h\r\n"), "truncated");
  EXPECT_EQ(failure(post("Content-Length: 5\r\n", "")), "truncated missing 5");
  EXPECT_EQ(failure(post("Content-Length: 5\r\n", "hell")), "truncated missing 1");
  EXPECT_EQ(failure(post("Transfer-Encoding: chunked\r\n", "")), "truncated");
  EXPECT_EQ(failure(post("Transfer-Encoding: chunked\r\n", "A\r\nhello")), "truncated missing 5");
  EXPECT_EQ(failure(post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n")), "truncated");
  EXPECT_EQ(failure(post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n")), "truncated");
  EXPECT_EQ(failure(post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\nA: b\r\n")), "truncated");
}

} // namespace
} // namespace actors::http::internal
