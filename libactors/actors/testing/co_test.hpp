#pragma once

#include <actors/core/error.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/testing/deterministic.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

/// Coroutines as GoogleTest tests: `CO_TEST(suite, name) { co_await …; }`.
///
/// The body is a `task<>`. It runs in virtual time and under many schedules (`default_seed_count`, that is 100), each
/// in a runtime of its own, up to the first that fails. That seed is in the failure, and `ACTORS_TEST_SEED=n` in the
/// environment runs it alone; `ACTORS_TEST_SEEDS=count` changes how many there are. A body without `co_await` ends with
/// `co_return;`.
///
/// `CO_TEST_F(fixture, name)` has a fixture, of which every schedule gets an object of its own, with its `SetUp` and
/// `TearDown`; they run on the test's thread, the body on a worker.
///
/// `EXPECT_…` works as everywhere. `ASSERT_…` does not compile in a coroutine, because it returns; `CO_ASSERT_EQ` and
/// its like throw instead, which also ends the test when it happens in a task that the body awaits. Code that catches
/// `...` has to let it through. `GTEST_SKIP` is `CO_SKIP`.
///
/// A test fails too if its runtime does not stop in order, if something was logged as a warning or worse (an error that
/// nobody asked for is), and if it waits for what never comes, see deterministic.hpp.
///
/// This header needs GoogleTest; nothing else of the library does. Link `GTest::gtest` yourself.
///
/// @snippet examples/testing.cpp co test
namespace actors::testing::detail {

/// Thrown by `CO_ASSERT_…` when it has noted the failure. Not derived from `std::exception`, so that the code under
/// test does not take it for its own.
struct test_stopped {};

/// Takes the text that was streamed into an assertion, notes the result and ends the test.
class stop_test {
public:
  stop_test(::testing::TestPartResult::Type type, const char* file, int line, const char* message) noexcept
      : type_(type), file_(file), line_(line), message_(message) {}

  // NOLINTNEXTLINE(misc-unconventional-assign-operator): the assignment binds less tightly than the streaming.
  [[noreturn]] void operator=(const ::testing::Message& streamed) const {
    ::testing::internal::AssertHelper{type_, file_, line_, message_} = streamed;
    throw test_stopped{};
  }

private:
  ::testing::TestPartResult::Type type_;
  const char* file_;
  int line_;
  const char* message_;
};

/// Runs a body under one seed and notes what goes wrong.
template <class Self>
void run_co_body(Self& test, std::uint64_t seed, const char* file, int line) {
  std::exception_ptr error;
  try {
    run_deterministic(seed, [&test] { return test.co_body(); });
  } catch (const test_stopped&) {
    error = nullptr; // noted already
  } catch (...) {
    error = std::current_exception();
  }
  if (error)
    ADD_FAILURE_AT(file, line) << describe(error);
  if (::testing::Test::HasFailure())
    ADD_FAILURE_AT(file, line) << "ACTORS_TEST_SEED=" << seed << " runs this schedule again";
}

/// `SetUp` and `TearDown` of a fixture, which may be private in it.
class fixture_access : public ::testing::Test {
public:
  static void set_up(::testing::Test& fixture) { (fixture.*(&fixture_access::SetUp))(); }

  static void tear_down(::testing::Test& fixture) { (fixture.*(&fixture_access::TearDown))(); }
};

/// Base of the class that `CO_TEST_F` makes.
template <class Self, class Fixture>
class co_test : public Fixture {
public:
  // The object that GoogleTest has made serves the first seed.
  void TestBody() override {
    auto* current = static_cast<Self*>(this);
    for (const auto seed : test_seeds(default_seed_count())) {
      if (current != nullptr) {
        run_co_body(*current, seed, Self::co_file, Self::co_line);
        current = nullptr;
      } else {
        Self own;
        fixture_access::set_up(own);
        if (!over())
          run_co_body(own, seed, Self::co_file, Self::co_line);
        fixture_access::tear_down(own);
      }
      if (over())
        return;
    }
  }

private:
  [[nodiscard]] static bool over() { return ::testing::Test::HasFailure() || ::testing::Test::IsSkipped(); }
};

template <class Self, class Fixture>
const ::testing::TestInfo* register_co_test(const char* suite, const char* name) {
  return ::testing::RegisterTest(suite, name, nullptr, nullptr, Self::co_file, Self::co_line,
                                 []() -> Fixture* { return new Self; });
}

} // namespace actors::testing::detail

