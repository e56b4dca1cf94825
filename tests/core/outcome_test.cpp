#include "errors.hpp"

#include <actors/core/outcome.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

namespace {

using actors::outcome;
using core_test::is_a;
using core_test::thrown_by;

} // namespace

TEST(outcome, of_a_task_that_has_not_finished_holds_nothing) {
  outcome<int> empty;
  EXPECT_FALSE(empty.has_value());
  EXPECT_FALSE(empty.has_error());
  EXPECT_FALSE(empty.error());
  EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { static_cast<void>(empty.value()); })));
}

TEST(outcome, holds_a_value) {
  outcome<std::string> result;
  result.set_value(3, 'x');
  EXPECT_TRUE(result);
  EXPECT_FALSE(result.has_error());
  EXPECT_EQ(result.value(), "xxx");
  EXPECT_EQ(std::as_const(result).value(), "xxx");
}

TEST(outcome, holds_an_error_and_throws_it_unchanged) {
  const auto error = std::make_exception_ptr(std::runtime_error("broken"));
  outcome<int> result;
  result.set_error(error);
  EXPECT_FALSE(result);
  EXPECT_TRUE(result.has_error());
  EXPECT_FALSE(result.was_cancelled());
  EXPECT_EQ(result.error(), error);
  EXPECT_EQ(thrown_by([&] { static_cast<void>(result.value()); }), error);
}

TEST(outcome, tells_a_cancellation_from_other_errors) {
  outcome<int> result;
  result.set_error(std::make_exception_ptr(actors::cancelled{"enough"}));
  EXPECT_TRUE(result.has_error());
  EXPECT_TRUE(result.was_cancelled());
}

TEST(outcome, of_void_has_a_value_too) {
  outcome<void> result;
  EXPECT_FALSE(result.has_value());
  result.set_value();
  EXPECT_TRUE(result.has_value());
  EXPECT_EQ(result.value(), std::monostate{});
}

TEST(outcome, gives_up_what_can_only_be_moved) {
  outcome<std::unique_ptr<int>> result;
  result.set_value(std::make_unique<int>(3));
  const std::unique_ptr<int> taken = std::move(result).value();
  EXPECT_EQ(*taken, 3);
}

TEST(outcome, may_hold_an_exception_pointer_as_its_value) {
  outcome<std::exception_ptr> result;
  result.set_value(std::make_exception_ptr(std::runtime_error("a value")));
  EXPECT_TRUE(result.has_value());
  EXPECT_FALSE(result.error());
}
