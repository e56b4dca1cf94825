#include <actors/core/ask.hpp>
#include <actors/core/error.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/timeout.hpp>
#include <actors/net/udp_actor.hpp>
#include <tests/net/stream_support.hpp>

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>

#include <gtest/gtest.h>

namespace {

using namespace actors;
using namespace actors::net;
using namespace actors::net::test;

TEST(udp_actor, datagrams_come_and_go_as_messages) {
  run_in_runtime([]() -> task<void> {
    //! [actor]
    const auto server = spawn_udp_actor(co_await bind_udp("127.0.0.1", 0));
    const auto client = spawn_udp_actor(co_await bind_udp("127.0.0.1", 0));
    const auto target = co_await ask<endpoint>(server, local_atom_v);
    co_await ask<void>(client, write_atom_v, std::string{"ping"}, target);
    const auto question = co_await ask<datagram>(server, read_atom_v);
    co_await ask<void>(server, write_atom_v, std::string{"pong"}, question.from());
    const auto answer = co_await ask<datagram>(client, read_atom_v);
    //! [actor]
    EXPECT_EQ(question.data(), "ping");
    EXPECT_EQ(answer, datagram("pong", target, false));
  });
}

TEST(udp_actor, plain_caf_code_can_use_it) {
  runtime rt{runtime_options{}.workers(2)};
  const auto socket = spawn_udp_actor(rt, rt.block_on(bind_udp("127.0.0.1", 0)));
  {
    caf::scoped_actor self{rt.system()};
    const auto fail = [](caf::error& error) { FAIL() << caf::to_string(error); };
    endpoint local;
    self->request(socket.actor(), caf::infinite, local_atom_v).receive([&](const endpoint& at) { local = at; }, fail);
    self->request(socket.actor(), caf::infinite, write_atom_v, std::string{"to myself"}, local).receive([] {}, fail);
    self->request(socket.actor(), caf::infinite, read_atom_v)
        .receive([&](const datagram& got) { EXPECT_EQ(got, datagram("to myself", local, false)); }, fail);
    self->monitor(socket.actor());
    self->request(socket.actor(), caf::infinite, caf::close_atom_v).receive([] {}, fail);
    self->receive([](const caf::down_msg&) {});
  }
  EXPECT_TRUE(rt.stop(10s).empty());
}

TEST(udp_actor, a_caller_that_gives_up_on_a_read_loses_nothing) {
  run_in_runtime([]() -> task<void> {
    const auto socket = spawn_udp_actor(co_await bind_udp("127.0.0.1", 0));
    const auto local = co_await ask<endpoint>(socket, local_atom_v);
    for (int i = 0; i < 5; ++i) {
      bool timed_out = false;
      try {
        static_cast<void>(co_await ask<datagram>(socket, read_atom_v).within(1ms));
      } catch (const timeout_error&) {
        timed_out = true;
      }
      EXPECT_TRUE(timed_out);
    }
    co_await ask<void>(socket, write_atom_v, std::string{"late"}, local);
    EXPECT_EQ((co_await ask<datagram>(socket, read_atom_v)).data(), "late");
  });
}

TEST(udp_actor, errors_travel_as_text_and_reads_end_with_the_socket) {
  run_in_runtime([]() -> task<void> {
    const auto socket = spawn_udp_actor(co_await bind_udp("127.0.0.1", 0));
    const auto local = co_await ask<endpoint>(socket, local_atom_v);
    std::string problem;
    try {
      co_await ask<void>(socket, write_atom_v, std::string(70'000, 'x'), local);
    } catch (const std::exception& e) {
      problem = e.what();
    }
    EXPECT_NE(problem.find("Message too long"), std::string::npos) << problem;
    auto read = [](service_ref from) -> task<bool> {
      try {
        static_cast<void>(co_await ask<datagram>(from, read_atom_v));
      } catch (const std::exception&) {
        co_return true;
      }
      co_return false;
    };
    const auto waiting = spawn(read(socket));
    co_await ask<void>(socket, caf::close_atom_v);
    EXPECT_TRUE(co_await with_timeout(10s, waiting));
  });
}

TEST(udp_actor, what_it_sends_can_travel_to_other_nodes) {
  const auto copy = [](const datagram& value) {
    caf::byte_buffer bytes;
    caf::binary_serializer sink{nullptr, bytes};
    EXPECT_TRUE(sink.apply(value));
    datagram result;
    caf::binary_deserializer source{nullptr, bytes};
    EXPECT_TRUE(source.apply(result));
    return result;
  };
  const datagram four{"data", *endpoint::parse("127.0.0.1:80"), true};
  const datagram six{std::string("\0x", 2), *endpoint::parse("[fe80::1%2]:80"), false};
  EXPECT_EQ(copy(four), four);
  EXPECT_EQ(copy(six), six);
}

} // namespace
