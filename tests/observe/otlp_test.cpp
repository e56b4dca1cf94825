#include "../core/every_runtime.hpp"

#include <actors/core/sleep.hpp>
#include <actors/core/span.hpp>
#include <actors/observe/otlp.hpp>
#include <tests/support/file_size_limit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace fs = std::filesystem;

using actors::span_id;
using actors::span_record;
using actors::task;
using actors::trace_context;
using actors::trace_id;
using actors::observe::make_otlp_file_sink;
using actors::observe::otlp_options;
using actors::observe::otlp_setup_error;
using nlohmann::json;
using testing::HasSubstr;
using testing::SizeIs;
using testing::ThrowsMessage;
using namespace std::chrono_literals;

class otlp : public ::testing::Test {
protected:
  otlp() {
    std::string pattern = (fs::temp_directory_path() / "otlp-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
      throw std::runtime_error("no folder for the test");
    folder_ = pattern;
  }

  ~otlp() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  [[nodiscard]] fs::path file() const { return folder_ / "traces.jsonl"; }

  [[nodiscard]] static std::vector<json> lines(const fs::path& from) {
    std::vector<json> result;
    std::ifstream in{from};
    for (std::string line; std::getline(in, line);)
      result.push_back(json::parse(line));
    return result;
  }

  /// The spans of all lines.
  [[nodiscard]] static std::vector<json> spans(const fs::path& from) {
    std::vector<json> result;
    for (const auto& line : lines(from))
      for (const auto& span : line.at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans"))
        result.push_back(span);
    return result;
  }

private:
  fs::path folder_;
};

span_record record_of(std::string name) {
  span_record result{trace_context{trace_id{1, 2}, span_id{3}, 1}};
  result.name = std::move(name);
  return result;
}

} // namespace

TEST_F(otlp, a_span_is_written_as_the_encoding_demands) {
  span_record record{trace_context{trace_id{0xab, 2}, span_id{0xcd}, 1, "a=b"}};
  record.parent = span_id{5};
  record.name = "GET";
  record.kind = actors::span_kind::server;
  record.start = std::chrono::system_clock::time_point{1'767'268'800s + 5ns};
  record.end = record.start + 7ns;
  record.attributes.emplace_back("text", "x");
  record.attributes.emplace_back("whole", std::numeric_limits<std::int64_t>::max());
  record.attributes.emplace_back("number", 0.5);
  record.attributes.emplace_back("truth", true);
  record.attributes.emplace_back("nan", std::numeric_limits<double>::quiet_NaN());
  record.events.emplace_back("event", record.start + 1ns, std::vector<actors::span_attribute>{});
  record.status = actors::span_status::error;
  record.status_message = "bad";
  record.dropped_attributes = 9;
  {
    const auto sink = make_otlp_file_sink(otlp_options{file()}.service("shop").resource("service.version", "1.2"));
    sink->write(record);
  }
  const auto expected = json::parse(R"({"resourceSpans":[{
    "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}},
                              {"key":"service.version","value":{"stringValue":"1.2"}}]},
    "scopeSpans":[{"scope":{"name":"libactors"},"spans":[{
      "traceId":"00000000000000ab0000000000000002","spanId":"00000000000000cd","traceState":"a=b",
      "parentSpanId":"0000000000000005","flags":1,"name":"GET","kind":2,
      "startTimeUnixNano":"1767268800000000005","endTimeUnixNano":"1767268800000000012",
      "attributes":[{"key":"text","value":{"stringValue":"x"}},
                    {"key":"whole","value":{"intValue":"9223372036854775807"}},
                    {"key":"number","value":{"doubleValue":0.5}},
                    {"key":"truth","value":{"boolValue":true}},
                    {"key":"nan","value":{"doubleValue":"NaN"}}],
      "droppedAttributesCount":9,
      "events":[{"timeUnixNano":"1767268800000000006","name":"event"}],
      "status":{"code":2,"message":"bad"}}]}]}]})");
  ASSERT_THAT(lines(file()), SizeIs(1));
  EXPECT_EQ(lines(file()).front(), expected);
}

TEST_F(otlp, any_bytes_give_valid_json) {
  std::mt19937 random{3};
  const auto bytes = [&] {
    std::string result(random() % 30, '\0');
    for (auto& byte : result)
      byte = static_cast<char>(random() % 256);
    return result;
  };
  constexpr int count = 2000;
  {
    const auto sink = make_otlp_file_sink(otlp_options{file()}.service(bytes()).queue_size(count));
    for (int i = 0; i < count; ++i) {
      auto record = record_of(bytes());
      record.attributes.emplace_back(bytes(), bytes());
      record.events.emplace_back(bytes(), record.start, std::vector<actors::span_attribute>{});
      record.status = i % 2 == 0 ? actors::span_status::error : actors::span_status::unset;
      record.status_message = bytes();
      sink->write(std::move(record));
    }
  }
  EXPECT_THAT(spans(file()), SizeIs(count));
}

