#include "../core/every_runtime.hpp"

#include <actors/core/log_fields.hpp>
#include <actors/core/printable_text.hpp>
#include <actors/core/span.hpp>
#include <actors/core/spawn.hpp>
#include <actors/observe/log.hpp>
#include <actors/observe/log_json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace {

using actors::log_field;
using actors::log_level;
using actors::log_record;
using actors::task;
using actors::observe::format_log_json;
using actors::observe::log_format;
using actors::observe::log_options;
using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto new_year = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);

log_record record_of(std::string_view component, std::string_view text, std::span<const log_field> fields = {}) {
  return {log_level::warning, component, text, fields, new_year + 12h + 123ms};
}

std::string random_bytes(std::mt19937& random) {
  std::string bytes(random() % 40, '\0');
  for (auto& byte : bytes)
    byte = static_cast<char>(random() % 256);
  return bytes;
}

} // namespace

TEST(log_json, a_record_is_one_object_and_says_only_what_there_is) {
  EXPECT_EQ(format_log_json(record_of("", "plain")),
            R"({"time":"2026-01-01T12:00:00.123Z","level":"warning","text":"plain"})");
  const std::array fields{log_field{"url", "http://a/"}, log_field{"n", "1"}, log_field{"n", "2"}};
  EXPECT_EQ(format_log_json(record_of("web", "a \"quoted\"\nline", fields)),
            R"({"time":"2026-01-01T12:00:00.123Z","level":"warning","component":"web","text":"a \"quoted\"\nline",)"
            R"("fields":{"url":"http://a/","n":"2"}})");
}

TEST(log_json, a_record_of_a_task_says_task_context_and_trace) {
  core_test::in_virtual_time([]() -> task<> {
    auto inside = []() -> task<> {
      const std::array fields{log_field{"own", "1"}, log_field{"both", "record"}};
      const auto line = json::parse(format_log_json(record_of("c", "text", fields)));
      EXPECT_EQ(line.at("fields"), json({{"own", "1"}, {"both", "record"}, {"request", "7"}}));
      EXPECT_EQ(line.at("task"), "worker");
      EXPECT_EQ(line.at("trace_id"), "00000000000000010000000000000002");
      EXPECT_EQ(line.at("span_id"), "0000000000000003");
      co_return;
    };
    actors::log_fields fields;
    fields.add("request", "7").add("both", "context");
    const actors::trace_context trace{actors::trace_id{1, 2}, actors::span_id{3}};
    co_await actors::spawn(actors::with_trace(trace, actors::with_log_fields(fields, inside)),
                           actors::spawn_options{}.name("worker"));
  });
}

TEST(log_json, any_bytes_give_valid_json_in_one_line) {
  std::mt19937 random{11};
  for (int i = 0; i < 20000; ++i) {
    const auto component = random_bytes(random);
    const auto text = random_bytes(random);
    const auto key = random_bytes(random);
    const auto value = random_bytes(random);
    const std::array fields{log_field{key, value}, log_field{value, text}};
    const auto line = format_log_json(record_of(component, text, fields));
    ASSERT_EQ(line.find_first_of("\r\n"), std::string::npos);
    // The parser is strict, about UTF-8 too.
    const auto parsed = json::parse(line, nullptr, false);
    ASSERT_FALSE(parsed.is_discarded()) << line;
    if (actors::find_invalid_utf8(text) == std::nullopt) {
      EXPECT_EQ(parsed.at("text"), text);
    }
  }
}

TEST(log_json, what_is_not_utf8_is_replaced_byte_by_byte_and_the_rest_survives) {
  EXPECT_EQ(json::parse(format_log_json(record_of("", "a\xff\xc3(ä\xed\xa0\x80"))).at("text"),
            "a\uFFFD\uFFFD(ä\uFFFD\uFFFD\uFFFD");
}

TEST(log_json, huge_text_is_cut_with_a_mark) {
  const auto line = format_log_json(record_of("", std::string(1'000'000, 'x')));
  EXPECT_LT(line.size(), 20'000U);
  EXPECT_THAT(json::parse(line).at("text").get<std::string>(), testing::EndsWith("x… (983616 more bytes)"));
}

TEST(log_json, the_sink_of_programs_writes_it_and_its_level_can_be_changed_meanwhile) {
  std::string pattern = (std::filesystem::temp_directory_path() / "log-json-XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  const auto file = std::filesystem::path{pattern} / "log";
  for (const bool asynchronous : {false, true}) {
    const auto sink = actors::observe::make_spdlog_sink(
        log_options{}.console(false).file(file).format(log_format::json).asynchronous(asynchronous));
    EXPECT_EQ(sink->level(), log_level::info);
    sink->write({log_level::debug, "c", "not kept"});
    EXPECT_TRUE(sink->set_level(log_level::trace));
    EXPECT_TRUE(sink->enabled(log_level::trace));
    sink->write({log_level::trace, "c", "kept %v {}"});
    EXPECT_TRUE(sink->set_level(log_level::error));
    sink->write({log_level::warning, "c", "not kept"});
    sink->flush();
  }
  std::ifstream lines{file};
  std::string line;
  int count = 0;
  for (; std::getline(lines, line); ++count) {
    const auto parsed = json::parse(line);
    EXPECT_EQ(parsed.at("text"), "kept %v {}");
    EXPECT_EQ(parsed.at("level"), "trace");
  }
  EXPECT_EQ(count, 2);
  std::filesystem::remove_all(pattern);
}
