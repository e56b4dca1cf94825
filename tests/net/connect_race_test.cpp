#include <actors/core/detail/io_worker.hpp>
#include <actors/core/this_task.hpp>
#include <actors/core/timeout.hpp>
#include <actors/net/internal/connect_race.hpp>
#include <actors/net/internal/interleave.hpp>
#include <tests/net/stream_support.hpp>

#include <gtest/gtest.h>

namespace {

using namespace actors;
using namespace actors::net;
using namespace actors::net::test;

endpoint at(const char* address, std::uint16_t port) {
  return endpoint{*ip_address::parse(address), port};
}

task<std::unique_ptr<stream>> race(std::vector<endpoint> targets) {
  auto& context = co_await actors::detail::current_context{};
  auto& home = actors::detail::choose_io_context(context);
  co_return co_await actors::net::internal::connect_to_first(home, std::move(targets), "example.org:80", tcp_options{});
}

/// An endpoint that takes connection attempts and never answers: the queue of its listener is full.
class mute_endpoint {
public:
  static task<std::unique_ptr<mute_endpoint>> create() {
    auto result = std::make_unique<mute_endpoint>();
    result->source_ = co_await listen_tcp("127.0.0.1", 0, listen_options{}.backlog(0));
    const auto target = result->source_->local_endpoint();
    for (;;) {
      try {
        result->fillers_.push_back(co_await with_timeout(50ms, connect_tcp(target)));
      } catch (const timeout_error&) {
        co_return result;
      }
    }
  }

  [[nodiscard]] endpoint local() const { return source_->local_endpoint(); }

private:
  std::unique_ptr<tcp_listener> source_;
  std::vector<std::unique_ptr<stream>> fillers_;
};

TEST(interleave, families_take_turns_beginning_with_the_first) {
  const std::vector<endpoint> input{at("::1", 1), at("::1", 2), at("::1", 3), at("127.0.0.1", 4), at("127.0.0.1", 5)};
  const std::vector<endpoint> expected{at("::1", 1), at("127.0.0.1", 4), at("::1", 2), at("127.0.0.1", 5),
                                       at("::1", 3)};
  EXPECT_EQ(actors::net::internal::interleave_families(input), expected);
  EXPECT_TRUE(actors::net::internal::interleave_families({}).empty());
}

TEST(connect_race, the_second_address_is_tried_when_the_first_refuses) {
  run_in_runtime([]() -> task<void> {
    auto source = co_await listen_tcp("127.0.0.1", 0);
    auto gone = co_await listen_tcp("127.0.0.1", 0);
    std::vector<endpoint> targets{gone->local_endpoint(), source->local_endpoint()};
    gone->close();
    auto connected = co_await race(std::move(targets));
    EXPECT_EQ(connected->peer(), "example.org:80");
    auto accepted = co_await source->accept();
    EXPECT_TRUE(accepted->is_open());
  });
}

TEST(connect_race, the_second_address_is_tried_after_a_quarter_of_a_second_of_silence) {
  run_in_runtime([]() -> task<void> {
    const auto mute = co_await mute_endpoint::create();
    auto source = co_await listen_tcp("127.0.0.1", 0);
    std::vector<endpoint> targets{mute->local(), source->local_endpoint()};
    const auto self = co_await this_task();
    const auto start = self.now();
    auto connected = co_await with_timeout(30s, race(std::move(targets)));
    EXPECT_TRUE(connected->is_open());
    EXPECT_GE(self.now() - start, 250ms);
  });
}

TEST(connect_race, when_all_fail_the_error_lists_every_address) {
  run_in_runtime([]() -> task<void> {
    auto a = co_await listen_tcp("127.0.0.1", 0);
    auto b = co_await listen_tcp("127.0.0.1", 0);
    std::vector<endpoint> targets{a->local_endpoint(), b->local_endpoint()};
    a->close();
    b->close();
    std::string text;
    try {
      static_cast<void>(co_await race(std::move(targets)));
    } catch (const net_error& e) {
      text = e.what();
      EXPECT_EQ(e.code(), std::errc::connection_refused);
    }
    EXPECT_TRUE(text.starts_with("connect to example.org:80: Connection refused (")) << text;
    EXPECT_NE(text.find("connect to " + a->local() + ": Connection refused"), std::string::npos) << text;
    EXPECT_NE(text.find("connect to " + b->local() + ": Connection refused"), std::string::npos) << text;
  });
}

TEST(connect_race, cancelling_ends_all_attempts_at_once) {
  run_in_runtime([]() -> task<void> {
    const auto mute = co_await mute_endpoint::create();
    const std::vector<endpoint> targets(4, mute->local());
    bool timed_out = false;
    try {
      static_cast<void>(co_await with_timeout(600ms, race(targets)));
    } catch (const timeout_error&) {
      timed_out = true;
    }
    EXPECT_TRUE(timed_out);
  });
}

} // namespace
