#include "../core/patience.hpp"
#include "rough_clients.hpp"
#include "rough_site.hpp"

#include <actors/core/runtime.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <random>
#include <string>

/// Many requests of clients that behave badly leave nothing behind. For many more see benchmarks/http/soak.cpp.
namespace actors::http::test {
namespace {

/// ACTORS_TEST_SEED, else a new one.
std::uint64_t chosen_seed() {
  const auto* given = std::getenv("ACTORS_TEST_SEED"); // NOLINT(concurrency-mt-unsafe): nothing sets it
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

TEST(soak, nothing_is_left_of_requests_that_break_off_anywhere) {
  const auto seed = chosen_seed();
  std::printf("ACTORS_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
  runtime home{runtime_options{}.workers(2)};
  std::promise<const rough_sites*> started;
  const auto root = home.spawn([&started]() -> task<> {
    rough_sites sites;
    co_await sites.start();
    started.set_value(&sites);
    co_await sites.plain.join();
  });
  auto waiting = started.get_future();
  ASSERT_TRUE(core_test::comes(waiting));
  const auto* const sites = waiting.get();
  const auto now = [&] { return count_leftovers(home, sites->connections()); };
  // The main task, and of each server the one that it is and the one that accepts; they begin when they begin.
  constexpr std::size_t standing = 7;
  ASSERT_TRUE(core_test::becomes_true([&] { return now().tasks == standing; })) << to_string(now());
  auto before = now();
  rough_clients clients{sites->ports(), seed};
  clients.run(100, 4);
  ASSERT_EQ(clients.problem(), "");
  // A worker's reactor opens its descriptors when it has the first connection.
  const auto is_calm = [&] {
    const auto seen = now();
    before.descriptors = seen.descriptors;
    return seen == before;
  };
  ASSERT_TRUE(core_test::becomes_true(is_calm)) << "before: " << to_string(before) << "\nnow: " << to_string(now());
  clients.run(3000, 8);
  EXPECT_EQ(clients.problem(), "");
  leftovers after;
  EXPECT_TRUE(core_test::becomes_true([&] { return (after = now()) == before; }))
      << "before: " << to_string(before) << "\nafter: " << to_string(after);
  EXPECT_GT(clients.counts().answers, 100U);
  EXPECT_GT(clients.counts().cut, 100U);
  EXPECT_GT(clients.counts().reset, 100U);
  EXPECT_GT(clients.counts().websockets, 10U);
  root.cancel();
}

} // namespace
} // namespace actors::http::test
