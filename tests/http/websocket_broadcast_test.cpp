#include "websocket_support.hpp"

#include <actors/core/sleep.hpp>
#include <actors/http/internal/websocket_core.hpp>
#include <actors/http/websocket_room.hpp>
#include <actors/sync/event.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What a broadcast costs: its frame is encoded, and compressed, once for all who get it.
namespace actors::http::test {
namespace {

/// What was written, and where it lay in memory.
struct written_piece {
  std::string bytes;
  const char* from = nullptr;
};

using record = std::vector<written_piece>;

/// A stream that takes everything at once and notes where it came from.
class recording_stream final : public net::stream {
public:
  explicit recording_stream(std::shared_ptr<record> to) : to_(std::move(to)) {}

  task<std::size_t> read_some(std::span<char>) override {
    co_await closed_->wait();
    co_return 0;
  }

  std::optional<std::size_t> try_read_some(std::span<char>) override { return std::nullopt; }

  task<void> write_all(std::string_view data) override {
    static_cast<void>(try_write_some(data));
    co_return;
  }

  std::size_t try_write_some(std::string_view data) override {
    to_->push_back({std::string{data}, data.data()});
    return data.size();
  }

  void shutdown_write() override {}

  void close() noexcept override { closed_->set(); }

  [[nodiscard]] bool is_open() const noexcept override { return !closed_->is_set(); }

  [[nodiscard]] std::string peer() const override { return "record"; }

private:
  std::shared_ptr<record> to_;
  std::shared_ptr<sync::event> closed_ = std::make_shared<sync::event>();
};

websocket recorded(const std::shared_ptr<record>& to, const websocket_options& options, int bits) {
  internal::websocket_agreement agreed;
  if (bits > 0)
    agreed.deflate = internal::deflate_agreement{true, true, bits, 15};
  auto core = std::make_shared<internal::websocket_core>(
      std::make_unique<recording_stream>(to), internal::websocket_side::server, options, agreed, std::string{});
  core->start();
  return websocket{std::move(core)};
}

/// From how many places in memory these members of a room get one message.
task<std::size_t> places_of(std::string text, std::vector<int> bits, std::size_t each) {
  const auto to = std::make_shared<record>();
  websocket_room room;
  std::vector<websocket> members;
  std::vector<websocket_room::membership> memberships;
  const auto options = plain().compression(deflate_options{}.threshold(100).server_context_takeover(true));
  for (const int one : bits) {
    for (std::size_t i = 0; i < each; ++i) {
      members.push_back(recorded(to, options, one));
      memberships.push_back(room.join(members.back().sender()));
    }
  }
  const prepared_message message{ws_message::text(std::move(text))};
  EXPECT_EQ(room.broadcast(message).queued, members.size());
  co_await sleep(1s);
  EXPECT_EQ(to->size(), members.size());
  std::set<const char*> places;
  for (const auto& piece : *to)
    places.insert(piece.from);
  memberships.clear();
  members.clear();
  co_await sleep(10s);
  co_return places.size();
}

TEST(websocket_broadcast, encodes_its_frame_once_for_all) {
  run_virtually([]() -> task<> {
    const std::vector<int> windows{0};
    EXPECT_EQ(co_await places_of("hello", windows, 500), 1U);
  });
}

TEST(websocket_broadcast, compresses_its_frame_once_for_each_window) {
  run_virtually([]() -> task<> {
    const std::string text(1000, 'x');
    const std::vector<int> one{15};
    const std::vector<int> several{0, 10, 15};
    EXPECT_EQ(co_await places_of(text, one, 500), 1U);
    EXPECT_EQ(co_await places_of(text, several, 100), 3U);
    // Too short to be compressed.
    EXPECT_EQ(co_await places_of("hello", several, 100), 1U);
  });
}

} // namespace
} // namespace actors::http::test
