#include "websocket_support.hpp"

#include <actors/core/sleep.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <utility>

// What hostile peers may cost: each of them is bounded by an option or a constant.
namespace actors::http::test {
namespace {

using actors::testing::memory_stream_options;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string goodbye = from_client(8, close_text(1000));
const std::string goodbye_back = from_server(8, close_text(1000));
const std::string too_large = close_text(1009);

constexpr const char* deflate_offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

websocket_options compressing(std::size_t limit) {
  return plain().compression(deflate_options{}.threshold(1'000'000)).max_message(limit);
}

/// The head of a client's frame that announces so many bytes.
std::string announced(unsigned first, std::uint64_t size) {
  std::string head{static_cast<char>(first), '\xff'};
  for (int i = 7; i >= 0; --i)
    head.push_back(static_cast<char>(size >> (8 * i)));
  return head + "maskx"; // with the first byte of what it promises
}

/// A stored block without data, byte-aligned.
std::string empty_blocks(std::size_t count) {
  std::string blocks;
  for (std::size_t i = 0; i < count; ++i)
    blocks.append("\x00\x00\x00\xff\xff", 5);
  return blocks;
}

TEST(websocket_limits, a_length_is_believed_by_nobody) {
  run_virtually([]() -> task<> {
    for (const auto size : {std::uint64_t{1} << 25, std::uint64_t{1} << 62, ~std::uint64_t{0} >> 1}) {
      EXPECT_THAT(co_await echoed(announced(0x82, size)), HasSubstr(too_large)) << size;
      // The same for what is compressed, of which no more can be needed than what it may become.
      const auto packed = announced(0xc2, size);
      EXPECT_THAT(co_await echoed(packed, compressing(1 << 24), deflate_offer), HasSubstr(too_large)) << size;
      const auto second = from_client(2, empty_blocks(1), false, 4) + announced(0x80, size);
      EXPECT_THAT(co_await echoed(second, compressing(1 << 24), deflate_offer), HasSubstr(too_large)) << size;
    }
  });
}

TEST(websocket_limits, compressed_data_that_becomes_nothing_has_an_end) {
  run_virtually([]() -> task<> {
    const auto options = compressing(8000);
    // As much as a message of 8,000 bytes may need.
    EXPECT_EQ(co_await echoed(from_client(1, empty_blocks(1800), true, 4) + goodbye, options, deflate_offer),
              from_server(1, "") + goodbye_back);
    EXPECT_THAT(co_await echoed(from_client(1, empty_blocks(3000), true, 4), options, deflate_offer),
                HasSubstr(too_large));
    std::string fragments = from_client(1, empty_blocks(1), false, 4);
    for (int i = 0; i < 3000; ++i)
      fragments += from_client(0, empty_blocks(1), false);
    EXPECT_THAT(co_await echoed(fragments, options, deflate_offer), HasSubstr(too_large));
    // The next message starts from nothing.
    std::string many;
    for (int i = 0; i < 10; ++i)
      many += from_client(1, empty_blocks(1800), true, 4);
    EXPECT_THAT(co_await echoed(many + goodbye, options, deflate_offer), Not(HasSubstr(too_large)));
  });
}

TEST(websocket_limits, random_data_that_grows_when_compressed_is_no_attack) {
  run_virtually([]() -> task<> {
    // Stored in blocks of one byte, as the worst of compressors would.
    for (const std::size_t size : {1, 10, 100}) {
      std::string blocks;
      for (std::size_t i = 0; i < size; ++i)
        blocks.append("\x00\x01\x00\xfe\xffx", 6);
      blocks.push_back('\0');
      EXPECT_EQ(co_await echoed(from_client(1, blocks, true, 4) + goodbye, compressing(size), deflate_offer),
                from_server(1, std::string(size, 'x')) + goodbye_back);
    }
  });
}

TEST(websocket_limits, empty_fragments_are_counted) {
  run_virtually([]() -> task<> {
    for (const bool compressed : {false, true}) {
      auto options = compressing(1000).max_fragments(5000);
      std::string fragments = from_client(1, "", false, compressed ? 4 : 0);
      for (int i = 0; i < 5000; ++i)
        fragments += from_client(0, "", false);
      EXPECT_THAT(co_await echoed(std::move(fragments), options, deflate_offer), HasSubstr(too_large));
    }
  });
}

TEST(websocket_limits, a_flood_of_pings_that_reads_nothing_queues_a_few_pongs) {
  run_virtually([]() -> task<> {
    constexpr int count = 20'000;
    served echoing{echo, plain().write_timeout(1h), memory_stream_options{}.buffer(1000)};
    static_cast<void>(co_await echoing.open());
    const auto ping = [](int i) { return std::to_string(100'000 + i) + std::string(119, 'x'); };
    for (int i = 0; i < count; ++i)
      co_await echoing.peer().write_all(from_client(9, ping(i)));
    co_await echoing.peer().write_all(goodbye);
    const auto answers = co_await read_to_end(echoing.peer());
    EXPECT_LT(answers.size(), 200 * 127U);
    // The latest is the one that has to be answered (RFC 6455 §5.5.3).
    EXPECT_THAT(answers, HasSubstr(from_server(10, ping(count - 1))));
    EXPECT_THAT(answers, ::testing::EndsWith(goodbye_back));
  });
}

TEST(websocket_limits, a_flood_of_pongs_costs_nothing) {
  run_virtually([]() -> task<> {
    std::string pongs;
    for (int i = 0; i < 10'000; ++i)
      pongs += from_client(10, std::string(125, 'x'));
    EXPECT_EQ(co_await echoed(pongs + from_client(1, "still there") + goodbye),
              from_server(1, "still there") + goodbye_back);
  });
}

TEST(websocket_limits, an_echo_for_a_peer_that_reads_nothing_stops_reading) {
  run_virtually([]() -> task<> {
    served echoing{echo, plain().max_queue(10'000).write_timeout(1h), memory_stream_options{}.buffer(1000)};
    static_cast<void>(co_await echoing.open());
    std::size_t taken = 0;
    const auto flood = spawn([](net::stream& peer, std::size_t& count) -> task<void> {
      for (;; ++count)
        co_await peer.write_all(from_client(2, std::string(992, 'x')));
    }(echoing.peer(), taken));
    co_await sleep(1min);
    EXPECT_LT(taken, 20U);
    flood.cancel();
    echoing.peer().close();
    co_await echoing.serving();
  });
}

TEST(websocket_limits, what_was_to_be_answered_before_a_breach_still_is) {
  run_virtually([]() -> task<> {
    const auto answer = co_await echoed(from_client(1, "fine") + from_client(9, "there?") + from_client(3, "x"));
    EXPECT_THAT(answer, HasSubstr(from_server(1, "fine")));
    EXPECT_THAT(answer, HasSubstr(from_server(10, "there?")));
    EXPECT_THAT(answer, HasSubstr("\x88"));
    EXPECT_THAT(answer, HasSubstr(close_text(1002)));
  });
}

} // namespace
} // namespace actors::http::test
