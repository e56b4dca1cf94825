#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/targets.hpp"
#include "tests/http/fuzz/field_value.hpp"

#include <actors/http/error.hpp>
#include <actors/http/fields.hpp>
#include <actors/http/multipart_parser.hpp>

#include <string>
#include <vector>

using namespace actors::http;

namespace {

constexpr std::string_view boundary = "b";

struct outcome {
  std::vector<multipart_part> parts;
  std::string problem; ///< the kind of the error
};

void read(multipart_parser& parser, std::string_view input, std::vector<multipart_part>& parts) {
  using event = multipart_parser::event;
  for (;;) {
    switch (parser.next(input)) {
    case event::part:
      parts.push_back({parser.head(), {}});
      break;
    case event::data:
      FUZZ_EXPECT(!parser.data().empty());
      parts.back().content.append(parser.data());
      break;
    case event::more:
      FUZZ_EXPECT(input.empty());
      return;
    case event::end:
      break;
    }
  }
}

outcome parse(const std::vector<std::string_view>& pieces, const multipart_limits& limits) {
  outcome result;
  multipart_parser parser{boundary, limits};
  try {
    for (const auto piece : pieces)
      read(parser, piece, result.parts);
    parser.finish();
  } catch (const error& failure) {
    result.problem = to_string(failure.kind());
    // The end is not taken back.
    try {
      parser.finish();
      FUZZ_EXPECT(false);
    } catch (const error& again) {
      FUZZ_EXPECT(again.kind() == failure.kind());
    }
  }
  return result;
}

std::string describe(const outcome& what) {
  std::string text;
  for (const auto& [head, content] : what.parts)
    text.append(head.name).append("|").append(head.filename.value_or("-")).append("|").append(content).append("\n");
  return text + what.problem;
}

/// Of a form that fails, the content of the last part may have come or not, depending on the split.
bool are_same(const outcome& a, const outcome& b) {
  if (a.problem != b.problem || a.parts.size() != b.parts.size())
    return false;
  for (std::size_t i = 0; i < a.parts.size(); ++i) {
    const auto& left = a.parts[i];
    const auto& right = b.parts[i];
    const bool is_cut = !a.problem.empty() && i + 1 == a.parts.size();
    if (left.head.name != right.head.name || left.head.filename != right.head.filename ||
        left.head.fields != right.head.fields || (!is_cut && left.content != right.content))
      return false;
  }
  return true;
}

void check_boundary(std::string_view input) {
  if (!actors::fuzz::is_field_value(input))
    return;
  fields all;
  all.set("Content-Type", input);
  try {
    const auto found = multipart_boundary(all);
    FUZZ_EXPECT_THAT(!found.empty() && found.size() <= 70 && found.find_first_of("\r\n\"") == std::string::npos, found);
  } catch (const error& problem) {
    FUZZ_EXPECT(problem.kind() == errc::invalid_form);
  }
}

} // namespace

/// Forms with the boundary `b`: what they hold does not depend on how the bytes were split.
void actors::fuzz::http_multipart(std::string_view input) {
  choices choose{input};
  const auto by_choice = cut_by_choice(input, choose);
  const auto small = multipart_limits{}.max_parts(2).max_head(100).max_part(20).max_total(300);
  for (const auto& limits : {multipart_limits{}, small}) {
    const auto whole = parse({input}, limits);
    FUZZ_EXPECT(whole.parts.size() <= limits.max_parts());
    for (const auto& part : whole.parts)
      FUZZ_EXPECT(part.content.size() <= limits.max_part() && part.content.find("\r\n--b") == std::string::npos);
    for (const auto& pieces : {by_choice, cut_everywhere(input)}) {
      const auto split = parse(pieces, limits);
      FUZZ_EXPECT_THAT(are_same(whole, split), describe(whole) + "\n---\n" + describe(split));
    }
  }
  check_boundary(input);
}
