#include <actors/core/ask.hpp>
#include <actors/core/error.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/timeout.hpp>
#include <actors/net/stream_actor.hpp>
#include <tests/net/stream_support.hpp>

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>

#include <gtest/gtest.h>

namespace {

using namespace actors;
using namespace actors::net;
using namespace actors::net::test;

constexpr std::uint64_t some = 1'000;

task<void> expect_read(service_ref reader, std::string expected) {
  EXPECT_EQ(co_await ask<std::string>(reader, read_atom_v, some), expected);
}

TEST(stream_actor, bytes_go_both_ways_as_messages) {
  run_in_runtime([]() -> task<void> {
    auto s = co_await tcp_pair();
    const auto name = s.client->peer();
    const auto client = spawn_stream_actor(std::move(s.client));
    EXPECT_EQ(co_await ask<std::string>(client, peer_atom_v), name);
    co_await ask<void>(client, write_atom_v, std::string{"ping"});
    EXPECT_EQ(co_await read_exactly(*s.server, 4), "ping");
    co_await s.server->write_all("pong");
    co_await expect_read(client, "pong");
    co_await ask<void>(client, finish_atom_v);
    EXPECT_EQ(co_await read_to_end(*s.server), "");
    s.server->close();
    co_await expect_read(client, "");
  });
}

TEST(stream_actor, plain_caf_code_can_use_it) {
  runtime rt{runtime_options{}.workers(2)};
  auto s = rt.block_on(tcp_pair());
  const auto client = spawn_stream_actor(rt, std::move(s.client));
  const auto server = spawn_stream_actor(rt, std::move(s.server));
  {
    caf::scoped_actor self{rt.system()};
    const auto fail = [](caf::error& error) { FAIL() << caf::to_string(error); };
    self->request(client.actor(), caf::infinite, write_atom_v, std::string{"from caf"}).receive([] {}, fail);
    self->request(server.actor(), caf::infinite, read_atom_v, some)
        .receive([](const std::string& bytes) { EXPECT_EQ(bytes, "from caf"); }, fail);
    self->monitor(client.actor());
    self->request(client.actor(), caf::infinite, caf::close_atom_v).receive([] {}, fail);
    self->receive([](const caf::down_msg&) {});
  }
  EXPECT_TRUE(rt.stop(10s).empty());
}

TEST(stream_actor, reads_and_writes_are_served_in_order) {
  run_in_runtime(
      []() -> task<void> {
        auto s = co_await tcp_pair();
        const auto client = spawn_stream_actor(std::move(s.client));
        const auto server = spawn_stream_actor(std::move(s.server));
        const auto read_one = [](service_ref from) -> task<std::string> {
          co_return co_await ask<std::string>(from, read_atom_v, std::uint64_t{1});
        };
        std::vector<task_handle<std::string>> reads;
        for (int i = 0; i < 26; ++i) {
          reads.push_back(spawn(read_one(server)));
          co_await settle();
        }
        for (char c = 'a'; c <= 'z'; ++c)
          tell(client, write_atom_v, std::string(1, c));
        std::string got;
        for (auto& each : reads)
          got += co_await each;
        EXPECT_EQ(got, "abcdefghijklmnopqrstuvwxyz");
      },
      runtime_options{}.workers(1));
}

TEST(stream_actor, a_caller_that_gives_up_on_a_read_loses_nothing) {
  run_in_runtime([]() -> task<void> {
    auto s = co_await tcp_pair();
    const auto client = spawn_stream_actor(std::move(s.client));
    for (int i = 0; i < 5; ++i) {
      bool timed_out = false;
      try {
        static_cast<void>(co_await ask<std::string>(client, read_atom_v, some).within(1ms));
      } catch (const timeout_error&) {
        timed_out = true;
      }
      EXPECT_TRUE(timed_out);
    }
    co_await s.server->write_all("x");
    co_await expect_read(client, "x");
  });
}

TEST(stream_actor, a_write_given_up_before_its_turn_sends_nothing_and_one_given_up_half_way_makes_further_ones_fail) {
  run_in_runtime([]() -> task<void> {
    auto s = co_await tcp_pair();
    const auto client = spawn_stream_actor(std::move(s.client));
    const auto write = [](service_ref to, std::string data) -> task<void> {
      co_await ask<void>(to, write_atom_v, std::move(data));
    };
    // The peer reads nothing, so the first write fills the buffers of the system and waits.
    std::string large(12'000'000, 'a'); // NOLINT(bugprone-string-constructor): large
    const auto first = spawn(write(client, std::move(large)));
    EXPECT_EQ(co_await read_exactly(*s.server, 1), "a");
    const auto second = spawn(write(client, "never sent"));
    co_await sleep(1ms);
    EXPECT_TRUE(second.cancel("given up"));
    bool second_cancelled = false;
    try {
      co_await second;
    } catch (const cancelled&) {
      second_cancelled = true;
    }
    EXPECT_TRUE(second_cancelled);
    EXPECT_FALSE(first.done());
    EXPECT_TRUE(first.cancel("given up"));
    bool first_cancelled = false;
    try {
      co_await first;
    } catch (const cancelled&) {
      first_cancelled = true;
    }
    EXPECT_TRUE(first_cancelled);
    std::string problem;
    try {
      co_await ask<void>(client, write_atom_v, std::string{"garbage"});
    } catch (const std::exception& e) {
      problem = e.what();
    }
    EXPECT_NE(problem.find("cancelled half-way"), std::string::npos) << problem;
    co_await ask<void>(client, caf::close_atom_v);
    EXPECT_EQ((co_await read_to_end(*s.server)).find_first_not_of('a'), std::string::npos);
  });
}

TEST(stream_actor, a_slow_peer_bounds_what_waits) {
  run_in_runtime([]() -> task<void> {
    auto s = co_await tcp_pair();
    const auto client = spawn_stream_actor(std::move(s.client));
    const auto write = [](service_ref to) -> task<std::string> {
      const std::string block(4'000'000, 'x');
      try {
        co_await ask<void>(to, write_atom_v, block);
      } catch (const std::exception& e) {
        co_return std::string{e.what()};
      }
      co_return std::string{};
    };
    std::vector<task_handle<std::string>> writes;
    for (int i = 0; i < 20; ++i)
      writes.push_back(spawn(write(client)));
    auto reading = spawn([](std::unique_ptr<stream> from) -> task<std::size_t> {
      co_return (co_await read_to_end(*from)).size();
    }(std::move(s.server)));
    std::size_t taken = 0;
    std::size_t refused = 0;
    for (auto& each : writes) {
      const auto error = co_await each;
      if (error.empty())
        ++taken;
      else
        refused += error.find("No buffer space available") != std::string::npos ? 1 : 0;
    }
    EXPECT_GE(taken, 4U);
    EXPECT_EQ(taken + refused, 20U);
    co_await ask<void>(client, caf::close_atom_v);
    EXPECT_EQ(co_await reading, taken * 4'000'000U);
  });
}

TEST(stream_actor, errors_travel_as_text) {
  run_in_runtime([]() -> task<void> {
    auto s = co_await tcp_pair();
    const auto name = s.client->peer();
    const auto client = spawn_stream_actor(std::move(s.client));
    s.server.reset();
    std::string text;
    for (int i = 0; i < 1000 && text.empty(); ++i) {
      try {
        co_await ask<void>(client, write_atom_v, std::string{"x"});
        co_await sleep(1ms);
      } catch (const remote_error& e) {
        text = e.what();
      }
    }
    EXPECT_NE(text.find("write to " + name + ": "), std::string::npos) << text;
  });
}

TEST(stream_actor, it_ends_with_its_parent_and_closes_the_stream) {
  run_in_runtime([]() -> task<void> {
    auto s = co_await tcp_pair();
    auto parent = spawn([](std::unique_ptr<stream> owned) -> task<void> {
      const auto actor = spawn_stream_actor(std::move(owned));
      // A read is under way when the parent ends.
      tell(actor, read_atom_v, some);
      co_await yield();
    }(std::move(s.client)));
    co_await parent;
    EXPECT_EQ(co_await with_timeout(10s, read_to_end(*s.server)), "");
  });
}

} // namespace
