#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/targets.hpp"
#include "tests/http/internal/parser_transcript.hpp"

#include <actors/http/internal/serializer.hpp>

using namespace actors::http;
using namespace actors::http::internal;

namespace {

std::string read(const std::vector<std::string_view>& pieces, method answered) {
  response_parser p{message_limits{}.max_body(1000)};
  p.expect_response_to(answered);
  return transcript(p, pieces);
}

/// What was understood can be sent as it is, and comes out the same.
void check_round_trip(std::string_view input, method answered) {
  response_parser p;
  p.expect_response_to(answered);
  const bool is_complete = p.next_whole(input) == parse_event::complete;
  if (!is_complete || p.upgrade() || code(p.head().status()) < 200)
    return;
  const auto& r = p.head();
  std::string wire;
  append_head(wire, r, framing_of(r, answered), {});
  if (sends_body(r.status(), answered))
    wire.append(r.body());
  response_parser again{message_limits{}.max_fields(200)}; // Content-Length may have come on top
  again.expect_response_to(answered);
  std::string_view rest = wire;
  FUZZ_EXPECT_THAT(again.next_whole(rest) == parse_event::complete && rest.empty(),
                   wire + "\n" + again.failure().message);
  FUZZ_EXPECT_THAT(again.head().status() == r.status() && again.head().reason() == r.reason() &&
                       again.head().body() == r.body(),
                   wire);
}

} // namespace

/// Responses: the verdict does not depend on how the bytes were split, and what was understood can be said again.
void actors::fuzz::http_response(std::string_view input) {
  choices choose{input};
  constexpr method methods[] = {method::get, method::head, method::connect};
  const auto answered = methods[choose.below(std::size(methods))];
  const auto by_choice = cut_by_choice(input, choose);
  const auto whole = read({input}, answered);
  FUZZ_EXPECT_THAT(!whole.starts_with(unfit), whole);
  for (const auto& pieces : {by_choice, cut_everywhere(input)}) {
    const auto split = read(pieces, answered);
    FUZZ_EXPECT_THAT(tell_the_same(whole, split), whole + "\n---\n" + split);
  }
  check_round_trip(input, answered);
}