TEST_F(otlp, a_runtime_that_has_ended_has_flushed_its_spans) {
  const auto sink = make_otlp_file_sink(otlp_options{file()});
  core_test::run_in(core_test::virtual_time().trace_to(sink), []() -> task<> {
    for (int i = 0; i < 1000; ++i)
      co_await actors::with_span("step", actors::sleep(1ms));
  });
  EXPECT_THAT(spans(file()), SizeIs(1000));
  EXPECT_EQ(sink->written(), 1000U);
  EXPECT_EQ(sink->dropped(), 0U);
}

TEST_F(otlp, spans_of_many_threads_are_written_or_counted_as_dropped) {
  constexpr std::uint64_t each = 2000;
  std::uint64_t written = 0;
  {
    const auto sink = make_otlp_file_sink(otlp_options{file()}.queue_size(8));
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (std::uint64_t k = 0; k < each; ++k)
          sink->write(record_of("x"));
      });
    for (auto& thread : threads)
      thread.join();
    sink->flush();
    written = sink->written();
    EXPECT_EQ(written + sink->dropped(), 4 * each);
    EXPECT_GT(sink->dropped(), 0U);
  }
  EXPECT_EQ(spans(file()).size(), written);
}

TEST_F(otlp, a_file_that_is_full_makes_room_for_another) {
  {
    const auto sink = make_otlp_file_sink(otlp_options{file()}.max_file_size(65536));
    for (int i = 0; i < 200; ++i) {
      sink->write(record_of(std::string(1000, 'x')));
      sink->flush();
    }
    EXPECT_EQ(sink->written(), 200U);
  }
  EXPECT_LE(fs::file_size(file()), 65536U);
  EXPECT_LE(fs::file_size(file().string() + ".1"), 65536U);
  EXPECT_GT(spans(file()).size() + spans(file().string() + ".1").size(), 50U);
}

TEST_F(otlp, spans_that_a_full_disk_does_not_take_are_counted_as_dropped_and_writing_goes_on_when_there_is_room) {
  const auto sink = make_otlp_file_sink(otlp_options{file()});
  const auto write = [&](int many, const std::string& name) {
    for (int i = 0; i < many; ++i) {
      sink->write(record_of(name));
      sink->flush();
    }
  };
  write(3, "before");
  EXPECT_EQ(sink->written(), 3U);
  const auto size = fs::file_size(file());
  {
    // In the middle of the next line.
    const test_support::file_size_limit full{size + 100};
    write(20, "lost");
    EXPECT_EQ(sink->written(), 3U);
    EXPECT_EQ(sink->dropped(), 20U);
    // Nothing of a line that did not fit stays to spoil the next.
    EXPECT_EQ(fs::file_size(file()), size);
  }
  {
    // Not even its first byte.
    const test_support::file_size_limit full{size};
    write(5, "lost");
    EXPECT_EQ(sink->dropped(), 25U);
  }
  write(4, "after");
  EXPECT_EQ(sink->written(), 7U);
  EXPECT_EQ(sink->dropped(), 25U);
  std::vector<std::string> names;
  for (const auto& span : spans(file()))
    names.push_back(span.at("name").get<std::string>());
  EXPECT_THAT(names, testing::ElementsAre("before", "before", "before", "after", "after", "after", "after"));
}

TEST_F(otlp, a_program_on_a_full_disk_ends_as_any_other) {
  const auto sink = make_otlp_file_sink(otlp_options{file()}.queue_size(16));
  {
    const test_support::file_size_limit full{0};
    core_test::run_in(core_test::virtual_time().trace_to(sink), []() -> task<> {
      for (int i = 0; i < 1000; ++i)
        co_await actors::with_span("step", actors::sleep(1ms));
    });
  }
  EXPECT_EQ(sink->written(), 0U);
  EXPECT_EQ(sink->dropped(), 1000U);
  EXPECT_EQ(fs::file_size(file()), 0U);
}

TEST_F(otlp, options_out_of_range_and_files_that_cannot_be_opened_are_named) {
  EXPECT_THAT([&] { static_cast<void>(make_otlp_file_sink(otlp_options{file()}.queue_size(0))); },
              ThrowsMessage<otlp_setup_error>(HasSubstr("queue: 0")));
  EXPECT_THAT([&] { static_cast<void>(make_otlp_file_sink(otlp_options{file()}.max_file_size(1))); },
              ThrowsMessage<otlp_setup_error>(HasSubstr("size: 1")));
  EXPECT_THAT([] { static_cast<void>(make_otlp_file_sink(otlp_options{"/nowhere/at/all"})); },
              ThrowsMessage<otlp_setup_error>(HasSubstr("/nowhere/at/all")));
  EXPECT_THROW(static_cast<void>(make_otlp_file_sink(otlp_options{"/dev/null"})), otlp_setup_error);
  EXPECT_THROW(static_cast<void>(make_otlp_file_sink(otlp_options{""})), otlp_setup_error);
}
