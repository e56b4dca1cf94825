#include "support.hpp"

#include <actors/core/sleep.hpp>
#include <actors/core/timeout.hpp>
#include <actors/http/error.hpp>
#include <actors/http/multipart_parser.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace actors::http::test {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

const std::string type = "multipart/form-data; boundary=XX";

request form(std::string body, std::string_view content_type = type) {
  return {method::post, "/", std::move(body), content_type};
}

std::string part(std::string_view head, std::string_view content) {
  return "--XX\r\n" + std::string{head} + "\r\n\r\n" + std::string{content} + "\r\n";
}

const std::string named = "Content-Disposition: form-data; name=a";

/// What a body means, or what is wrong with it, when it comes in pieces of this size.
std::string transcript(std::string_view body, std::size_t piece, const multipart_limits& limits = {}) {
  using event = multipart_parser::event;
  std::string result;
  try {
    multipart_parser parser{"XX", limits};
    while (!body.empty()) {
      auto input = body.substr(0, piece);
      body.remove_prefix(input.size());
      const std::string copy{input}; // so that a view kept too long is seen by the sanitizer
      input = copy;
      for (auto found = parser.next(input); found != event::more; found = parser.next(input)) {
        if (found == event::part)
          result += "[" + parser.head().name + "|" + parser.head().filename.value_or("-") + "|" +
                    parser.head().content_type + "]";
        else if (found == event::data)
          result += parser.data();
        else
          result += "END";
      }
    }
    parser.finish();
  } catch (const error& problem) {
    result = std::string{to_string(problem.kind())} + ": " + problem.what();
  }
  return result;
}

// -- reading -----------------------------------------------------------------------------------------------------------

TEST(multipart_parser, gives_the_same_however_the_bytes_are_split) {
  const std::string body =
      part("Content-Disposition: form-data; name=\"a b\"", "one") +
      part("content-disposition: Form-Data ; filename=\"C:\\dir\\x \\\"y\\\".txt\"; name=\"%22q%22\"\r\n"
           "Content-Type: image/png\r\nX-Other: z",
           "\r\n--X\r\r\n--XY\r\n-\r\r\n--\r\n") +
      part(named, "") + "--XX--\r\nepilogue";
  const std::string expected =
      "[a b|-|text/plain]one[\"q\"|C:\\dir\\x \"y\".txt|image/png]\r\n--X\r\r\n--XY\r\n-\r\r\n--"
      "\r\n[a|-|text/plain]END";
  for (std::size_t size = 1; size <= body.size(); ++size)
    EXPECT_EQ(transcript(body, size), expected) << "in pieces of " << size;
}

TEST(multipart_parser, knows_a_form_without_parts) {
  EXPECT_EQ(transcript("--XX--\r\n", 3), "END");
  EXPECT_EQ(transcript("--XX--", 1), "END");
}

struct flaw {
  std::string body;
  std::string problem;
};

