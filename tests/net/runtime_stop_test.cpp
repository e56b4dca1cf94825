#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/timeout.hpp>
#include <actors/net/serve.hpp>
#include <actors/net/tcp_listener.hpp>
#include <tests/net/stream_support.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <iterator>
#include <vector>

namespace {

using namespace actors;
using namespace actors::net;
using namespace actors::net::test;

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

/// Accepts for ever; the endpoint is for who wants to connect.
task<void> keep_serving(std::atomic<int>& served, std::promise<endpoint>& where) {
  auto source = co_await listen_tcp("127.0.0.1", 0, listen_options{}.backlog(4096));
  where.set_value(source->local_endpoint());
  const connection_handler handler = [&served](std::unique_ptr<stream> connection) -> task<void> {
    ++served;
    co_await echo(std::move(connection));
  };
  co_await serve(*source, handler);
}

task<void> stay_connected(endpoint target) {
  auto connection = co_await connect_tcp(target);
  static_cast<void>(co_await read_to_end(*connection));
}

task<void> rest() {
  co_await sleep(forever);
}

task<void> until_served(const std::atomic<int>& served, int count) {
  while (served < count)
    co_await sleep(1ms);
}

TEST(runtime_stop, closes_a_thousand_open_connections_among_ten_thousand_waiting_tasks) {
  constexpr int connections = 1'000;
  const auto before = open_descriptors();
  std::atomic<int> served{0};
  std::promise<endpoint> where;
  {
    runtime home{runtime_options{}.workers(2).log_to(make_null_log_sink()).stall_threshold(1h)};
    const auto serving = home.spawn(keep_serving(served, where));
    const auto target = where.get_future().get();
    std::vector<task_handle<>> waiting;
    for (int i = 0; i < 10'000; ++i)
      waiting.push_back(home.spawn(i % 10 == 0 ? stay_connected(target) : rest()));
    home.block_on([&served]() -> task<void> { co_await with_timeout(60s, until_served(served, connections)); });
    EXPECT_GE(open_descriptors() - before, 2 * connections);
    EXPECT_THAT(home.stop(60s), testing::IsEmpty());
    EXPECT_TRUE(serving.done());
    for (const auto& each : waiting)
      ASSERT_TRUE(each.done());
  }
  EXPECT_EQ(open_descriptors(), before);
}

} // namespace
