#include <tests/http/internal/parser_transcript.hpp>

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace actors::http::internal {
namespace {

std::string run(std::string_view input, method answered = method::get, const message_limits& limits = {}) {
  response_parser p{limits};
  p.expect_response_to(answered);
  return transcript(p, {input});
}

std::string run_bytewise(std::string_view input, method answered = method::get, const message_limits& limits = {}) {
  response_parser p{limits};
  p.expect_response_to(answered);
  return transcript(p, cut_everywhere(input));
}

std::string failure(std::string_view input, const message_limits& limits = {}) {
  const auto whole = failure_in(run(input, method::get, limits));
  const auto bytewise = failure_in(run_bytewise(input, method::get, limits));
  return whole == bytewise ? whole : whole + " at once, but bytewise " + bytewise;
}

TEST(response_parser, reads_a_body_of_known_length) {
  EXPECT_EQ(run("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
            "head 200 OK 1.1 | Content-Length=5 keep length 5\nbody hello\ncomplete\nend\n");
}

TEST(response_parser, reads_a_chunked_body) {
  EXPECT_EQ(run("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n"),
            "head 200 OK 1.1 | Transfer-Encoding=chunked keep length ?\nbody hello\ntrailer A=b\ncomplete\nend\n");
}

TEST(response_parser, a_body_without_length_lasts_until_the_end_of_the_stream) {
  EXPECT_EQ(run("HTTP/1.1 200 OK\r\n\r\nhello"), "head 200 OK 1.1 close length ?\nbody hello\ncomplete\nend\n");
  EXPECT_EQ(run("HTTP/1.0 200 OK\r\n\r\n"), "head 200 OK 1.0 close length ?\nbody \ncomplete\nend\n");
}

TEST(response_parser, a_response_to_head_has_no_body_whatever_it_announces) {
  const auto next = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
  for (const auto* fields : {"Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", ""}) {
    const auto text = std::string{"HTTP/1.1 200 OK\r\n"} + fields + "\r\n" + next;
    const auto result = run(text, method::head);
    EXPECT_NE(result.find("head 404 Not Found"), std::string::npos) << result;
    EXPECT_EQ(result.find("failed"), std::string::npos) << result;
    EXPECT_EQ(run_bytewise(text, method::head), result);
  }
}

TEST(response_parser, statuses_without_a_body_have_none_whatever_they_announce) {
  for (const auto* line :
       {"100 Continue", "102 Processing", "103 Early Hints", "199 Whatever", "204 No Content", "304 Not Modified"})
    for (const auto* fields : {"", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "ETag: x\r\n"}) {
      const auto text =
          std::string{"HTTP/1.1 "} + line + "\r\n" + fields + "\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab";
      const auto result = run(text);
      EXPECT_NE(
          result.find(
              "length 0\nbody \ncomplete\nhead 200 OK 1.1 | Content-Length=2 keep length 2\nbody ab\ncomplete\nend\n"),
          std::string::npos)
          << text << result;
      EXPECT_EQ(run_bytewise(text), result);
    }
}

TEST(response_parser, a_switch_of_protocols_leaves_the_rest_to_the_caller) {
  response_parser p;
  std::string_view input =
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x05hello";
  ASSERT_EQ(p.next_whole(input), parse_event::complete);
  EXPECT_TRUE(p.upgrade());
  EXPECT_FALSE(p.keep_alive());
  EXPECT_EQ(input, "\x81\x05hello");
}

TEST(response_parser, a_tunnel_begins_after_a_success_to_connect_only) {
  response_parser p;
  p.expect_response_to(method::connect);
  std::string_view input =
      "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nnoHTTP/1.1 200 Go\r\nContent-Length: 9\r\n\r\n\x16\x03";
  ASSERT_EQ(p.next_whole(input), parse_event::complete);
  EXPECT_FALSE(p.upgrade());
  EXPECT_EQ(p.head().body(), "no");
  ASSERT_EQ(p.next_whole(input), parse_event::complete);
  EXPECT_TRUE(p.upgrade());
  EXPECT_EQ(p.head().reason(), "Go");
  EXPECT_EQ(input, "\x16\x03");
}

TEST(response_parser, a_refused_upgrade_is_an_ordinary_response) {
  EXPECT_EQ(
      run("HTTP/1.1 200 OK\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nab"),
      "head 200 OK 1.1 | Connection=Upgrade | Upgrade=h2c | Content-Length=2 keep length 2\nbody ab\ncomplete\nend\n");
}

TEST(response_parser, takes_unusual_status_lines) {
  EXPECT_EQ(failure("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"), "");
  EXPECT_EQ(failure("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"), "");
  EXPECT_EQ(failure("HTTP/1.1 599 Who Knows?\r\nContent-Length: 0\r\n\r\n"), "");
  EXPECT_EQ(failure("HTTP/1.1 999 \xc3\xa9\r\nContent-Length: 0\r\n\r\n"), "");
}

TEST(response_parser, keep_alive_follows_version_and_connection_field) {
  EXPECT_NE(run("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").find(" close"), std::string::npos);
  EXPECT_NE(run("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").find(" close"), std::string::npos);
  EXPECT_NE(run("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n").find(" keep"),
            std::string::npos);
}

TEST(response_parser, a_parsed_response_equals_one_that_was_made) {
  response_parser p;
  std::string_view input = "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno";
  ASSERT_EQ(p.next_whole(input), parse_event::complete);
  EXPECT_EQ(p.head(), response(status::not_found, "no", "text/plain").set("Content-Length", "2"));
}

TEST(response_parser, refuses_malformed_responses) {
  EXPECT_EQ(failure("HTTP/1.1 20 OK\r\n\r\n"), "bad_start_line");
  EXPECT_EQ(failure("HTTP/1.1 2000 OK\r\n\r\n"), "bad_start_line");
  EXPECT_EQ(failure("HTTP/1.1 099 OK\r\n\r\n"), "bad_start_line");
  EXPECT_EQ(failure("HTTP/1.1 abc OK\r\n\r\n"), "bad_start_line");
  EXPECT_EQ(failure("HTTP/1.1  200 OK\r\n\r\n"), "bad_start_line");
  EXPECT_EQ(failure("HTTP/1.1 200 O\x01K\r\n\r\n"), "bad_start_line");
  EXPECT_EQ(failure("ICY 200 OK\r\n\r\n"), "bad_start_line");
  EXPECT_EQ(failure("<html>"), "bad_start_line");
  EXPECT_EQ(failure("HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"), "bad_start_line");
  EXPECT_EQ(failure("HTTP/2.0 200 OK\r\n\r\n"), "unsupported_version");
  EXPECT_EQ(failure("HTTP/1.1 200 OK\r\nA : b\r\n\r\n"), "bad_field");
  EXPECT_EQ(failure("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n"), "bad_field");
  EXPECT_EQ(failure("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"), "bad_framing");
  EXPECT_EQ(failure("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"), "bad_framing");
  EXPECT_EQ(failure("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"), "unsupported_transfer_coding");
  EXPECT_EQ(failure("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"), "unsupported_transfer_coding");
  EXPECT_EQ(failure("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "bad_framing");
}

TEST(response_parser, truncated_responses_tell_how_much_is_missing) {
  EXPECT_EQ(failure("HTTP/1.1 200"), "truncated");
  EXPECT_EQ(failure("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), "truncated missing 7");
  EXPECT_EQ(failure("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nabc"), "truncated missing 7");
}

TEST(response_parser, a_body_until_the_end_of_the_stream_has_a_limit_too) {
  EXPECT_EQ(failure("HTTP/1.1 200 OK\r\n\r\nhello", message_limits{}.max_body(5)), "");
  EXPECT_EQ(failure("HTTP/1.1 200 OK\r\n\r\nhello!", message_limits{}.max_body(5)), "body_too_large");
  EXPECT_EQ(failure("HTTP/1.1 200 " + std::string(101, 'x') + "\r\n\r\n", message_limits{}.max_start_line(100)),
            "start_line_too_long");
}

TEST(response_parser, random_splits_and_mutations_are_judged_alike) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  const std::vector<std::string> samples{
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nA: b\r\n\r\nhelloHTTP/1.1 304 Not Modified\r\nETag: 1\r\n\r\n",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nT: 1\r\n\r\n",
      "HTTP/1.0 200 Fine\r\nServer: x\r\n\r\nsome text until the end",
      "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"};
  for (int round = 0; round < 10'000; ++round) {
    std::string text = samples[random() % samples.size()];
    for (unsigned changes = random() % 3; changes > 0; --changes) {
      const auto at = random() % text.size();
      if (random() % 2 == 0)
        text[at] = "\r\n :0159HTP"[random() % 11];
      else
        text.erase(at, 1);
    }
    const auto answered = random() % 4 == 0 ? method::head : method::get;
    response_parser whole;
    response_parser split;
    whole.expect_response_to(answered);
    split.expect_response_to(answered);
    const auto expected = transcript(whole, {text});
    const auto got = transcript(split, cut_randomly(text, random));
    ASSERT_TRUE(tell_the_same(expected, got)) << text << "\nat once:\n" << expected << "split:\n" << got;
    ASSERT_FALSE(expected.starts_with(unfit)) << expected;
  }
}

} // namespace
} // namespace actors::http::internal