// NOLINTBEGIN(cppcoreguidelines-macro-usage,bugprone-macro-parentheses)

#define ACTORS_CO_TEST_(suite, name, fixture)                                                        \
  class suite##_##name##_co_test final                                                               \
      : public ::actors::testing::detail::co_test<suite##_##name##_co_test, fixture> {               \
  public:                                                                                            \
    static constexpr const char* co_file = __FILE__;                                                 \
    static constexpr int co_line = __LINE__;                                                         \
    [[nodiscard]] ::actors::task<void> co_body();                                                    \
                                                                                                     \
  private:                                                                                           \
    [[maybe_unused]] static const ::testing::TestInfo* const co_info;                                \
  };                                                                                                 \
  const ::testing::TestInfo* const suite##_##name##_co_test::co_info =                               \
      ::actors::testing::detail::register_co_test<suite##_##name##_co_test, fixture>(#suite, #name); \
  ::actors::task<void> suite##_##name##_co_test::co_body()

/// A test whose body is a coroutine.
#define CO_TEST(suite, name) ACTORS_CO_TEST_(suite, name, ::testing::Test)

/// The same with a fixture, which is also the name of the suite.
#define CO_TEST_F(fixture, name) ACTORS_CO_TEST_(fixture, name, fixture)

#define ACTORS_CO_STOP_AS_(type, message) \
  ::actors::testing::detail::stop_test{type, __FILE__, __LINE__, message} = ::testing::Message()

#define ACTORS_CO_STOP_(message) ACTORS_CO_STOP_AS_(::testing::TestPartResult::kFatalFailure, message)

/// End the test if the condition does not hold. Text may be streamed into them.
#define CO_ASSERT_TRUE(condition) GTEST_TEST_BOOLEAN_(condition, #condition, false, true, ACTORS_CO_STOP_)
#define CO_ASSERT_FALSE(condition) GTEST_TEST_BOOLEAN_(!(condition), #condition, true, false, ACTORS_CO_STOP_)
#define CO_ASSERT_EQ(a, b) GTEST_PRED_FORMAT2_(::testing::internal::EqHelper::Compare, a, b, ACTORS_CO_STOP_)
#define CO_ASSERT_NE(a, b) GTEST_PRED_FORMAT2_(::testing::internal::CmpHelperNE, a, b, ACTORS_CO_STOP_)
#define CO_ASSERT_LT(a, b) GTEST_PRED_FORMAT2_(::testing::internal::CmpHelperLT, a, b, ACTORS_CO_STOP_)
#define CO_ASSERT_LE(a, b) GTEST_PRED_FORMAT2_(::testing::internal::CmpHelperLE, a, b, ACTORS_CO_STOP_)
#define CO_ASSERT_GT(a, b) GTEST_PRED_FORMAT2_(::testing::internal::CmpHelperGT, a, b, ACTORS_CO_STOP_)
#define CO_ASSERT_GE(a, b) GTEST_PRED_FORMAT2_(::testing::internal::CmpHelperGE, a, b, ACTORS_CO_STOP_)

/// The same with a matcher of GoogleMock, whose header the test includes.
#define CO_ASSERT_THAT(value, matcher) \
  GTEST_PRED_FORMAT1_(::testing::internal::MakePredicateFormatterFromMatcher(matcher), value, ACTORS_CO_STOP_)

/// Ends the test with a failure.
#define CO_FAIL() ACTORS_CO_STOP_("Failed")

/// Ends the test as skipped.
#define CO_SKIP() ACTORS_CO_STOP_AS_(::testing::TestPartResult::kSkip, "")

// NOLINTEND(cppcoreguidelines-macro-usage,bugprone-macro-parentheses)
