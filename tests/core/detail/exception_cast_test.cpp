#include <actors/core/detail/exception_cast.hpp>
#include <actors/core/error.hpp>

#include <gtest/gtest.h>

#include <ios>
#include <stdexcept>
#include <string>
#include <vector>

/// Must see what a catch clause sees, or a cancellation is taken for an error.
namespace {

using actors::detail::exception_cast;

struct left {
  virtual ~left() = default;
  int value = 1;
};

struct right {
  virtual ~right() = default;
  int value = 2;
};

struct both : left, right {};

struct hidden_base : private left {};

struct twice_a : right {};

struct twice_b : right {};

struct twice : twice_a, twice_b {};

template <class E>
const E* caught(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const E& e) {
    return &e;
  } catch (...) {
    return nullptr;
  }
}

} // namespace

TEST(exception_cast, finds_the_exact_type) {
  const auto error = std::make_exception_ptr(actors::cancelled{"enough"});
  const auto* const found = exception_cast<actors::cancelled>(error);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->reason(), "enough");
  EXPECT_EQ(found, caught<actors::cancelled>(error));
  EXPECT_EQ(exception_cast<std::exception>(error), nullptr);
}

TEST(exception_cast, finds_bases_as_a_catch_clause_does) {
  const auto error = std::make_exception_ptr(actors::timeout_error{"late"});
  EXPECT_EQ(exception_cast<std::exception>(error), caught<std::exception>(error));
  EXPECT_STREQ(exception_cast<std::exception>(error)->what(), "late");
  EXPECT_NE(exception_cast<std::runtime_error>(error), nullptr);
  EXPECT_EQ(exception_cast<std::logic_error>(error), nullptr);
}

TEST(exception_cast, adjusts_the_address_for_the_second_of_two_bases) {
  const auto error = std::make_exception_ptr(both{});
  ASSERT_NE(exception_cast<right>(error), nullptr);
  EXPECT_EQ(exception_cast<right>(error), caught<right>(error));
  EXPECT_EQ(exception_cast<right>(error)->value, 2);
  EXPECT_EQ(exception_cast<left>(error)->value, 1);
}

TEST(exception_cast, does_not_see_bases_that_a_catch_clause_does_not_see) {
  EXPECT_EQ(exception_cast<left>(std::make_exception_ptr(hidden_base{})), nullptr);
  EXPECT_EQ(exception_cast<right>(std::make_exception_ptr(twice{})), nullptr);
}

TEST(exception_cast, of_no_exception_or_one_that_is_no_class_is_null) {
  EXPECT_EQ(exception_cast<actors::cancelled>(nullptr), nullptr);
  const auto number = std::make_exception_ptr(42);
  EXPECT_EQ(exception_cast<actors::cancelled>(number), nullptr);
  ASSERT_NE(exception_cast<int>(number), nullptr);
  EXPECT_EQ(*exception_cast<int>(number), 42);
  EXPECT_EQ(exception_cast<std::string>(std::make_exception_ptr("text")), nullptr);
}

TEST(exception_cast, finds_what_was_thrown_and_kept_by_others) {
  std::exception_ptr error;
  try {
    static_cast<void>(std::vector<int>{}.at(1));
  } catch (...) {
    error = std::current_exception();
  }
  EXPECT_EQ(exception_cast<std::out_of_range>(error), caught<std::out_of_range>(error));
  EXPECT_EQ(exception_cast<std::ios_base::failure>(error), nullptr);
}
