#include <services/scraper/internal/redirect_chains.hpp>

#include <gtest/gtest.h>

#include <string>

using services::scraper::internal::redirect_chains;

TEST(redirect_chains, a_detour_is_fine) {
  redirect_chains chains;
  EXPECT_EQ(chains.add("a", "b"), std::nullopt);
  EXPECT_EQ(chains.add("b", "c"), std::nullopt);
  EXPECT_EQ(chains.add("x", "c"), std::nullopt);
}

TEST(redirect_chains, a_loop_is_named_by_its_way) {
  redirect_chains chains;
  EXPECT_EQ(chains.add("a", "a"), "redirect loop: a -> a");
  EXPECT_EQ(chains.add("b", "c"), std::nullopt);
  EXPECT_EQ(chains.add("c", "d"), std::nullopt);
  EXPECT_EQ(chains.add("d", "b"), "redirect loop: d -> b -> c -> d");
}

TEST(redirect_chains, a_way_into_a_loop_is_no_loop) {
  redirect_chains chains;
  EXPECT_NE(chains.add("a", "a"), std::nullopt);
  EXPECT_EQ(chains.add("x", "a"), std::nullopt);
}

TEST(redirect_chains, an_endless_chain_ends) {
  redirect_chains chains;
  for (std::size_t i = 0; i < redirect_chains::longest; ++i)
    EXPECT_EQ(chains.add(std::to_string(i), std::to_string(i + 1)), std::nullopt) << i;
  EXPECT_EQ(chains.add("10", "11"), "more than 10 redirects in a row, the last to 11");
}

TEST(redirect_chains, many_short_chains_do_not_pile_up) {
  redirect_chains chains;
  for (int i = 0; i < 250'000; ++i)
    ASSERT_EQ(chains.add("from " + std::to_string(i), "to " + std::to_string(i)), std::nullopt);
  EXPECT_EQ(chains.add("a", "a"), "redirect loop: a -> a");
}
