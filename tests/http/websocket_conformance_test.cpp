#include "websocket_conformance.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

// RFC 6455 as a table: what a peer sends, and what it must get back from a server and from a client that echo. In the
// order of the subjects that conformance suites for WebSocket go through.
namespace actors::http::test {
namespace {

using ::testing::ElementsAreArray;

struct row {
  std::string name;
  std::vector<raw_frame> sent;
  std::vector<std::string> expected;
};

constexpr endpoint both[] = {endpoint::server, endpoint::client};
constexpr arrival all_arrivals[] = {arrival::at_once, arrival::by_frame, arrival::by_byte};

std::string in_words(endpoint ours, arrival how, const std::string& name) {
  return std::string{ours == endpoint::server ? "server" : "client"} + ", arrival " +
         std::to_string(static_cast<int>(how)) + ": " + name;
}

task<void> check_row(const row& one) {
  std::size_t size = 0;
  for (const auto& sent : one.sent)
    size += sent.payload.size();
  for (const auto ours : both) {
    for (const auto how : all_arrivals) {
      if (how == arrival::by_byte && size > 10'000)
        continue; // slow, and says no more than 1,000 bytes do
      auto talk = conversation{ours};
      talk.arriving(how);
      const auto answers = co_await talk.labels(one.sent);
      EXPECT_THAT(answers, ElementsAreArray(one.expected)) << in_words(ours, how, one.name);
    }
  }
}

task<void> check(std::vector<row> rows) {
  for (const auto& one : rows)
    co_await check_row(one);
}

void check_virtually(const std::vector<row>& rows) {
  run_virtually([&rows] { return check(rows); });
}

const std::string broken = "close 1002";
const std::string bye = "close 1000";

TEST(websocket_conformance, frames_of_every_length) {
  std::vector<row> rows;
  for (const std::size_t size : {0, 1, 125, 126, 127, 128, 65'535, 65'536}) {
    for (const unsigned code : {1U, 2U}) {
      const auto message = frame(code, std::string(size, '*'));
      rows.push_back({std::to_string(size), {message, close_frame()}, {label(message), bye}});
    }
  }
  // In parts.
  const auto large = text(std::string(65'536, '*'));
  run_virtually([&large]() -> task<> {
    for (const auto ours : both) {
      for (const std::size_t piece : {997, 4096}) {
        auto talk = conversation{ours};
        talk.pieces(piece);
        const std::vector<raw_frame> sent{large, close_frame()};
        const std::vector<std::string> expected{label(large), bye};
        const auto answers = co_await talk.labels(sent);
        EXPECT_THAT(answers, ElementsAreArray(expected)) << piece;
      }
    }
  });
  check_virtually(rows);
}

TEST(websocket_conformance, pings_and_pongs) {
  const std::string most(125, '\xfe');
  std::vector<raw_frame> ten;
  std::vector<std::string> ten_answers;
  for (int i = 0; i < 10; ++i) {
    ten.push_back(ping("ping-" + std::to_string(i)));
    ten_answers.push_back("pong ping-" + std::to_string(i));
  }
  ten.push_back(close_frame());
  ten_answers.push_back(bye);
  check_virtually({
      {"empty", {ping(), close_frame()}, {"pong ", bye}},
      {"with text", {ping("Hello, world!"), close_frame()}, {"pong Hello, world!", bye}},
      {"with what is no text",
       {ping({"\x00\xff\xfe\xfd\x00\xff", 6}), close_frame()},
       {label(pong({"\x00\xff\xfe\xfd\x00\xff", 6})), bye}},
      {"of 125 bytes", {ping(most), close_frame()}, {label(pong(most)), bye}},
      {"of 126 bytes", {ping(std::string(126, 'x'))}, {broken}},
      {"pong of 126 bytes", {pong(std::string(126, 'x'))}, {broken}},
      {"unsolicited pong", {pong(), close_frame()}, {bye}},
      {"unsolicited pong with data", {pong("unasked"), close_frame()}, {bye}},
      {"unsolicited pong and a ping", {pong("unasked"), ping("asked"), close_frame()}, {"pong asked", bye}},
      {"ten pings", ten, ten_answers},
  });
}

TEST(websocket_conformance, reserved_bits) {
  std::vector<row> rows;
  for (unsigned bits = 1; bits <= 7; ++bits) {
    const auto name = std::to_string(bits);
    rows.push_back({"text " + name, {frame(1, "x", true, bits), ping()}, {broken}});
    rows.push_back(
        {"after a text " + name, {text("Hello"), frame(1, "x", true, bits), ping()}, {"text Hello", broken}});
    rows.push_back({"binary " + name, {frame(2, "xyz", true, bits)}, {broken}});
    rows.push_back({"continuation " + name, {text("x", false), frame(0, "y", true, bits)}, {broken}});
    rows.push_back({"ping " + name, {frame(9, "x", true, bits)}, {broken}});
    rows.push_back({"close " + name, {frame(8, close_text(1000), true, bits)}, {broken}});
  }
  check_virtually(rows);
}

TEST(websocket_conformance, unknown_opcodes) {
  std::vector<row> rows;
  for (const unsigned code : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U}) {
    const auto name = std::to_string(code);
    rows.push_back({name, {frame(code, "")}, {broken}});
    rows.push_back({name + " with data", {frame(code, "reserved"), ping()}, {broken}});
    rows.push_back({name + " after a text", {text("Hello"), frame(code, ""), ping()}, {"text Hello", broken}});
    rows.push_back({name + " in a message", {text("Hel", false), frame(code, "x"), more("lo")}, {broken}});
  }
  check_virtually(rows);
}

TEST(websocket_conformance, fragments) {
  const auto ping_part = frame(9, "pi", false);
  const auto pong_part = frame(10, "po", false);
  check_virtually({
      {"a ping in two", {ping_part, more("ng")}, {broken}},
      {"a pong in two", {pong_part, more("ng")}, {broken}},
      {"a close in two", {frame(8, close_text(1000), false), more("")}, {broken}},
      {"a text in two", {text("frag", false), more("ment"), close_frame()}, {"text fragment", bye}},
      {"a ping between",
       {text("frag", false), ping("p"), more("ment"), close_frame()},
       {"pong p", "text fragment", bye}},
      {"a pong between", {text("frag", false), pong("p"), more("ment"), close_frame()}, {"text fragment", bye}},
      {"a continuation of nothing", {more("x"), text("Hello")}, {broken}},
      {"an open continuation of nothing", {more("x", false), text("Hello")}, {broken}},
      {"a continuation after the end",
       {text("frag", false), more("ment"), more("x", false), text("Hello")},
       {"text fragment", broken}},
      {"a text in a text", {text("frag", false), text("ment")}, {broken}},
      {"a binary in a text", {text("frag", false), binary("ment")}, {broken}},
      {"five fragments and two pings",
       {text("fragment1", false), more("fragment2", false), ping("1"), more("fragment3", false),
        more("fragment4", false), ping("2"), more("fragment5"), close_frame()},
       {"pong 1", "pong 2", "text fragment1fragment2fragment3fragment4fragment5", bye}},
      {"empty fragments", {text("", false), more("", false), more(""), close_frame()}, {"text ", bye}},
      {"one that is not empty",
       {binary("", false), more("middle", false), more(""), close_frame()},
       {"binary middle", bye}},
  });
}

TEST(websocket_conformance, text_is_utf_8) {
  std::vector<row> rows;
  const std::string right[] = {"",
                               "Hello-\xc2\xb5@\xc3\x9f\xc3\xb6\xc3\xa4\xc3\xbc\xc3\xa0\xc3\xa1-UTF-8!!",
                               "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5",
                               {"\x00", 1},
                               "\x7f",
                               "\xc2\x80",
                               "\xdf\xbf",
                               "\xe0\xa0\x80",
                               "\xed\x9f\xbf",
                               "\xee\x80\x80",
                               "\xef\xbf\xbd",
                               "\xef\xbf\xbe",
                               "\xef\xbf\xbf",
                               "\xf0\x90\x80\x80",
                               "\xf0\x9f\xbf\xbe",
                               "\xf4\x8f\xbf\xbf"};
  for (const auto& one : right) {
    rows.push_back({"right", {text(one), close_frame()}, {label(text(one)), bye}});
    std::vector<raw_frame> bytewise{text("", false)};
    for (const char byte : one)
      bytewise.push_back(more(std::string(1, byte), false));
    bytewise.push_back(more(""));
    bytewise.push_back(close_frame());
    rows.push_back({"right, in fragments", bytewise, {label(text(one)), bye}});
  }
  const std::string wrong[] = {"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80\x65\x64\x69\x74\x65\x64",
                               "\xf8\x88\x80\x80\x80",
                               "\xfc\x84\x80\x80\x80\x80",
                               "\xf7\xbf\xbf\xbf",
                               "\xfb\xbf\xbf\xbf\xbf",
                               "\xfd\xbf\xbf\xbf\xbf\xbf",
                               "\xf4\x90\x80\x80",
                               "\x80",
                               "\xbf",
                               "\x80\xbf\x80\xbf",
                               "\xc0 ",
                               "\xe0 ",
                               "\xf0 ",
                               "\xc0\xaf",
                               "\xe0\x80\xaf",
                               "\xf0\x80\x80\xaf",
                               "\xc1\xbf",
                               "\xe0\x9f\xbf",
                               "\xf0\x8f\xbf\xbf",
                               "\xc0\x80",
                               "\xe0\x80\x80",
                               "\xed\xa0\x80",
                               "\xed\xad\xbf",
                               "\xed\xbf\xbf",
                               "\xed\xa0\x80\xed\xb0\x80",
                               "\xfe",
                               "\xff"};
  for (const auto& one : wrong) {
    // Nothing ends these messages: the verdict must not wait for that, nor for the rest of a frame.
    rows.push_back({"wrong", {text("ok " + one)}, {"close 1007"}});
    rows.push_back({"wrong and unfinished", {text("ok " + one, false)}, {"close 1007"}});
    rows.push_back(
        {"wrong in the second fragment", {text("ok ", false), ping("p"), more(one, false)}, {"pong p", "close 1007"}});
    rows.push_back({"as binary", {binary(one), close_frame()}, {label(binary(one)), bye}});
  }
  for (const std::string cut : {"\xc2", "\xe1\xbd", "\xf0\x90\x80"})
    rows.push_back({"cut off", {text("ok " + cut)}, {"close 1007"}});
  check_virtually(rows);
}

TEST(websocket_conformance, text_that_is_wrong_is_refused_in_the_middle_of_its_frame) {
  run_virtually([]() -> task<> {
    served echoing{echo};
    static_cast<void>(co_await echoing.open());
    auto head = from_client(1, "ok \xf4\x90 and much more that does not come");
    head.resize(head.size() - 20);
    co_await echoing.peer().write_all(head);
    auto answer = co_await read_to_end(echoing.peer());
    const auto first = take_frame(answer);
    EXPECT_EQ(label(first.value()), "close 1007");
    EXPECT_EQ(answer, "");
  });
}

TEST(websocket_conformance, closing) {
  const std::string large(256 * 1024, '*');
  std::vector<row> rows{
      {"after a text", {text("Hello"), close_frame()}, {"text Hello", bye}},
      {"twice", {close_frame(), close_frame()}, {bye}},
      {"a ping after it", {close_frame(), ping("late")}, {bye}},
      {"a text after it", {close_frame(), text("late")}, {bye}},
      {"inside of a message", {text("frag", false), close_frame(), more("ment")}, {bye}},
      {"without a code", {frame(8, "")}, {"close"}},
      {"with half of a code", {frame(8, "\x03")}, {broken}},
      {"with a reason", {close_frame(1000, "Hello World!")}, {bye}},
      {"with the longest reason", {close_frame(1000, std::string(123, '*'))}, {bye}},
      {"with a reason too long", {close_frame(1000, std::string(124, '*'))}, {broken}},
      {"with a reason that is no text", {close_frame(1000, "\xce\xba\xed\xa0\x80")}, {"close 1007"}},
      {"with a reason that is cut off", {close_frame(1000, "\xce\xba\xe1")}, {"close 1007"}},
  };
  for (const unsigned code :
       {1000U, 1001U, 1002U, 1003U, 1007U, 1008U, 1009U, 1010U, 1011U, 1012U, 1013U, 1014U, 3000U, 3999U, 4000U, 4999U})
    rows.push_back({std::to_string(code), {close_frame(code)}, {"close " + std::to_string(code)}});
  for (const unsigned code : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 1100U, 2000U, 2999U, 5000U, 65'535U})
    rows.push_back({std::to_string(code), {close_frame(code)}, {broken}});
  check_virtually(rows);
  run_virtually([&large]() -> task<> {
    for (const auto ours : both) {
      auto talk = conversation{ours};
      const std::vector<raw_frame> sent{text(large), close_frame(), ping()};
      const auto answers = co_await talk.labels(sent);
      EXPECT_THAT(answers, ElementsAreArray({label(text(large)), bye}));
    }
  });
}

TEST(websocket_conformance, masks) {
  run_virtually([]() -> task<> {
    // A client masks, a server does not (RFC 6455 §5.1).
    EXPECT_EQ(co_await echoed(from_server(1, "x")),
              from_server(8, close_text(1002, "a frame without a mask from a client")));
    for (const auto ours : both) {
      auto talk = conversation{ours};
      talk.arriving(arrival::at_once);
      const std::vector<raw_frame> sent{text("Hello"), close_frame()};
      const auto answers = co_await talk.labels(sent);
      EXPECT_THAT(answers, ElementsAreArray({"text Hello", "close 1000"}));
    }
  });
}

// -- large messages ------------------------------------------------------------------------------------------------------

std::string sample(std::size_t size) {
  constexpr std::string_view pattern = "BAsd7&jh23";
  std::string result;
  result.reserve(size + pattern.size());
  while (result.size() < size)
    result.append(pattern);
  result.resize(size);
  return result;
}

std::vector<raw_frame> in_fragments(unsigned code, const std::string& payload, std::size_t size) {
  std::vector<raw_frame> result;
  for (std::size_t at = 0; at < payload.size(); at += size)
    result.push_back(frame(at == 0 ? code : 0, payload.substr(at, size), at + size >= payload.size()));
  return result;
}

task<void> expect_echo(conversation talk, std::vector<raw_frame> sent, std::string expected) {
  sent.push_back(close_frame());
  const auto answers = co_await talk.labels(std::move(sent));
  const std::vector<std::string> all{expected, "close 1000"};
  EXPECT_THAT(answers, ElementsAreArray(all));
}

TEST(websocket_conformance, messages_of_many_sizes_in_fragments_of_many_sizes) {
  run_virtually([]() -> task<> {
    for (const auto ours : both) {
      for (const std::size_t size : {64, 256, 1024, 4096, 16'384, 65'536, 262'144, 1'048'576}) {
        const auto payload = sample(size < 1024 ? 1 << 18 : 1 << 20);
        co_await expect_echo(conversation{ours}, in_fragments(1, payload, size), label(text(payload)));
        co_await expect_echo(conversation{ours}, in_fragments(2, payload, size), label(binary(payload)));
      }
      const auto largest = sample(16 << 20);
      co_await expect_echo(conversation{ours}, in_fragments(1, largest, 1 << 20), label(text(largest)));
      // Read in small pieces.
      for (const std::size_t piece : {64, 512, 2048}) {
        auto talk = conversation{ours};
        talk.pieces(piece);
        const auto payload = sample(1 << 18);
        const std::vector<raw_frame> sent{text(payload)};
        co_await expect_echo(talk, sent, label(text(payload)));
      }
    }
  });
}

TEST(websocket_conformance, many_messages) {
  run_virtually([]() -> task<> {
    for (const auto ours : both) {
      for (const std::size_t size : {0, 16, 64, 256, 1024, 4096}) {
        std::vector<raw_frame> sent(1000, text(sample(size)));
        std::vector<std::string> expected(1000, label(sent.front()));
        sent.push_back(close_frame());
        expected.push_back("close 1000");
        auto talk = conversation{ours};
        const auto answers = co_await talk.labels(std::move(sent));
        EXPECT_EQ(answers, expected) << size;
      }
    }
  });
}

TEST(websocket_conformance, what_is_sent_in_fragments_is_whole_again) {
  run_virtually([]() -> task<> {
    for (const auto ours : both) {
      const auto payload = sample(65'536);
      auto talk = conversation{ours, plain().fragment_size(1300)};
      std::string together;
      const std::vector<raw_frame> sent{text(payload), close_frame()};
      const auto answers = co_await talk.frames(sent);
      EXPECT_EQ(answers.size(), 52U);
      for (std::size_t i = 0; i + 1 < answers.size(); ++i) {
        EXPECT_EQ(answers[i].code, i == 0 ? 1U : 0U);
        EXPECT_EQ(answers[i].fin, i + 2 == answers.size());
        EXPECT_LE(answers[i].payload.size(), 1300U);
        together += answers[i].payload;
      }
      EXPECT_EQ(together, payload);
    }
  });
}

} // namespace
} // namespace actors::http::test
