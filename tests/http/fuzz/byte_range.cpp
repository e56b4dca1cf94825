#include <actors/http/byte_range.hpp>

#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/targets.hpp"

#include <algorithm>

using namespace actors::http;

/// Range fields: what is printed is parsed as the same; what is selected lies inside and is not more than the whole.
void actors::fuzz::http_byte_range(std::string_view input) {
  choices choose{input};
  constexpr std::uint64_t sizes[] = {0, 1, 2, 10, 1000, 1U << 20, ~std::uint64_t{0} - 1, ~std::uint64_t{0}};
  const auto size = sizes[choose.below(std::size(sizes))];
  const auto max_ranges = choose.below(40);
  const auto asked = range_request::parse(input, max_ranges);
  if (!asked)
    return;
  FUZZ_EXPECT(!asked->elements().empty() && asked->elements().size() <= max_ranges);
  FUZZ_EXPECT_THAT(range_request::parse(asked->to_string(), max_ranges) == asked, asked->to_string());
  const auto selected = select_ranges(*asked, size);
  FUZZ_EXPECT((selected.what() == range_selection::kind::partial) == !selected.ranges().empty());
  FUZZ_EXPECT(selected.ranges().size() <= asked->elements().size());
  auto left = size;
  for (const auto& range : selected.ranges()) {
    FUZZ_EXPECT(range.first() <= range.last() && range.last() < size);
    FUZZ_EXPECT(range.size() <= left);
    left -= range.size();
  }
}
