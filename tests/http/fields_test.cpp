#include <actors/http/error.hpp>
#include <actors/http/fields.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace actors::http {
namespace {

using std::string_view_literals::operator""sv;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(fields, names_are_compared_without_regard_to_case_and_kept_as_written) {
  fields f;
  f.add("Content-Type", "text/html");
  EXPECT_EQ(f.get("content-type"), "text/html");
  EXPECT_EQ(f.get("CONTENT-TYPE"), "text/html");
  EXPECT_FALSE(f.get("Content-Typ"));
  EXPECT_EQ(f[0].name, "Content-Type");
}

TEST(fields, duplicates_and_order_are_kept) {
  fields f;
  f.add("Set-Cookie", "a=1").add("X", "y").add("set-cookie", "b=2");
  EXPECT_EQ(f.size(), 3U);
  EXPECT_EQ(f.count("Set-Cookie"), 2U);
  EXPECT_THAT(f.get_all("SET-COOKIE"), ElementsAre("a=1", "b=2"));
  EXPECT_EQ(f.wire(), "Set-Cookie: a=1\r\nX: y\r\nset-cookie: b=2\r\n");
}

TEST(fields, set_replaces_the_first_in_its_place_and_removes_the_others) {
  fields f;
  f.add("A", "1").add("B", "2").add("a", "3").add("C", "4");
  f.set("A", "a longer value than before");
  EXPECT_EQ(f.wire(), "A: a longer value than before\r\nB: 2\r\nC: 4\r\n");
  f.set("A", "");
  EXPECT_EQ(f.wire(), "A: \r\nB: 2\r\nC: 4\r\n");
  EXPECT_EQ(f.get("b"), "2");
  EXPECT_EQ(f.get("c"), "4");
  f.set("D", "5");
  EXPECT_EQ(f.get("D"), "5");
  EXPECT_EQ(f.size(), 4U);
}

TEST(fields, copies_stand_for_themselves) {
  fields f;
  f.add("A", "1").add("B", "2");
  fields copy = f;
  copy.set("A", "changed");
  EXPECT_EQ(f.wire(), "A: 1\r\nB: 2\r\n");
  EXPECT_EQ(copy.wire(), "A: changed\r\nB: 2\r\n");
  copy = f;
  EXPECT_EQ(copy, f);
  const auto& same = copy;
  copy = same;
  EXPECT_EQ(copy, f);
  copy = fields{};
  EXPECT_TRUE(copy.empty());
  EXPECT_EQ(copy.add("C", "3").wire(), "C: 3\r\n");
}

TEST(fields, what_was_moved_from_is_empty_and_can_be_used_again) {
  fields f;
  f.add("A", "1");
  fields other = std::move(f);
  EXPECT_EQ(other.wire(), "A: 1\r\n");
  f = fields{}; // NOLINT(bugprone-use-after-move): what is tested
  EXPECT_TRUE(f.empty());
  EXPECT_EQ(f.wire(), "");
  EXPECT_EQ(f.begin(), f.end());
  EXPECT_FALSE(f.get("A"));
  EXPECT_FALSE(f.has_token("A", "1"));
  EXPECT_EQ(f.remove("A"), 0U);
  EXPECT_EQ(f.add("B", "2").wire(), "B: 2\r\n");
}

TEST(fields, the_memory_of_a_section_that_is_gone_serves_the_next_unless_it_is_big) {
  const char* memory = nullptr;
  {
    fields first;
    first.add("Secret", "of the first");
    memory = first.wire().data();
  }
  {
    fields second;
    EXPECT_TRUE(second.empty());
    second.add("B", "2");
    EXPECT_EQ(second.wire().data(), memory);
    EXPECT_EQ(second.wire(), "B: 2\r\n");
    second.add("Big", std::string(100'000, 'x'));
  }
  fields third;
  third.reserve(1, 1);
  EXPECT_EQ(third.add("C", "3").wire(), "C: 3\r\n");
}

TEST(fields, remove_takes_all_of_a_name) {
  fields f;
  f.add("A", "1").add("B", "2").add("a", "3");
  EXPECT_EQ(f.remove("A"), 2U);
  EXPECT_EQ(f.remove("A"), 0U);
  EXPECT_EQ(f.wire(), "B: 2\r\n");
}

TEST(fields, views_into_the_fields_themselves_may_be_passed_in) {
  fields f;
  f.add("A", "a value that is long enough to live outside of the string object");
  for (int i = 0; i < 20; ++i)
    f.add(f[0].name, f[0].value);
  EXPECT_EQ(f.get_all("A").back(), "a value that is long enough to live outside of the string object");
  f.set("B", "2");
  f.set(f[f.size() - 1].name, f[0].value);
  EXPECT_EQ(f.get("B"), f.get("A"));
  f.remove(f[0].name);
  EXPECT_EQ(f.size(), 1U);
}

TEST(fields, spaces_around_a_value_are_dropped) {
  fields f;
  f.set("A", " \t b c \t");
  EXPECT_EQ(f.get("A"), "b c");
}

TEST(fields, names_and_values_that_would_break_out_of_their_line_are_refused) {
  fields f;
  f.add("Keep", "me");
  const auto kind_of = [&](std::string_view name, std::string_view value) {
    errc set = {};
    errc add = {};
    try {
      f.set(name, value);
    } catch (const error& e) {
      set = e.kind();
    }
    try {
      f.add(name, value);
    } catch (const error& e) {
      add = e.kind();
    }
    EXPECT_EQ(set, add);
    return set;
  };
  EXPECT_EQ(kind_of("", "x"), errc::invalid_field_name);
  EXPECT_EQ(kind_of("A B", "x"), errc::invalid_field_name);
  EXPECT_EQ(kind_of("A:", "x"), errc::invalid_field_name);
  EXPECT_EQ(kind_of("A\r\nB", "x"), errc::invalid_field_name);
  EXPECT_EQ(kind_of("\xc3\xa9", "x"), errc::invalid_field_name);
  EXPECT_EQ(kind_of("A", "x\r\nB: y"), errc::invalid_field_value);
  EXPECT_EQ(kind_of("A", "x\n"), errc::invalid_field_value);
  EXPECT_EQ(kind_of("A", "x\ry"), errc::invalid_field_value);
  EXPECT_EQ(kind_of("A", "x\0y"sv), errc::invalid_field_value);
  EXPECT_EQ(kind_of("A", "\x7f"), errc::invalid_field_value);
  EXPECT_EQ(f.wire(), "Keep: me\r\n");
  EXPECT_EQ(kind_of("A", "tab\tand \xc3\xa9"), errc{});
}

TEST(fields, a_list_may_span_fields_and_hold_quoted_commas) {
  fields f;
  f.add("Accept", " text/html;q=0.5 ,, text/plain").add("X", "no").add("accept", "a=\"b, \\\" c\" , d");
  EXPECT_THAT(f.list("Accept"), ElementsAre("text/html;q=0.5", "text/plain", "a=\"b, \\\" c\"", "d"));
  EXPECT_THAT(f.list("Missing"), IsEmpty());
  f.set("Broken", "\"a, b");
  EXPECT_THAT(f.list("Broken"), ElementsAre("\"a, b"));
  f.set("Broken", "\"a\\");
  EXPECT_THAT(f.list("Broken"), ElementsAre("\"a\\"));
}

TEST(fields, has_token_looks_for_a_whole_element) {
  fields f;
  f.add("Connection", "Keep-Alive, Upgrade;x=1");
  EXPECT_TRUE(f.has_token("connection", "keep-alive"));
  EXPECT_TRUE(f.has_token("connection", "upgrade"));
  EXPECT_FALSE(f.has_token("connection", "keep"));
  EXPECT_FALSE(f.has_token("connection", "close"));
}

TEST(fields, wire_form_is_read_back_only_if_it_is_exact) {
  fields f;
  f.add("A", "1").add("B", "");
  fields copy;
  EXPECT_TRUE(copy.assign_wire(std::string{f.wire()}));
  EXPECT_EQ(copy, f);
  for (const auto text : {"A: 1"sv, "A: 1\n"sv, "A:1\r\n"sv, ": 1\r\n"sv, "A : 1\r\n"sv, "A:  1\r\n"sv, "A: 1 \r\n"sv,
                          "A: 1\r\n\r\n"sv, "A: \0\r\n"sv, "A\r\n: 1\r\n"sv, "A: 1\r\r\n"sv, "\r\n"sv})
    EXPECT_FALSE(copy.assign_wire(std::string{text})) << text;
  EXPECT_EQ(copy, f);
  EXPECT_TRUE(copy.assign_wire(""));
  EXPECT_TRUE(copy.empty());
}

TEST(fields, equality_ignores_the_case_of_names_only) {
  EXPECT_EQ(fields{}.add("A", "x"), fields{}.add("a", "x"));
  EXPECT_NE(fields{}.add("A", "x"), fields{}.add("A", "X"));
  EXPECT_NE(fields{}.add("A", "x"), fields{}.add("A", "x").add("B", "y"));
}

TEST(fields, clear_keeps_the_memory) {
  fields f;
  f.add("A", std::string(1000, 'x'));
  const auto* kept = f.wire().data();
  f.clear();
  EXPECT_TRUE(f.empty());
  f.add("B", std::string(900, 'y'));
  EXPECT_EQ(f.wire().data(), kept);
}

TEST(fields, random_changes_agree_with_a_plain_list) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  using list = std::vector<std::pair<char, std::string>>;
  fields f;
  list model;
  for (int round = 0; round < 5'000; ++round) {
    const char key = static_cast<char>('a' + random() % 5);
    const std::string name(1, random() % 2 == 0 ? key : static_cast<char>(key - 32));
    const std::string value(random() % 30, 'v');
    const auto same = [key](const auto& item) { return item.first == key; };
    switch (random() % 5) {
    case 0:
    case 1:
      f.add(name, value);
      model.emplace_back(key, value);
      break;
    case 2: {
      f.set(name, value);
      const auto first = std::find_if(model.begin(), model.end(), same);
      if (first == model.end()) {
        model.emplace_back(key, value);
      } else {
        first->second = value;
        model.erase(std::remove_if(first + 1, model.end(), same), model.end());
      }
      break;
    }
    case 3:
      EXPECT_EQ(f.remove(name), std::erase_if(model, same));
      break;
    default:
      if (random() % 50 == 0) {
        f.clear();
        model.clear();
      }
    }
    ASSERT_EQ(f.size(), model.size());
    for (std::size_t i = 0; i < model.size(); ++i) {
      ASSERT_EQ(f[i].name[0] | 32, model[i].first);
      ASSERT_EQ(f[i].value, model[i].second);
    }
    fields copy;
    ASSERT_TRUE(copy.assign_wire(std::string{f.wire()}));
    ASSERT_EQ(copy, f);
  }
}

} // namespace
} // namespace actors::http
