#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/targets.hpp"

#include <actors/core/printable_text.hpp>
#include <actors/core/run.hpp>
#include <actors/core/runtime_options.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task.hpp>
#include <actors/http/internal/websocket_core.hpp>
#include <actors/http/websocket_error.hpp>
#include <actors/net/error.hpp>
#include <actors/net/stream.hpp>
#include <actors/testing/memory_stream.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace actors;
using namespace actors::http;
using namespace actors::http::internal;

namespace {

constexpr std::size_t max_message = 2000;

/// How one side sees what the other one sends.
struct session {
  websocket_side side = websocket_side::server;
  std::optional<deflate_agreement> deflate;
};

struct heard {
  std::vector<ws_message> messages;
  std::string problem;
  close_status peer;

  [[nodiscard]] friend bool operator==(const heard&, const heard&) = default;
};

task<void> send_pieces(net::stream& to, const std::vector<std::string_view>& pieces) {
  try {
    for (const auto piece : pieces)
      co_await to.write_all(piece);
    to.shutdown_write();
  } catch (const net::net_error&) { // the other side has enough
  }
}

/// What we send must be well-formed, and nothing comes behind a Close.
task<void> take_answers(net::stream& from, const session& how) {
  frame_decoder decoder;
  std::array<char, 512> buffer{};
  bool is_closed = false;
  for (;;) {
    std::size_t size = 0;
    try {
      size = co_await from.read_some(buffer);
    } catch (const net::net_error&) { // it was cut
    }
    if (size == 0)
      co_return;
    std::string_view input{buffer.data(), size};
    for (auto event = decoder.next(input); event != frame_event::more; event = decoder.next(input)) {
      FUZZ_EXPECT(event == frame_event::piece && !is_closed);
      const auto& piece = decoder.piece();
      FUZZ_EXPECT(piece.masked == (how.side == websocket_side::client));
      FUZZ_EXPECT(piece.code == opcode::pong || piece.code == opcode::close);
      is_closed = piece.last && piece.code == opcode::close;
    }
  }
}

task<heard> converse(session how, const std::vector<std::string_view>& pieces) {
  auto ends = actors::testing::make_memory_streams();
  auto options = websocket_options{}.max_message(max_message).max_fragments(10).ping_interval(forever);
  websocket_agreement agreed;
  agreed.deflate = how.deflate;
  auto core = std::make_shared<websocket_core>(std::move(ends.second), how.side, std::move(options), std::move(agreed),
                                               std::string{});
  core->start();
  const auto sending = spawn(send_pieces(*ends.first, pieces));
  const auto taking = spawn(take_answers(*ends.first, how));
  heard result;
  try {
    for (;;) {
      auto message = co_await websocket_core::receive(core);
      if (!message)
        break;
      result.messages.push_back(*std::move(message));
    }
  } catch (const websocket_error& failure) {
    result.problem = to_string(failure.kind());
  }
  result.peer = core->peer_status();
  co_await taking;
  co_await sending;
  co_return result;
}

heard hold(const session& how, const std::vector<std::string_view>& pieces) {
  runtime home{runtime_options{}.clock(clock_kind::virtual_time)};
  heard result;
  home.block_on([&]() -> task<void> { result = co_await converse(how, pieces); });
  return result;
}

} // namespace

/// A whole WebSocket with any peer: what it receives and how it ends does not depend on how the bytes were split.
void actors::fuzz::http_websocket_receive(std::string_view input) {
  choices choose{input};
  session how;
  const auto kind = choose.below(4);
  how.side = kind % 2 == 0 ? websocket_side::server : websocket_side::client;
  if (kind >= 2)
    how.deflate = deflate_agreement{};
  const auto by_choice = cut_by_choice(input, choose, 20);
  const auto whole = hold(how, {input});
  for (const auto& message : whole.messages) {
    FUZZ_EXPECT(message.data().size() <= max_message);
    FUZZ_EXPECT(!message.is_text() || !find_invalid_utf8(message.data()));
  }
  FUZZ_EXPECT(hold(how, by_choice) == whole);
}
