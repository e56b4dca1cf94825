#include "targets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// The fuzz targets as ordinary tests: over the files of their corpus, and over what comes of these when they are cut,
/// doubled and changed a little.
namespace actors::fuzz {

namespace {

std::filesystem::path corpus_of(const target& which) {
  const auto* data = std::getenv("ACTORS_TEST_DATA"); // NOLINT(concurrency-mt-unsafe): nothing sets it
  if (data == nullptr)
    throw std::runtime_error("ACTORS_TEST_DATA is not set; run the test by ctest");
  return std::filesystem::path{data} / which.name;
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
}

class fuzz_target : public ::testing::TestWithParam<target> {
protected:
  static void check(std::string_view input) { GetParam().check(input); }

  /// It names files by their hash, and has tried the variations.
  static bool is_found_by_fuzzer(const std::filesystem::path& file) { return file.filename().string().size() == 40; }

  /// Some hundred variations, the same ones every time; fewer of a slow target.
  static void check_with_variations(const std::string& input) {
    check(input);
    check(input + input);
    const std::size_t places = GetParam().is_slow ? 6 : 50;
    const auto step = std::max<std::size_t>(1, input.size() / places);
    for (std::size_t at = 0; at < input.size(); at += step) {
      check(std::string_view{input}.substr(0, at));
      check(std::string_view{input}.substr(at));
      for (const char c : {'\0', '\n', '"', ',', '%', '\xff'}) {
        auto changed = input;
        changed[at] = c;
        check(changed);
        changed[at] = input[at];
        changed.insert(at, 1, c);
        check(changed);
      }
    }
  }
};

TEST_P(fuzz_target, holds_for_its_corpus_and_variations_of_it) {
  check({});
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator{corpus_of(GetParam())})
    files.push_back(entry.path());
  ASSERT_FALSE(files.empty());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    // A target ends the program when something does not hold: the last file is the one.
    std::printf("%s\n", file.c_str());
    std::fflush(stdout);
    if (is_found_by_fuzzer(file))
      check(content_of(file));
    else
      check_with_variations(content_of(file));
  }
}

TEST(fuzz_corpus, has_no_folder_without_a_target) {
  for (const auto& entry : std::filesystem::directory_iterator{corpus_of(targets[0]).parent_path()})
    EXPECT_TRUE(std::any_of(targets.begin(), targets.end(), [&](const target& t) {
      return t.name == entry.path().filename().string();
    })) << entry.path();
}

INSTANTIATE_TEST_SUITE_P(all, fuzz_target, ::testing::ValuesIn(targets),
                         [](const auto& info) { return std::string{info.param.name}; });

} // namespace
} // namespace actors::fuzz
