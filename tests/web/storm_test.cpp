#include "in_process.hpp"

#include <actors/core/error.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/wait.hpp>
#include <actors/web/application.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace actors::web::test {

namespace {

/// What has come and gone.
struct tally {
  std::atomic<int> opened = 0;
  std::atomic<int> undone = 0;
  std::atomic<int> destroyed = 0;
  std::atomic<int> promised = 0;
  std::atomic<int> done = 0;
};

class counted {
public:
  explicit counted(tally& in) : in_(&in) { ++in.opened; }

  counted(counted&& other) noexcept : in_(std::exchange(other.in_, nullptr)) {}

  counted& operator=(counted&&) = delete;

  ~counted() {
    if (in_ != nullptr)
      ++in_->destroyed;
  }

private:
  tally* in_;
};

task<provided<counted>> resource(state<tally> in, query<"wait", int> wait) {
  co_await sleep(std::chrono::milliseconds{*wait});
  auto& all = *in;
  co_return provided<counted>{counted{all}, [&all](counted&) -> task<void> {
                                co_await sleep(3ms);
                                ++all.undone;
                              }};
}

task<std::string> work(depends<resource>, state<tally> in, query<"wait", int> wait, background_tasks& later) {
  auto& all = *in;
  ++all.promised;
  later.add([&all]() -> task<void> {
    co_await sleep(7ms);
    ++all.done;
  });
  co_await sleep(std::chrono::milliseconds{*wait});
  co_return std::string(100'000, 'x');
}

/// A client that leaves, or whose server is cancelled, sooner or later.
task<void> rough_client(http::server& server, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  const auto below = [&random](int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); };
  auto streams = testing::make_memory_streams(testing::memory_stream_options{}.buffer(4096));
  auto serving = spawn(server.serve(std::move(streams.second)));
  const auto text = request_text("GET", "/?wait=" + std::to_string(below(100)));
  co_await streams.first->write_all(text);
  const auto manner = below(3);
  if (manner == 0) {
    auto reading = http::test::read_to_end(*streams.first);
    static_cast<void>(co_await std::move(reading));
  } else {
    co_await sleep(std::chrono::milliseconds{below(250)});
    if (manner == 2)
      serving.cancel("enough");
  }
  streams.first->close();
  auto waiting = wait(std::vector{serving});
  static_cast<void>(co_await std::move(waiting));
  if (!serving.result().has_value())
    static_cast<void>(serving.result().error());
}

} // namespace

TEST(storm, of_clients_that_leave_loses_no_teardown_and_no_background_task) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  constexpr int requests = 10'000;
  constexpr int at_once = 100;
  auto all = std::make_shared<tally>();
  application app;
  app.state(all).get("/", work);
  {
    runtime home{
        runtime_options{}.clock(clock_kind::virtual_time).log_to(std::make_shared<http::test::recording_log>())};
    home.block_on([&]() -> task<void> {
      http::server server{app.handler(), http::server_options{}};
      for (int begun = 0; begun < requests; begun += at_once) {
        std::vector<task_handle<void>> clients;
        for (int i = 0; i < at_once; ++i)
          clients.push_back(spawn(rough_client(server, seed + static_cast<unsigned>(begun + i))));
        for (auto& each : clients)
          co_await each;
      }
      co_await app.shutdown(60s);
    });
  }
  EXPECT_GT(all->promised, requests / 4);
  EXPECT_LT(all->promised, requests);
  EXPECT_EQ(all->done, all->promised);
  EXPECT_GE(all->opened, all->promised);
  EXPECT_EQ(all->destroyed, all->opened);
  EXPECT_EQ(all->undone, all->opened);
}

} // namespace actors::web::test
