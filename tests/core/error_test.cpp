#include "errors.hpp"

#include <actors/core/error.hpp>

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/error.hpp>
#include <caf/exit_reason.hpp>
#include <caf/sec.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using actors::cancelled;
using actors::describe;
using actors::errc;
using actors::group_error;
using actors::misuse_error;
using actors::remote_error;
using actors::stopping_error;
using actors::timeout_error;
using actors::to_caf_error;
using actors::to_exception;
using core_test::is_a;

template <class Error>
std::exception_ptr there_and_back(Error error) {
  return to_exception(to_caf_error(std::make_exception_ptr(std::move(error))));
}

} // namespace

TEST(error, cancelled_is_no_standard_exception) {
  EXPECT_FALSE((std::is_base_of_v<std::exception, cancelled>));
  EXPECT_TRUE((std::is_base_of_v<std::exception, timeout_error>));
}

TEST(error, known_types_survive_the_way_to_another_actor_and_back) {
  const auto gone = there_and_back(cancelled{"went home"});
  EXPECT_TRUE(is_a<cancelled>(gone));
  EXPECT_EQ(describe(gone), "cancelled: went home");
  const auto late = there_and_back(timeout_error{"after 3 s"});
  EXPECT_TRUE(is_a<timeout_error>(late));
  EXPECT_EQ(describe(late), "after 3 s");
  const auto stopping = there_and_back(stopping_error{"closing time"});
  EXPECT_TRUE(is_a<stopping_error>(stopping));
  EXPECT_EQ(describe(stopping), "closing time");
  const auto misuse = there_and_back(misuse_error{"not like this"});
  EXPECT_TRUE(is_a<misuse_error>(misuse));
  EXPECT_EQ(describe(misuse), "not like this");
}

TEST(error, empty_texts_survive_too) {
  EXPECT_EQ(describe(there_and_back(cancelled{})), "cancelled");
  EXPECT_EQ(describe(there_and_back(timeout_error{})), "timed out");
}

TEST(error, other_exceptions_arrive_as_remote_errors_with_their_text) {
  const auto arrived = there_and_back(std::out_of_range("index 9 of 4"));
  EXPECT_TRUE(is_a<remote_error>(arrived));
  EXPECT_THAT(describe(arrived), testing::HasSubstr("index 9 of 4"));
  EXPECT_EQ(to_caf_error(std::make_exception_ptr(std::out_of_range("x"))), errc::failed);
}

TEST(error, what_is_not_even_an_exception_arrives_too) {
  const auto arrived = there_and_back(42);
  EXPECT_TRUE(is_a<remote_error>(arrived));
  EXPECT_THAT(describe(arrived), testing::HasSubstr("not derived from std::exception"));
}

TEST(error, a_group_error_arrives_with_all_its_texts) {
  const group_error both{
      {std::make_exception_ptr(std::runtime_error("one")), std::make_exception_ptr(std::runtime_error("two"))}};
  EXPECT_STREQ(both.what(), "2 errors in a task group: one; two");
  const auto arrived = there_and_back(both);
  EXPECT_THAT(describe(arrived), testing::HasSubstr("one; two"));
  EXPECT_EQ(to_caf_error(std::make_exception_ptr(both)), errc::group_failed);
}

TEST(error, a_remote_error_that_is_passed_on_stays_what_it_was) {
  const remote_error original{caf::make_error(caf::sec::invalid_argument, "seven")};
  const auto forwarded = to_caf_error(std::make_exception_ptr(original));
  EXPECT_EQ(forwarded, original.error());
  EXPECT_EQ(forwarded, caf::sec::invalid_argument);
}

TEST(error, a_null_pointer_is_a_failure_and_no_error_is_no_exception) {
  EXPECT_EQ(to_caf_error(nullptr), errc::failed);
  EXPECT_FALSE(to_exception(caf::error{}));
  EXPECT_EQ(describe(nullptr), "no error");
}

TEST(error, cafs_own_request_timeout_is_a_timeout_error) {
  EXPECT_TRUE(is_a<timeout_error>(to_exception(caf::make_error(caf::sec::request_timeout))));
  EXPECT_TRUE(is_a<remote_error>(to_exception(caf::make_error(caf::exit_reason::kill))));
}

TEST(error, an_error_of_the_library_with_a_context_of_an_unexpected_type_is_still_understood) {
  const caf::error strange{errc::cancelled, caf::make_message(std::int32_t{4})};
  EXPECT_EQ(describe(to_exception(strange)), "cancelled");
}

TEST(error, a_code_from_a_newer_version_of_the_library_becomes_a_remote_error) {
  const caf::error unknown{static_cast<errc>(200)};
  EXPECT_TRUE(is_a<remote_error>(to_exception(unknown)));
}

TEST(error, codes_have_names_both_ways) {
  for (std::uint8_t i = 0; i <= 7; ++i) {
    errc code{};
    ASSERT_TRUE(actors::from_integer(i, code));
    errc again{};
    EXPECT_TRUE(actors::from_string(to_string(code), again));
    EXPECT_EQ(code, again);
  }
  errc code{};
  EXPECT_FALSE(actors::from_integer(8, code));
  EXPECT_FALSE(actors::from_string("nonsense", code));
  EXPECT_EQ(to_string(static_cast<errc>(99)), "errc(99)");
}

TEST(error, is_cancelled_is_true_for_cancellations_only) {
  EXPECT_TRUE(actors::is_cancelled(std::make_exception_ptr(cancelled{"x"})));
  EXPECT_FALSE(actors::is_cancelled(std::make_exception_ptr(timeout_error{})));
  EXPECT_FALSE(actors::is_cancelled(nullptr));
}

TEST(error, is_read_in_one_thread_and_freed_by_another_without_a_race) {
  std::atomic<bool> was_read = false;
  std::thread reader;
  try {
    throw std::runtime_error{"a text long enough to be stored outside of the exception"};
  } catch (const std::runtime_error&) {
    reader = std::thread{[&was_read, error = std::current_exception()]() mutable {
      EXPECT_THAT(describe(std::exchange(error, nullptr)), ::testing::HasSubstr("outside"));
      was_read.store(true, std::memory_order_relaxed); // says that it is time, and orders nothing
    }};
    while (!was_read.load(std::memory_order_relaxed))
      std::this_thread::yield();
  } // gives up the last reference
  reader.join();
}
