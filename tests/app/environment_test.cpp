#include <actors/app/environment.hpp>

#include <gtest/gtest.h>

#include <cstdlib>

namespace {

TEST(environment, is_a_copy_of_the_process_environment) {
  // NOLINTBEGIN(concurrency-mt-unsafe): there are no other threads here.
  ASSERT_EQ(::setenv("ACTORS_ENVIRONMENT_TEST", "a=b", 1), 0);
  const actors::app::environment variables = actors::app::process_environment();
  ASSERT_EQ(::setenv("ACTORS_ENVIRONMENT_TEST", "changed", 1), 0);
  EXPECT_EQ(actors::app::variable(variables, "ACTORS_ENVIRONMENT_TEST"), "a=b");
  ASSERT_EQ(::unsetenv("ACTORS_ENVIRONMENT_TEST"), 0);
  // NOLINTEND(concurrency-mt-unsafe)
}

TEST(environment, an_unset_variable_is_empty) {
  EXPECT_EQ(actors::app::variable({}, "PATH"), "");
}

} // namespace
