#include "support.hpp"

#include <actors/http/error.hpp>
#include <actors/http/server_event.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace actors::http::test {
namespace {

using ::testing::ElementsAre;

server_event event_of(std::string data, std::string id = {}, std::string name = {}) {
  return {std::move(id), std::move(name), std::move(data), std::nullopt};
}

/// What a client makes of it, whole and byte by byte: `id|event|data` each.
std::vector<std::string> read(std::string_view text) {
  std::vector<std::string> result;
  event_parser whole;
  for (auto left = text; auto event = whole.next(left);)
    result.push_back(event->id + "|" + event->event + "|" + event->data);
  std::vector<std::string> in_bytes;
  event_parser bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto byte = text.substr(i, 1);
    if (const auto event = bytes.next(byte))
      in_bytes.push_back(event->id + "|" + event->event + "|" + event->data);
  }
  EXPECT_EQ(in_bytes, result);
  return result;
}

TEST(server_event, is_written_line_by_line) {
  EXPECT_EQ(to_text(event_of("hello")), "data: hello\n\n");
  EXPECT_EQ(to_text(event_of("a\nb\r\nc\rd\n", "7", "tick")),
            "id: 7\nevent: tick\ndata: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
  EXPECT_EQ(to_text({{}, {}, {}, 3s}), "retry: 3000\n\n");
  EXPECT_EQ(to_text(event_of("", "7")), "id: 7\n\n");
  EXPECT_EQ(to_text(event_of("", "", "ping")), "event: ping\ndata: \n\n");
  EXPECT_EQ(to_text({}), "data: \n\n");
  EXPECT_EQ(event_comment("still\nhere"), ": still\n: here\n\n");
}

TEST(server_event, that_would_become_another_one_is_refused) {
  EXPECT_THROW(static_cast<void>(to_text(event_of("", "1\ndata: x"))), error);
  EXPECT_THROW(static_cast<void>(to_text(event_of("", {}, "a\rb"))), error);
  EXPECT_THROW(static_cast<void>(to_text(event_of("", std::string(1, '\0')))), error);
}

TEST(server_event, is_read_as_it_was_written) {
  for (const auto& each : {event_of("x", "1", "a"), event_of("a\nb", "2", "message"), event_of(" lead", "3", "b")}) {
    event_parser parser;
    const auto text = to_text(each);
    std::string_view left = text;
    EXPECT_EQ(parser.next(left), each);
  }
}

TEST(event_parser, understands_all_line_ends_and_skips_what_it_does_not_know) {
  EXPECT_THAT(read("data: a\n\ndata: b\r\n\r\ndata: c\r\r"), ElementsAre("|message|a", "|message|b", "|message|c"));
  EXPECT_THAT(read(": hello\n\nunknown: 1\ndata:x\ndata\n\n"), ElementsAre("|message|x\n"));
  EXPECT_THAT(read("\xef\xbb\xbf"
                   "data: marked\n\n"),
              ElementsAre("|message|marked"));
  EXPECT_THAT(read("event: only a name\n\ndata: x\n\n"), ElementsAre("|message|x"));
  EXPECT_THAT(read("data: never ended\n"), ElementsAre());
}

TEST(event_parser, keeps_the_id_until_another_one_comes) {
  EXPECT_THAT(read("id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n"),
              ElementsAre("1|message|a", "1|message|b", "|message|c"));
  EXPECT_THAT(read(std::string_view{"id: 1\n\nid: 2\0\ndata: a\n\n", 24}), ElementsAre("1|message|a"));
}

TEST(event_parser, tells_when_to_come_back) {
  event_parser parser;
  std::string_view text = "retry: 1500\n\nretry: soon\n\nretry: -1\n\n";
  EXPECT_FALSE(parser.next(text));
  EXPECT_EQ(parser.retry(), 1500ms);
}

TEST(event_parser, bounds_what_it_keeps) {
  event_parser parser{10};
  std::string_view fits = "data: 1234\n\n";
  EXPECT_TRUE(parser.next(fits));
  std::string_view endless = "data: 12345";
  EXPECT_THROW(static_cast<void>(parser.next(endless)), error);
  event_parser lines{10};
  std::string_view many = "data:1\ndata:2\ndata:3\ndata:4\n";
  EXPECT_THROW(static_cast<void>(lines.next(many)), error);
}

} // namespace
} // namespace actors::http::test
