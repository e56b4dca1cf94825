#include <services/scraper/internal/file_lock.hpp>
#include <services/scraper/internal/json_list.hpp>
#include <services/scraper/internal/text_builder.hpp>
#include <services/scraper/internal/url_queue.hpp>
#include <services/scraper/internal/url_set.hpp>

#include <gtest/gtest.h>

#include <stdlib.h>

#include <deque>
#include <filesystem>
#include <random>
#include <set>
#include <string>

using namespace services::scraper::internal;

TEST(scraper_internals, siphash_is_the_published_function) {
  // SipHash-1-3 of the bytes 0, 1, … under the key 0, 1, …, 15, from the reference implementation.
  std::string text;
  const auto low = 0x0706050403020100u;
  const auto high = 0x0f0e0d0c0b0a0908u;
  EXPECT_EQ(siphash(text, low, high), 0xabac0158050fc4dcu);
  for (auto i = 0; i < 7; ++i)
    text += static_cast<char>(i);
  EXPECT_EQ(siphash(text, low, high), 0xd3927d989bb11140u);
  EXPECT_NE(siphash("a", 1, 2), siphash("a", 1, 3));
}

TEST(scraper_internals, a_url_set_agrees_with_a_set_of_strings) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  url_set hashes{random(), random()};
  std::set<std::string> strings;
  EXPECT_FALSE(hashes.contains("x"));
  for (auto i = 0; i < 50'000; ++i) {
    const auto url = "http://h/" + std::to_string(random() % 30'000);
    ASSERT_EQ(hashes.contains(url), strings.contains(url));
    ASSERT_EQ(hashes.insert(url), strings.insert(url).second);
  }
  EXPECT_EQ(hashes.size(), strings.size());
}

TEST(scraper_internals, a_url_queue_gives_back_what_was_put_in) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  url_queue queue;
  std::deque<std::pair<std::string, std::uint32_t>> expected;
  for (auto i = 0; i < 20'000; ++i) {
    if (random() % 5 < 3) {
      // Also texts longer than a block, and empty ones.
      std::string text(random() % 100 == 0 ? random() % 20'000 : random() % 60, '\0');
      for (auto& c : text)
        c = static_cast<char>(random());
      const auto depth = random() % 10 == 0 ? static_cast<std::uint32_t>(random()) : random() % 200;
      queue.push(text, depth);
      expected.emplace_back(text, depth);
    } else if (!queue.empty()) {
      ASSERT_EQ(queue.front().text, expected.front().first);
      ASSERT_EQ(queue.front().depth, expected.front().second);
      queue.pop();
      expected.pop_front();
    }
    ASSERT_EQ(queue.size(), expected.size());
  }
}

TEST(scraper_internals, json_lists_come_back_as_they_were) {
  const std::vector<std::string> strings{"http://a/", "", "a\"b\\c", "tab\tnew\nline", "ünïcode", std::string("\0", 1)};
  EXPECT_EQ(parse_json_list(json_list(strings)), strings);
  EXPECT_EQ(json_list({}), "[]");
  EXPECT_EQ(json_list(std::vector<std::string>{"http://a/?b=1&c", "x"}), R"(["http://a/?b=1&c","x"])");
  EXPECT_TRUE(parse_json_list("no json").empty());
  EXPECT_TRUE(parse_json_list("{}").empty());
  EXPECT_EQ(json_list(std::vector<std::string>{"\xFF"}), "[\"\xEF\xBF\xBD\"]") << "never invalid JSON";
}

TEST(scraper_internals, a_file_lock_keeps_others_out_until_it_goes) {
  auto pattern = (std::filesystem::temp_directory_path() / "actors-lock-XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  const auto file = pattern + "/x";
  {
    const file_lock first{file};
    EXPECT_TRUE(first.held());
    EXPECT_FALSE(file_lock{file}.held());
    EXPECT_FALSE(file_lock{file}.held()) << "a failed attempt must not remove the lock";
    EXPECT_TRUE(file_lock{file + "2"}.held());
  }
  EXPECT_TRUE(file_lock{file}.held());
  EXPECT_TRUE(std::filesystem::is_empty(pattern));
  EXPECT_THROW((file_lock{pattern + "/no/such/folder/x"}), std::system_error);
  std::filesystem::remove_all(pattern);
}

TEST(scraper_internals, text_is_cut_between_characters) {
  text_builder text{5};
  text.add("ab\xE2\x82\xAC\xE2\x82\xAC");
  EXPECT_TRUE(text.full());
  text.add(" more");
  EXPECT_EQ(text.take(), "ab\xE2\x82\xAC");
}
