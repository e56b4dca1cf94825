#include <actors/http/error.hpp>
#include <actors/http/status.hpp>
#include <tests/http/internal/request_parser_fixture.hpp>
#include <tests/http/request_attacks.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace actors::http::internal {
namespace {

using test::attack;
using test::attacks;
using test::odd_but_good;

/// The statuses of all messages: 0 for a good one, and what refuses the last.
std::vector<int> verdict(const std::vector<std::string_view>& pieces) {
  request_parser p;
  std::vector<int> result;
  const auto judge = [&](parse_event event) {
    if (event == parse_event::complete)
      result.push_back(0);
    else if (event == parse_event::failed)
      result.push_back(code(status_for(p.failure().kind)));
  };
  for (auto piece : pieces)
    for (;;) {
      const auto event = p.next(piece);
      judge(event);
      if (event == parse_event::failed)
        return result;
      if (event == parse_event::more)
        break;
    }
  judge(p.finish());
  return result;
}

class every_split : public ::testing::TestWithParam<attack> {};

/// Whole, byte by byte, and cut in two at every place.
void expect_verdict(const std::string& text, const std::vector<int>& expected) {
  EXPECT_EQ(verdict({text}), expected) << "whole";
  EXPECT_EQ(verdict(cut_everywhere(text)), expected) << "byte by byte";
  // A long text is the same byte again and again.
  const std::size_t step = std::max<std::size_t>(1, text.size() / 400);
  for (std::size_t at = 1; at < text.size(); at += step)
    ASSERT_EQ(verdict(cut(text, {at})), expected) << "cut at " << at;
}

using attack_in_every_split = every_split;

TEST_P(attack_in_every_split, is_refused_alike) {
  expect_verdict(GetParam().sent, {GetParam().answer});
}

using good_request_in_every_split = every_split;

TEST_P(good_request_in_every_split, is_taken_alike) {
  expect_verdict(GetParam().sent, std::vector<int>(static_cast<std::size_t>(GetParam().answer), 0));
}

std::string name_of(const ::testing::TestParamInfo<attack>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(request_parser, attack_in_every_split, ::testing::ValuesIn(attacks()), name_of);
INSTANTIATE_TEST_SUITE_P(request_parser, good_request_in_every_split, ::testing::ValuesIn(odd_but_good()), name_of);

} // namespace
} // namespace actors::http::internal
