#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/targets.hpp"
#include "tests/http/internal/parser_transcript.hpp"

#include <actors/http/internal/serializer.hpp>
#include <actors/http/internal/served_path.hpp>
#include <actors/http/query.hpp>

using namespace actors::http;
using namespace actors::http::internal;

namespace {

message_limits small_limits() {
  return message_limits{}.max_start_line(200).max_field_bytes(400).max_fields(8).max_body(300);
}

std::string read(const std::vector<std::string_view>& pieces, const message_limits& limits) {
  request_parser p{limits};
  return transcript(p, pieces);
}

/// What the parser lets in can be sent as it is, and comes out the same.
void check_round_trip(std::string_view input) {
  request_parser p;
  const auto event = p.next_whole(input);
  if (event != parse_event::complete || p.upgrade())
    return;
  const auto& r = p.head();
  std::string wire;
  append_head(wire, r, framing_of(r), "host");
  wire.append(r.body());
  // Host and Content-Length may have come on top.
  request_parser again{message_limits{}.max_fields(200)};
  std::string_view rest = wire;
  FUZZ_EXPECT_THAT(again.next_whole(rest) == parse_event::complete && rest.empty(),
                   wire + "\n" + again.failure().message);
  FUZZ_EXPECT_THAT(again.head().target() == r.target() && again.head().method() == r.method() &&
                       again.head().body() == r.body(),
                   wire);
}

/// Whatever the path says, what is served lies below the root.
void check_path(const request& r) {
  for (const bool dot_files : {false, true}) {
    const auto served = served_path::parse(r.path(), dot_files);
    const auto& path = served.relative();
    FUZZ_EXPECT(served.problem() == status::ok || path.empty());
    FUZZ_EXPECT_THAT(!path.starts_with('/') && !path.ends_with('/') && path.find("//") == std::string::npos, path);
    FUZZ_EXPECT_THAT(path.find('\0') == std::string::npos && path.find('\\') == std::string::npos, path);
    const auto framed = "/" + path + "/";
    FUZZ_EXPECT_THAT(framed.find("/../") == std::string::npos && framed.find("/./") == std::string::npos, path);
    FUZZ_EXPECT_THAT(dot_files || framed.find("/.") == std::string::npos, path);
    if (served.problem() == status::ok && !path.empty())
      FUZZ_EXPECT_THAT(served_path::parse("/" + percent_encode(path, "/"), dot_files).relative() == path, path);
  }
}

} // namespace

/// Requests: the verdict does not depend on how the bytes were split, and what was understood can be said again.
void actors::fuzz::http_request(std::string_view input) {
  choices choose{input};
  const auto by_choice = cut_by_choice(input, choose);
  for (const auto& limits : {message_limits{}, small_limits()}) {
    const auto whole = read({input}, limits);
    FUZZ_EXPECT_THAT(!whole.starts_with(unfit), whole);
    for (const auto& pieces : {by_choice, cut_everywhere(input)}) {
      const auto split = read(pieces, limits);
      FUZZ_EXPECT_THAT(tell_the_same(whole, split), whole + "\n---\n" + split);
    }
  }
  check_round_trip(input);
  request_parser p;
  if (auto rest = input; p.next(rest) == parse_event::head)
    check_path(p.head());
}