TEST(multipart_parser, refuses_what_is_malformed_however_the_bytes_are_split) {
  const flaw flaws[] = {
      {"", "bad_multipart: the form ends before its last boundary"},
      {"--XX", "bad_multipart: the form ends before"},
      {"--XX\r\n", "bad_multipart: the form ends before"},
      {part(named, "x"), "bad_multipart: the form ends before"},
      {part(named, "x") + "--XX-", "bad_multipart: the form ends before"},
      {"preamble\r\n--XX--\r\n", "bad_multipart: the form does not begin with its boundary"},
      {"\r\n--XX--\r\n", "bad_multipart: the form does not begin with its boundary"},
      {"--XY--\r\n", "bad_multipart: the form does not begin with its boundary"},
      {"--XX \r\n", "bad_multipart: a boundary is followed by"},
      {"--XX\n" + named + "\n\nx\n--XX--", "bad_multipart: a boundary is followed by"},
      {part(named, "x") + "--XXX--\r\n", "bad_multipart: a boundary is followed by \"X-\""},
      {part(named + "\nX: y", "x"), "bad_multipart: in the head of a part: "},
      {part(named + "\r\n folded", "x"), "bad_multipart: the line \" folded\""},
      {part(named + "\r\nno colon", "x"), "bad_multipart: the line \"no colon\""},
      {part(named + "\r\nX : y", "x"), "bad_multipart: in the head of a part: "},
      {part(named + std::string{"\r\nX: \0", 6}, "x"), "bad_multipart: in the head of a part: "},
      {part("X: y", "x"), "bad_multipart: a part without exactly one Content-Disposition"},
      {"--XX\r\n\r\nx\r\n--XX--", "bad_multipart: a part without exactly one Content-Disposition"},
      {part(named + "\r\n" + named, "x"), "bad_multipart: a part without exactly one Content-Disposition"},
      {part("Content-Disposition: form-data", "x"), "bad_multipart: the Content-Disposition \"form-data\""},
      {part("Content-Disposition: attachment; name=a", "x"), "bad_multipart: the Content-Disposition"},
      {part("Content-Disposition: form-data; name=a; name=b", "x"), "bad_multipart: the Content-Disposition"},
      {part("Content-Disposition: form-data; name=\"a", "x"), "bad_multipart: the Content-Disposition"},
      {part("Content-Disposition: form-data; name=a b", "x"), "bad_multipart: the Content-Disposition"},
      {part("Content-Disposition: form-data; name=\"a\" x=y", "x"), "bad_multipart: the Content-Disposition"},
      {part("Content-Disposition: form-data; name=a; filename=x; filename=y", "x"), "bad_multipart: the Content-Disp"},
      {part(named + "\r\nContent-Transfer-Encoding: base64", "x"), "bad_multipart: the Content-Transfer-Encoding"},
  };
  for (const auto& [body, problem] : flaws) {
    const auto whole = transcript(body, body.size() + 1);
    EXPECT_THAT(whole, StartsWith(problem)) << body;
    for (std::size_t size = 1; size < body.size(); ++size)
      EXPECT_EQ(transcript(body, size), whole) << body << " in pieces of " << size;
  }
}

TEST(multipart_parser, holds_to_its_limits) {
  const auto many = part(named, "12345") + part(named, "12") + "--XX--\r\n";
  EXPECT_THAT(transcript(many, 7, multipart_limits{}.max_parts(2).max_part(5).max_head(44).max_total(many.size())),
              testing::EndsWith("END"));
  EXPECT_EQ(transcript(many, 7, multipart_limits{}.max_parts(1)), "multipart_too_large: a form of more than 1 parts");
  EXPECT_EQ(transcript(many, 7, multipart_limits{}.max_part(4)),
            "multipart_too_large: part \"a\" of more than 4 bytes");
  EXPECT_EQ(transcript(many, 7, multipart_limits{}.max_head(41)),
            "multipart_too_large: the head of a part of more than 41 bytes");
  EXPECT_EQ(transcript(many, 7, multipart_limits{}.max_total(many.size() - 1)),
            "multipart_too_large: a form of more than " + std::to_string(many.size() - 1) + " bytes");
  EXPECT_EQ(status_for(errc::multipart_too_large), status::content_too_large);
}

TEST(multipart_parser, stays_failed) {
  multipart_parser parser{"XX"};
  std::string_view input = "nonsense";
  EXPECT_THROW(static_cast<void>(parser.next(input)), error);
  input = "--XX--";
  EXPECT_THROW(static_cast<void>(parser.next(input)), error);
  EXPECT_THROW(parser.finish(), error);
}

TEST(multipart_boundary, is_that_of_the_one_content_type) {
  const auto of = [](std::string_view value) {
    return multipart_boundary(request{}.set("Content-Type", value).fields());
  };
  EXPECT_EQ(of("Multipart/Form-Data; charset=x; boundary=\"a b\""), "a b");
  for (const auto* bad :
       {"text/plain", "multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=a",
        "multipart/form-data; boundary=\"a \"", "multipart/form-data; boundary=\"a;b\""})
    EXPECT_THROW(static_cast<void>(of(bad)), error) << bad;
  EXPECT_THROW(static_cast<void>(multipart_boundary(fields{})), error);
  EXPECT_THROW(static_cast<void>(multipart_boundary(
                   fields{}.add("Content-Type", type).add("Content-Type", "multipart/form-data; boundary=YY"))),
               error);
  EXPECT_THROW(static_cast<void>(of("multipart/form-data; boundary=" + std::string(71, 'a'))), error);
}

