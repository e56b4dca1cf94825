#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/targets.hpp"
#include "tests/http/internal/parser_transcript.hpp"

using namespace actors::http;
using namespace actors::http::internal;

namespace {

std::string read(const std::vector<std::string_view>& pieces, method answered) {
  response_parser p{message_limits{}.max_body(1000)};
  p.expect_response_to(answered);
  return transcript(p, pieces);
}

} // namespace

/// Responses: the verdict does not depend on how the bytes were split.
void actors::fuzz::http_response(std::string_view input) {
  choices choose{input};
  constexpr method methods[] = {method::get, method::head, method::connect};
  const auto answered = methods[choose.below(std::size(methods))];
  const auto by_choice = cut_by_choice(input, choose);
  const auto whole = read({input}, answered);
  FUZZ_EXPECT_THAT(whole.find("UNFIT") == std::string::npos, whole);
  for (const auto& pieces : {by_choice, cut_everywhere(input)}) {
    const auto split = read(pieces, answered);
    FUZZ_EXPECT_THAT(tell_the_same(whole, split), whole + "\n---\n" + split);
  }
}
