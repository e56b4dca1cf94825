#include <actors/core/error.hpp>
#include <actors/core/trace_context.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace {

using actors::span_id;
using actors::trace_context;
using actors::trace_id;

constexpr std::string_view usual = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

std::string many_entries(int count) {
  std::string result;
  for (int i = 0; i < count; ++i)
    result += (i > 0 ? "," : "") + std::string{"k"} + std::to_string(i) + "=v";
  return result;
}

} // namespace

TEST(trace_context, a_traceparent_of_version_00_is_read_and_written_unchanged) {
  const auto context = trace_context::parse(usual, "vendor=abc");
  ASSERT_TRUE(context);
  EXPECT_EQ(context->trace(), (trace_id{0x4bf92f3577b34da6U, 0xa3ce929d0e0e4736U}));
  EXPECT_EQ(context->span(), span_id{0x00f067aa0ba902b7U});
  EXPECT_TRUE(context->sampled());
  EXPECT_EQ(context->state(), "vendor=abc");
  EXPECT_EQ(context->traceparent(), usual);
  EXPECT_EQ(to_string(context->trace()), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(to_string(context->span()), "00f067aa0ba902b7");
}

TEST(trace_context, what_is_not_a_traceparent_is_refused) {
  for (const std::string_view bad : {
           "",
           "00",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-010",
           " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 ",
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00F067AA0BA902B7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0A",
           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
           "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
           "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01",
           "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "FF-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6-a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.x",
       })
    EXPECT_FALSE(trace_context::parse(bad)) << bad;
  std::string with_nul{usual};
  with_nul[10] = '\0';
  EXPECT_FALSE(trace_context::parse(with_nul));
}

TEST(trace_context, a_later_version_is_read_as_far_as_it_is_known) {
  const auto same_length = trace_context::parse("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03");
  ASSERT_TRUE(same_length);
  // Of its flags only the first is sure to mean the same; and it is passed on as the version that is known.
  EXPECT_EQ(same_length->traceparent(), usual);
  const auto longer = trace_context::parse("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-may-come");
  ASSERT_TRUE(longer);
  EXPECT_EQ(longer->traceparent(), usual);
}

TEST(trace_context, flags_that_nobody_has_defined_are_not_passed_on) {
  const auto all = trace_context::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff");
  ASSERT_TRUE(all);
  EXPECT_EQ(all->flags(), trace_context::sampled_flag | trace_context::random_flag);
  const auto not_sampled = trace_context::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-fc");
  ASSERT_TRUE(not_sampled);
  EXPECT_FALSE(not_sampled->sampled());
  EXPECT_EQ(not_sampled->flags(), 0);
}

TEST(trace_context, a_malformed_tracestate_is_dropped_alone) {
  const std::string long_name(257, 'a');
  for (const std::string& bad : std::initializer_list<std::string>{
           "novalue", "=value", "Upper=1", "a=1,a=2", "a=", "a=b=c", "a=\x01", "a=\xc3\xa4", "a b=1", "a@=1", "@b=1",
           "a@1b=1", "a@abcdefghijklmno=1", long_name + "=1", "a=" + long_name, many_entries(33)}) {
    EXPECT_FALSE(actors::is_valid_tracestate(bad)) << bad;
    const auto context = trace_context::parse(usual, bad);
    ASSERT_TRUE(context) << bad;
    EXPECT_EQ(context->state(), "") << bad;
  }
}

TEST(trace_context, a_tracestate_is_passed_on_without_what_means_nothing) {
  EXPECT_EQ(trace_context::parse(usual, "a=1")->state(), "a=1");
  EXPECT_EQ(trace_context::parse(usual, " a=1 ,\t,b@sys=x y ,, 0c=~ ")->state(), "a=1,b@sys=x y,0c=~");
  EXPECT_EQ(trace_context::parse(usual, many_entries(32))->state(), many_entries(32));
  EXPECT_EQ(trace_context::parse(usual, ",, ,")->state(), "");
}

TEST(trace_context, a_tracestate_that_is_too_long_loses_big_entries_first_and_then_the_last) {
  const std::string big = "big=" + std::string(200, 'x');
  const std::string middle(100, 'y');
  const auto state = "a=" + middle + "," + big + ",b=" + middle + ",c=" + middle + ",d=" + middle + ",e=" + middle;
  const auto kept = trace_context::parse(usual, state)->state();
  EXPECT_EQ(kept, "a=" + middle + ",b=" + middle + ",c=" + middle + ",d=" + middle);
  EXPECT_LE(kept.size(), trace_context::longest_state);
}

TEST(trace_context, ids_of_zeros_are_a_misuse) {
  EXPECT_THROW(trace_context(trace_id{}, span_id{1}), actors::misuse_error);
  EXPECT_THROW(trace_context(trace_id{0, 1}, span_id{}), actors::misuse_error);
  EXPECT_THROW(static_cast<void>(trace_context(trace_id{0, 1}, span_id{1}).with_span({})), actors::misuse_error);
}

TEST(trace_context, one_changed_character_gives_nothing_or_another_context_that_is_written_as_it_was_read) {
  std::mt19937 random{7};
  int read = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text{usual};
    text[random() % text.size()] = static_cast<char>(random() % 256);
    const auto context = trace_context::parse(text);
    if (!context)
      continue;
    ++read;
    const auto again = trace_context::parse(context->traceparent());
    ASSERT_TRUE(again) << text;
    EXPECT_EQ(*again, *context) << text;
    EXPECT_EQ(context->traceparent().substr(3, 49), text.substr(3, 49));
  }
  EXPECT_GT(read, 100);
}