TEST(parse_multipart, gives_all_parts_of_a_body) {
  const auto parts =
      parse_multipart(form(part(named, "one\r\ntwo") + part(named + "; filename=f", "") + "--XX--\r\nend"));
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].content, "one\r\ntwo");
  EXPECT_FALSE(parts[0].head.filename);
  EXPECT_EQ(parts[1].content, "");
  EXPECT_EQ(parts[1].head.filename, "f");
  EXPECT_THROW(static_cast<void>(parse_multipart(form(part(named, "x")))), error);
  EXPECT_THROW(static_cast<void>(parse_multipart(form("--XX--", "text/plain"))), error);
}

// -- in pieces ---------------------------------------------------------------------------------------------------------

TEST(multipart_reader, gives_parts_and_their_pieces) {
  run_virtually([]() -> task<> {
    const auto body = part(named, "skipped") +
                      part("Content-Disposition: form-data; name=b; filename=f", "one\r\ntwo") +
                      part("Content-Disposition: form-data; name=c", "") + "--XX--\r\nepilogue";
    for (std::size_t size = 1; size <= body.size(); ++size) {
      std::size_t given = 0;
      const auto head = form("");
      multipart_reader reader{head, [&body, &given, size]() -> task<std::string_view> {
                                const auto piece = std::string_view{body}.substr(given, size);
                                given += piece.size();
                                co_return piece;
                              }};
      std::vector<std::string> seen;
      for (;;) {
        const auto* const next = co_await reader.next_part();
        if (next == nullptr)
          break;
        seen.push_back(next->name);
        if (seen.size() == 1)
          continue;
        for (;;) {
          const auto piece = co_await reader.read_some();
          if (piece.empty())
            break;
          seen.back() += "/";
          seen.back().append(piece);
        }
      }
      EXPECT_EQ(seen.size(), 3U) << size;
      std::erase(seen.at(1), '/');
      EXPECT_THAT(seen, ElementsAre("a", "bone\r\ntwo", "c"));
      EXPECT_EQ(given, body.size());
      EXPECT_EQ(co_await reader.next_part(), nullptr);
      EXPECT_EQ(co_await reader.read_some(), "");
    }
  });
}

TEST(multipart_reader, tells_that_a_form_was_cut_off) {
  run_virtually([]() -> task<> {
    const auto head = form("");
    bool given = false;
    multipart_reader reader{head, [&given]() -> task<std::string_view> {
                              co_return std::exchange(given, true) ? std::string_view{}
                                                                   : std::string_view{"--XX\r\nContent-"};
                            }};
    std::string problem;
    try {
      static_cast<void>(co_await reader.next_part());
    } catch (const error& failure) {
      problem = failure.what();
    }
    EXPECT_EQ(problem, "the form ends before its last boundary");
  });
}

TEST(multipart_reader, can_be_cancelled_while_it_waits) {
  run_virtually([]() -> task<> {
    const auto head = form("");
    int calls = 0;
    const auto pull = [&calls]() -> task<std::string_view> {
      if (++calls > 1)
        co_await sleep(1h);
      co_return std::string_view{"--XX\r\nContent-Disposition: form-data; name=a\r\n\r\nabc"};
    };
    multipart_reader reader{head, pull};
    EXPECT_EQ((co_await reader.next_part())->name, "a");
    EXPECT_EQ(co_await reader.read_some(), "abc");
    EXPECT_THROW(static_cast<void>(co_await with_timeout(1s, reader.read_some())), timeout_error);
    EXPECT_THROW(static_cast<void>(co_await with_timeout(1s, reader.next_part())), timeout_error);
    EXPECT_EQ(calls, 3);
  });
}

} // namespace
} // namespace actors::http::test
