#include <actors/http/internal/websocket_deflate.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <string>

namespace actors::http::internal {
namespace {

constexpr std::size_t limit = std::size_t{1} << 20;

TEST(message_inflater, takes_as_much_memory_as_the_message) {
  message_deflater deflater{15, 6};
  std::string packed;
  deflater.compress("hello", packed);
  message_inflater inflater{15};
  std::string message;
  EXPECT_EQ(inflater.feed(packed, message, limit), message_inflater::result::ok);
  EXPECT_EQ(inflater.finish(message, limit), message_inflater::result::ok);
  EXPECT_EQ(message, "hello");
  EXPECT_LT(message.capacity(), 100U);
}

TEST(message_deflater, compresses_messages_without_data) {
  message_deflater deflater{15, 6};
  message_inflater inflater{15};
  std::string packed = "before";
  for (const std::string message : {"", "", "hello", "", "hello"}) {
    packed.resize(6);
    deflater.compress(message, packed);
    ASSERT_EQ(packed.substr(0, 6), "before");
    std::string unpacked;
    EXPECT_EQ(inflater.feed(packed.substr(6), unpacked, limit), message_inflater::result::ok);
    EXPECT_EQ(inflater.finish(unpacked, limit), message_inflater::result::ok);
    EXPECT_EQ(unpacked, message);
  }
}

TEST(message_inflater, takes_nothing_for_final_blocks_without_data) {
  std::string blocks;
  for (int i = 0; i < 1000; ++i)
    blocks.append("\x03\x00", 2);
  message_inflater inflater{15};
  std::string message;
  EXPECT_EQ(inflater.feed(blocks, message, limit), message_inflater::result::ok);
  EXPECT_EQ(message, "");
  EXPECT_LT(message.capacity(), 100U);
  // The message goes on behind them.
  message_deflater deflater{15, 6};
  std::string packed;
  deflater.compress("hello", packed);
  EXPECT_EQ(inflater.feed(packed, message, limit), message_inflater::result::ok);
  EXPECT_EQ(inflater.finish(message, limit), message_inflater::result::ok);
  EXPECT_EQ(message, "hello");
}

} // namespace
} // namespace actors::http::internal
