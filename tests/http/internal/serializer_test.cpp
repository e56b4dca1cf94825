#include <actors/http/error.hpp>
#include <actors/http/internal/parser.hpp>
#include <actors/http/internal/serializer.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <string>

namespace actors::http::internal {
namespace {

std::string head(const request& r, body_framing framing, std::string_view host = "h",
                 connection_note note = connection_note::none) {
  std::string out = "kept ";
  append_head(out, r, framing, host, note);
  EXPECT_TRUE(out.starts_with("kept "));
  return out.substr(5);
}

std::string head(const request& r) {
  return head(r, framing_of(r));
}

std::string head(const response& r, method answered = method::get, std::string_view date = "",
                 connection_note note = connection_note::none) {
  std::string out;
  append_head(out, r, framing_of(r, answered), date, note);
  return out;
}

TEST(serializer, a_request_gets_host_first_and_its_length) {
  EXPECT_EQ(head(request{method::get, "/a?b"}), "GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(head(request{method::post, "/", "ab", "text/plain"}),
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(head(request{method::post, "/"}), "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(head(request{method::delete_, "/"}), "DELETE / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(head(request{method::get, "/"}.set("Host", "mine")), "GET / HTTP/1.1\r\nHost: mine\r\n\r\n");
  EXPECT_EQ(head(request{}.set_version(version::http_1_0)), "GET / HTTP/1.0\r\nHost: h\r\n\r\n");
}

TEST(serializer, framing_fields_of_the_message_itself_never_get_out) {
  auto r = request{method::post, "/", "ab", "text/plain"}
               .add("content-length", "7")
               .add("Transfer-encoding", "chunked")
               .add("X", "y");
  EXPECT_EQ(head(r), "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nX: y\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(head(r, body_framing::chunked()),
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(head(r, body_framing::none()), "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nX: y\r\n\r\n");
}

TEST(serializer, nothing_can_be_injected_through_the_host) {
  for (const auto* host : {"h\r\nX: y", "h x", "h\n", "\x7f", "\xc3\xa9"}) {
    std::string out;
    try {
      append_head(out, request{}, body_framing::none(), host);
      ADD_FAILURE() << host;
    } catch (const error& e) {
      EXPECT_EQ(e.kind(), errc::invalid_field_value);
    }
    EXPECT_EQ(out, "");
  }
}

TEST(serializer, a_response_gets_date_and_length) {
  const response r{status::ok, "hello", "text/plain"};
  EXPECT_EQ(head(r, method::get, "D"),
            "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(head(response(r).set("date", "mine"), method::get, "D"),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\ndate: mine\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(head(response{static_cast<status>(299)}.set_reason("Fine")),
            "HTTP/1.1 299 Fine\r\nContent-Length: 0\r\n\r\n");
}

TEST(serializer, the_connection_note_is_added_unless_it_is_there) {
  response r;
  EXPECT_EQ(head(r, method::get, "", connection_note::close),
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(head(r, method::get, "", connection_note::keep_alive),
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
  r.set("Connection", "x, Close");
  EXPECT_EQ(head(r, method::get, "", connection_note::close),
            "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 0\r\n\r\n");
}

TEST(serializer, responses_without_a_body_have_no_length_but_may_describe_one) {
  EXPECT_EQ(head(response{status::no_content}.set("Content-Length", "5")), "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(head(response{status::switching_protocols}), "HTTP/1.1 101 Switching Protocols\r\n\r\n");
  EXPECT_EQ(head(response{status::not_modified}), "HTTP/1.1 304 Not Modified\r\n\r\n");
  EXPECT_EQ(head(response{status::not_modified}.set("Content-Length", "5")),
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(head(response{}.set("Content-Length", "5"), method::head), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(head(response{status::ok, "hello", "a/b"}, method::head),
            "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(head(response{}.set("Content-Length", "5")), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(head(response{}, method::connect), "HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_FALSE(sends_body(status::ok, method::head));
  EXPECT_FALSE(sends_body(status::no_content, method::get));
  EXPECT_FALSE(sends_body(status::ok, method::connect));
  EXPECT_TRUE(sends_body(status::bad_gateway, method::connect));
}

TEST(serializer, a_described_length_must_be_one_number) {
  EXPECT_THROW((void)head(response{}.set("Content-Length", "x"), method::head), error);
  EXPECT_THROW((void)head(response{}.set("Content-Length", ""), method::head), error);
  EXPECT_THROW((void)head(response{}.add("Content-Length", "1").add("Content-Length", "1"), method::head), error);
}

TEST(serializer, chunks_carry_their_size_in_hexadecimal) {
  std::string out;
  append_chunk(out, "hello");
  append_chunk(out, "");
  append_chunk(out, std::string(26, 'x'));
  append_last_chunk(out);
  EXPECT_EQ(out, "5\r\nhello\r\n1a\r\n" + std::string(26, 'x') + "\r\n0\r\n\r\n");
  out.clear();
  append_chunk_header(out, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(out, "ffffffffffffffff\r\n");
  out.clear();
  append_last_chunk(out, fields{}.add("X-Sum", "1"));
  EXPECT_EQ(out, "0\r\nX-Sum: 1\r\n\r\n");
}

TEST(serializer, trailers_that_would_change_the_framing_are_refused) {
  std::string out;
  for (const auto* name : {"Content-Length", "transfer-encoding", "Host", "Connection"})
    EXPECT_THROW(append_last_chunk(out, fields{}.add(name, "1")), error) << name;
  EXPECT_EQ(out, "");
}

TEST(serializer, the_parser_reads_back_what_was_written) {
  const auto sent = request{method::put, "/x?y", std::string(1000, 'b'), "text/plain"}.set("A", "b").add("A", "c");
  std::string bytes;
  append_head(bytes, sent, framing_of(sent), "example.com:81");
  bytes += sent.body();
  request_parser p;
  std::string_view input = bytes;
  ASSERT_EQ(p.next_whole(input), parse_event::complete);
  EXPECT_EQ(p.head().method(), sent.method());
  EXPECT_EQ(p.head().target(), sent.target());
  EXPECT_EQ(p.head().body(), sent.body());
  EXPECT_EQ(p.head().get("Host"), "example.com:81");
  EXPECT_EQ(p.head().fields().get_all("a"), sent.fields().get_all("A"));

  const response answer{status::not_found, "no", "text/plain"};
  bytes.clear();
  append_head(bytes, answer, body_framing::chunked(), "");
  append_chunk(bytes, "n");
  append_chunk(bytes, "o");
  append_last_chunk(bytes, fields{}.add("T", "1"));
  response_parser q;
  input = bytes;
  ASSERT_EQ(q.next_whole(input), parse_event::complete) << q.failure().message;
  EXPECT_EQ(q.head().body(), "no");
  EXPECT_EQ(q.trailers().get("t"), "1");
}

TEST(serializer, the_cached_date_follows_the_second) {
  date_cache cache;
  const std::chrono::sys_seconds start{};
  EXPECT_EQ(cache.at(start), "Thu, 01 Jan 1970 00:00:00 GMT");
  const auto* text = cache.at(start).data();
  EXPECT_EQ(cache.at(start).data(), text);
  EXPECT_EQ(cache.at(start + std::chrono::seconds{1}), "Thu, 01 Jan 1970 00:00:01 GMT");
  EXPECT_EQ(cache.at(start), "Thu, 01 Jan 1970 00:00:00 GMT");
}

} // namespace
} // namespace actors::http::internal
