#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

/// What fuzz targets share. See targets.hpp.
namespace actors::fuzz {

/// Ends the program, so that libFuzzer keeps the input.
[[noreturn]] inline void fail(const char* what, const char* file, int line, const std::string& detail) {
  std::fprintf(stderr, "%s:%d: does not hold: %s\n%s\n", file, line, what, detail.c_str());
  std::abort();
}

/// Numbers drawn from the end of the input, so that the fuzzer decides them and the text at the front stays readable.
class choices {
public:
  explicit choices(std::string_view input) noexcept : left_(input) {}

  [[nodiscard]] std::size_t below(std::size_t limit) noexcept {
    if (left_.empty() || limit < 2)
      return 0;
    const auto byte = static_cast<unsigned char>(left_.back());
    left_.remove_suffix(1);
    return byte % limit;
  }

private:
  std::string_view left_;
};

/// The input cut at places that it chooses itself; at most so many pieces, none of them empty.
[[nodiscard]] inline std::vector<std::string_view> cut_by_choice(std::string_view input, choices& choose,
                                                                 std::size_t most = 50) {
  std::vector<std::string_view> pieces;
  while (!input.empty()) {
    const bool is_last = pieces.size() + 1 >= most;
    pieces.push_back(input.substr(0, is_last ? input.size() : 1 + choose.below(64)));
    input.remove_prefix(pieces.back().size());
  }
  return pieces;
}

/// The input byte by byte.
[[nodiscard]] inline std::vector<std::string_view> cut_everywhere(std::string_view input) {
  std::vector<std::string_view> pieces;
  for (std::size_t at = 0; at < input.size(); ++at)
    pieces.push_back(input.substr(at, 1));
  return pieces;
}

} // namespace actors::fuzz

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): names the condition and the place
#define FUZZ_EXPECT_THAT(condition, detail)                         \
  do {                                                              \
    if (!(condition))                                               \
      ::actors::fuzz::fail(#condition, __FILE__, __LINE__, detail); \
  } while (false)
// NOLINTNEXTLINE(cppcoreguidelines-macro-usage)
#define FUZZ_EXPECT(condition) FUZZ_EXPECT_THAT(condition, std::string{})
