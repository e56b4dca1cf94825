#include "../scripted_server.hpp"

#include <actors/core/error.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/timeout.hpp>
#include <actors/core/wait.hpp>
#include <actors/http/internal/connection_pool.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace actors::http::test {
namespace {

using internal::client_connection;
using internal::connection_pool;
using ::testing::ElementsAre;

std::shared_ptr<connection_pool> make_pool(std::size_t per_host, std::size_t total, duration keep_alive = 15s) {
  return std::make_shared<connection_pool>(connection_pool::limits{per_host, total, keep_alive});
}

/// "Connects" a lease.
void connect(connection_pool::lease& lease) {
  auto ends = testing::make_memory_streams();
  lease.set(std::make_unique<client_connection>(std::move(ends.first), message_limits{}));
}

/// Takes a lease, holds it for a while, and notes its turn.
task<void> use(std::shared_ptr<connection_pool> pool, std::string key, int number, std::vector<int>& order,
               bool keeps = true) {
  auto lease = pool->try_acquire(key);
  if (!lease)
    lease = co_await pool->acquire(key);
  order.push_back(number);
  if (lease.connection() == nullptr)
    connect(lease);
  co_await sleep(1s);
  if (keeps)
    lease.keep();
}

TEST(connection_pool, who_waits_is_served_in_order) {
  run_virtually([]() -> task<> {
    for (const bool keeps : {true, false}) {
      const auto pool = make_pool(2, 100);
      std::vector<int> order;
      std::vector<task_handle<void>> users;
      for (int i = 0; i < 8; ++i) {
        users.push_back(spawn(use(pool, "http://a", i, order, keeps)));
        co_await sleep(1ms);
      }
      EXPECT_EQ(pool->open_count(), 2U);
      EXPECT_EQ(pool->waiting_count(), 6U);
      const auto begun = co_await now();
      co_await wait(users);
      EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
      EXPECT_LT(co_await now() - begun, 4s);
      EXPECT_EQ(pool->open_count(), keeps ? 2U : 0U);
      EXPECT_EQ(pool->waiting_count(), 0U);
    }
  });
}

TEST(connection_pool, the_limit_on_all_makes_room_by_closing_the_idle_connection_used_longest_ago) {
  run_virtually([]() -> task<> {
    const auto pool = make_pool(2, 2);
    std::vector<int> order;
    co_await use(pool, "http://a", 1, order);
    co_await use(pool, "http://b", 2, order);
    EXPECT_EQ(pool->idle_count(), 2U);
    co_await use(pool, "http://c", 3, order);
    EXPECT_EQ(pool->open_count(), 2U);
    EXPECT_TRUE(pool->try_acquire("http://b").reused());
    EXPECT_FALSE(pool->try_acquire("http://a").reused());
  });
}

TEST(connection_pool, the_limit_on_all_holds_across_hosts) {
  run_virtually([]() -> task<> {
    const auto pool = make_pool(5, 2);
    std::vector<int> order;
    std::vector<task_handle<void>> users;
    for (int i = 0; i < 6; ++i) {
      users.push_back(spawn(use(pool, "http://" + std::to_string(i), i, order)));
      co_await sleep(1ms);
    }
    EXPECT_EQ(pool->open_count(), 2U);
    co_await wait(users);
    EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4, 5));
    EXPECT_EQ(pool->open_count(), 2U);
  });
}

TEST(connection_pool, a_waiting_task_that_is_cancelled_loses_no_connection) {
  run_virtually([]() -> task<> {
    const auto pool = make_pool(1, 1);
    std::vector<int> order;
    auto first = spawn(use(pool, "http://a", 1, order));
    co_await sleep(1ms);
    auto second = spawn(use(pool, "http://a", 2, order));
    auto third = spawn(use(pool, "http://a", 3, order));
    co_await sleep(1ms);
    second.cancel();
    const std::vector awaited{first, second, third};
    co_await wait(awaited);
    EXPECT_THAT(order, ElementsAre(1, 3));
    EXPECT_EQ(pool->waiting_count(), 0U);
    EXPECT_EQ(pool->idle_count(), 1U);
  });
}

TEST(connection_pool, idle_connections_are_closed_when_their_time_is_over) {
  run_virtually([]() -> task<> {
    const auto pool = make_pool(4, 4);
    std::vector<int> order;
    co_await use(pool, "http://a", 1, order);
    co_await sleep(10s);
    co_await use(pool, "http://b", 2, order);
    EXPECT_EQ(pool->idle_count(), 2U);
    co_await sleep(6s);
    EXPECT_EQ(pool->idle_count(), 1U);
    co_await sleep(10s);
    EXPECT_EQ(pool->idle_count(), 0U);
    EXPECT_EQ(pool->open_count(), 0U);
    co_await use(pool, "http://a", 3, order);
    EXPECT_EQ(pool->idle_count(), 1U);
    co_await sleep(16s);
    EXPECT_EQ(pool->idle_count(), 0U);
  });
}

TEST(connection_pool, without_a_keep_alive_time_nothing_is_kept) {
  run_virtually([]() -> task<> {
    const auto pool = make_pool(4, 4, duration::zero());
    std::vector<int> order;
    co_await use(pool, "http://a", 1, order);
    EXPECT_EQ(pool->open_count(), 0U);
  });
}

TEST(connection_pool, idle_connections_are_closed_when_the_runtime_stops) {
  const auto pool = make_pool(4, 4);
  {
    runtime home{runtime_options{}.workers(1)};
    std::vector<int> order;
    home.block_on(use(pool, "http://a", 1, order));
    EXPECT_EQ(pool->idle_count(), 1U);
  }
  EXPECT_EQ(pool->idle_count(), 0U);
}

TEST(client_pool, requests_beyond_the_limit_wait_and_give_up_at_the_total_timeout) {
  run_virtually([]() -> task<> {
    scripted_server peer{{[](net::stream& s) -> task<void> {
      static_cast<void>(co_await read_until(s, "\r\n\r\n"));
      co_await sleep(50s);
      co_await s.write_all("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
      static_cast<void>(co_await read_to_end(s));
    }}};
    const auto web =
        peer.make_client(client_options{}.max_connections_per_host(1).total_timeout(60s).idle_timeout(forever));
    auto first = spawn(kind_of(web.get("http://x/")));
    co_await sleep(1ms);
    std::string what;
    const auto begun = co_await now();
    auto second = spawn(kind_of(with_timeout(20s, web.get("http://x/"))));
    auto third = spawn(kind_of(web.get("http://x/"), &what));
    const std::vector awaited{first, second, third};
    co_await wait(awaited);
    EXPECT_EQ(first.result().value(), "none");
    EXPECT_TRUE(second.result().has_error());
    EXPECT_EQ(third.result().value(), "timeout");
    EXPECT_EQ(co_await now() - begun, 60s);
    EXPECT_EQ(peer.connections(), 1U);
  });
}

TEST(client_pool, a_client_without_room_for_a_connection_is_misuse) {
  EXPECT_THROW(client{client_options{}.max_connections(0)}, misuse_error);
  EXPECT_THROW(client{client_options{}.max_connections_per_host(0)}, misuse_error);
}

} // namespace
} // namespace actors::http::test
