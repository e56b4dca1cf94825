#include <actors/core/error.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/timeout.hpp>
#include <actors/net/udp_socket.hpp>
#include <tests/core/held_pool.hpp>
#include <tests/net/stream_support.hpp>

#include <gtest/gtest.h>

#include <net/if.h>

#include <map>
#include <optional>
#include <set>

namespace {

using namespace actors;
using namespace actors::net;
using namespace actors::net::test;

template <class F>
std::optional<std::string> net_error_of(F call) {
  try {
    call();
  } catch (const net_error& e) {
    return e.what();
  }
  return std::nullopt;
}

TEST(udp_socket, a_question_and_its_answer) {
  run_in_runtime([]() -> task<void> {
    //! [udp]
    auto server = co_await bind_udp("127.0.0.1", 0);
    auto client = co_await bind_udp("127.0.0.1", 0);
    co_await client.send_to("what time is it?", server.local_endpoint());
    const auto question = co_await server.receive();
    co_await server.send_to("late", question.from());
    const auto answer = co_await client.receive();
    //! [udp]
    EXPECT_EQ(question.data(), "what time is it?");
    EXPECT_EQ(question.from(), client.local_endpoint());
    EXPECT_FALSE(question.truncated());
    EXPECT_EQ(answer.data(), "late");
    EXPECT_EQ(answer.from(), server.local_endpoint());
  });
}

TEST(udp_socket, speaks_ipv6_too) {
  run_in_runtime([]() -> task<void> {
    auto server = co_await bind_udp("::1", 0);
    auto client = co_await bind_udp("::1", 0);
    co_await client.send_to("six", server.local_endpoint());
    const auto got = co_await server.receive();
    EXPECT_EQ(got.data(), "six");
    EXPECT_EQ(got.from(), client.local_endpoint());
    EXPECT_TRUE(server.local_endpoint().to_string().starts_with("[::1]:"));
  });
}

TEST(udp_socket, datagrams_keep_their_bounds_from_nothing_to_the_longest) {
  run_in_runtime([]() -> task<void> {
    auto server = co_await bind_udp("127.0.0.1", 0);
    auto client = co_await bind_udp("127.0.0.1", 0);
    constexpr std::size_t longest = 65'507; // 65,535 without the headers of IP and UDP
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{1'400}, longest, std::size_t{0}}) {
      const auto data = pattern(size);
      co_await client.send_to(data, server.local_endpoint());
      const auto got = co_await server.receive();
      EXPECT_EQ(got.data(), data);
      EXPECT_FALSE(got.truncated());
    }
    const std::string too_long(longest + 1, 'x');
    std::error_code code;
    try {
      co_await client.send_to(too_long, server.local_endpoint());
    } catch (const net_error& e) {
      code = e.code();
      EXPECT_EQ(std::string{e.what()}, "send to " + server.local_endpoint().to_string() + ": Message too long");
    }
    EXPECT_EQ(code, std::errc::message_size);
  });
}

TEST(udp_socket, one_longer_than_was_expected_loses_its_end_and_says_so) {
  run_in_runtime([]() -> task<void> {
    auto server = co_await bind_udp("127.0.0.1", 0, udp_options{}.max_datagram(4));
    auto client = co_await bind_udp("127.0.0.1", 0);
    co_await client.send_to("12345", server.local_endpoint());
    co_await client.send_to("1234", server.local_endpoint());
    const auto first = co_await server.receive();
    EXPECT_EQ(first.data(), "1234");
    EXPECT_TRUE(first.truncated());
    const auto second = co_await server.receive();
    EXPECT_EQ(second.data(), "1234");
    EXPECT_FALSE(second.truncated());
  });
}

TEST(udp_socket, a_receive_that_is_cancelled_has_taken_nothing) {
  run_in_runtime([]() -> task<void> {
    auto server = co_await bind_udp("127.0.0.1", 0);
    auto client = co_await bind_udp("127.0.0.1", 0);
    EXPECT_TRUE(co_await core_test::is_cancelled_where_it_waits(server.receive()));
    EXPECT_FALSE(server.try_receive());
    co_await client.send_to("x", server.local_endpoint());
    EXPECT_EQ((co_await server.receive()).data(), "x");
  });
}

TEST(udp_socket, two_receives_at_once_are_a_mistake) {
  run_in_runtime([]() -> task<void> {
    auto server = co_await bind_udp("127.0.0.1", 0);
    const auto first = spawn(server.receive(), spawn_options{}.eager());
    bool refused = false;
    try {
      static_cast<void>(co_await server.receive());
    } catch (const misuse_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
    first.cancel();
  });
}

TEST(udp_socket, closing_ends_the_wait_and_all_that_follows) {
  run_in_runtime([]() -> task<void> {
    auto server = co_await bind_udp("127.0.0.1", 0);
    const auto local = server.local_endpoint();
    auto waiting = spawn(server.receive(), spawn_options{}.eager());
    server.close();
    server.close();
    EXPECT_FALSE(server.is_open());
    std::error_code code;
    try {
      static_cast<void>(co_await std::move(waiting));
    } catch (const net_error& e) {
      code = e.code();
    }
    EXPECT_EQ(code, net::errc::closed);
    EXPECT_EQ(net_error_of([&] { static_cast<void>(server.try_receive()); }),
              "receive on " + local.to_string() + ": closed by this side");
    EXPECT_TRUE(net_error_of([&] { static_cast<void>(server.try_send_to("x", local)); }));
    EXPECT_TRUE(net_error_of([&] { server.connect(local); }));
    EXPECT_TRUE(net_error_of([&] { server.join_group(*ip_address::parse("224.0.0.251")); }));
  });
}

TEST(udp_socket, destroying_it_ends_a_wait_that_still_is_under_way) {
  run_in_runtime([]() -> task<void> {
    std::optional<udp_socket> server{co_await bind_udp("127.0.0.1", 0)};
    auto waiting = spawn(server->receive(), spawn_options{}.eager());
    server.reset();
    bool closed = false;
    try {
      static_cast<void>(co_await std::move(waiting));
    } catch (const net_error& e) {
      closed = e.code() == net::errc::closed;
    }
    EXPECT_TRUE(closed);
  });
}

TEST(udp_socket, connected_it_hears_its_peer_only) {
  run_in_runtime([]() -> task<void> {
    auto server = co_await bind_udp("127.0.0.1", 0);
    auto client = co_await bind_udp("127.0.0.1", 0);
    auto stranger = co_await bind_udp("127.0.0.1", 0);
    client.connect(server.local_endpoint());
    co_await client.send("hello");
    const auto got = co_await server.receive();
    EXPECT_EQ(got.data(), "hello");
    co_await stranger.send_to("psst", client.local_endpoint());
    co_await server.send_to("welcome", got.from());
    EXPECT_EQ((co_await client.receive()).data(), "welcome");
  });
}

TEST(udp_socket, connected_it_learns_that_nobody_is_there) {
  run_in_runtime([]() -> task<void> {
    endpoint nobody;
    {
      const auto gone = co_await bind_udp("127.0.0.1", 0);
      nobody = gone.local_endpoint();
    }
    auto client = co_await bind_udp("127.0.0.1", 0);
    client.connect(nobody);
    co_await client.send("anybody there?");
    std::error_code code;
    try {
      static_cast<void>(co_await with_timeout(10s, client.receive()));
    } catch (const net_error& e) {
      code = e.code();
    }
    EXPECT_EQ(code, std::errc::connection_refused);
  });
}

TEST(udp_socket, sending_without_a_peer_is_an_error) {
  run_in_runtime([]() -> task<void> {
    auto client = co_await bind_udp("127.0.0.1", 0);
    std::error_code code;
    try {
      co_await client.send("to whom?");
    } catch (const net_error& e) {
      code = e.code();
    }
    EXPECT_EQ(code, std::errc::destination_address_required);
  });
}

TEST(udp_socket, many_tasks_may_send_at_once_on_several_workers) {
  run_in_runtime(
      []() -> task<void> {
        auto server = co_await bind_udp("127.0.0.1", 0, udp_options{}.receive_buffer(std::size_t{4} << 20));
        auto client = co_await bind_udp("127.0.0.1", 0);
        constexpr int senders = 8;
        constexpr int each = 20; // few enough for the buffer of a system that gives no more than its default
        auto send = [](udp_socket& from, endpoint to, int number) -> task<void> {
          for (int i = 0; i < each; ++i) {
            const auto text = std::to_string(number * each + i);
            co_await from.send_to(text, to);
          }
        };
        std::vector<task<void>> sends;
        for (int i = 0; i < senders; ++i)
          sends.push_back(send(client, server.local_endpoint(), i));
        co_await gather(std::move(sends));
        std::set<std::string> seen;
        for (int i = 0; i < senders * each; ++i)
          seen.insert((co_await with_timeout(10s, server.receive())).data());
        EXPECT_EQ(seen.size(), static_cast<std::size_t>(senders * each));
      },
      runtime_options{}.workers(2));
}

TEST(udp_socket, a_flood_leaves_other_tasks_of_the_worker_their_turn) {
  run_in_runtime(
      []() -> task<void> {
        auto server = co_await bind_udp("127.0.0.1", 0);
        // Sends itself what it receives, for ever.
        auto flood = [](udp_socket& socket) -> task<void> {
          for (;;) {
            const auto got = co_await socket.receive();
            co_await socket.send_to(got.data(), socket.local_endpoint());
          }
        };
        co_await server.send_to("again", server.local_endpoint());
        co_await server.send_to("again", server.local_endpoint());
        const auto endless = spawn(flood(server));
        co_await settle();
        EXPECT_FALSE(endless.done());
        EXPECT_TRUE(endless.cancel());
      },
      runtime_options{}.workers(1));
}

TEST(udp_socket, a_multicast_group_is_joined_and_left) {
  run_in_runtime([]() -> task<void> {
    const auto loopback = ::if_nametoindex("lo");
    const auto group = *ip_address::parse("239.42.42.42");
    auto member = co_await bind_udp("0.0.0.0", 0);
    member.join_group(group, loopback);
    auto sender = co_await bind_udp("127.0.0.1", 0, udp_options{}.multicast_interface(loopback).multicast_hops(0));
    const endpoint target{group, member.local_endpoint().port()};
    co_await sender.send_to("all", target);
    EXPECT_EQ((co_await with_timeout(10s, member.receive())).data(), "all");
    member.leave_group(group, loopback);
    EXPECT_TRUE(net_error_of([&] { member.leave_group(group, loopback); })) << "it has left already";
    // The options of the other family.
    auto six = co_await bind_udp("::1", 0, udp_options{}.multicast_interface(loopback).multicast_hops(0));
    six.join_group(*ip_address::parse("ff01::4242"), loopback);
    EXPECT_TRUE(net_error_of([&] { six.join_group(*ip_address::parse("2001:db8::1"), loopback); }));
  });
}

TEST(bind_udp, a_port_that_is_taken_is_named_and_can_be_shared) {
  run_in_runtime([]() -> task<void> {
    const auto first = co_await bind_udp("127.0.0.1", 0, udp_options{}.share_port(true));
    const auto port = first.local_endpoint().port();
    std::string text;
    try {
      static_cast<void>(co_await bind_udp("127.0.0.1", port));
    } catch (const net_error& e) {
      text = e.what();
    }
    EXPECT_EQ(text, "bind 127.0.0.1:" + std::to_string(port) + ": Address already in use");
    const auto second = co_await bind_udp("127.0.0.1", port, udp_options{}.share_port(true));
    EXPECT_EQ(second.local_endpoint(), first.local_endpoint());
  });
}

TEST(bind_udp, broadcasting_has_to_be_asked_for) {
  run_in_runtime([]() -> task<void> {
    const endpoint everybody{*ip_address::parse("127.255.255.255"), 9};
    auto modest = co_await bind_udp("127.0.0.1", 0);
    EXPECT_TRUE(net_error_of([&] { static_cast<void>(modest.try_send_to("x", everybody)); }));
    auto loud = co_await bind_udp("127.0.0.1", 0, udp_options{}.broadcast(true));
    EXPECT_TRUE(loud.try_send_to("x", everybody));
  });
}

TEST(bind_udp, is_cancelled_while_it_asks_for_a_name) {
  run_in_runtime(
      []() -> task<void> {
        auto cancel = []() -> task<void> {
          EXPECT_TRUE(co_await core_test::is_cancelled_where_it_waits(bind_udp("localhost", 0)));
        };
        co_await core_test::while_the_pool_is_held(cancel);
        EXPECT_TRUE((co_await bind_udp("localhost", 0)).local_endpoint().address().is_loopback());
      },
      runtime_options{}.workers(1).blocking_threads(1));
}

} // namespace
