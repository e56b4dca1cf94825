#include <actors/http/internal/websocket_frame.hpp>

#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/targets.hpp"

#include <actors/core/printable_text.hpp>
#include <actors/http/internal/utf8_checker.hpp>

#include <string>
#include <vector>

using namespace actors::http::internal;

namespace {

struct frame {
  frame_head head;
  bool masked = false;
  std::uint64_t announced = 0;
  std::string payload;
};

struct outcome {
  std::vector<frame> frames; ///< the last may be cut
  bool is_cut = false;
  bool failed = false;
};

outcome decode(const std::vector<std::string_view>& pieces) {
  outcome result;
  frame_decoder decoder;
  for (auto input : pieces)
    for (;;) {
      const auto before = input.size();
      const auto event = decoder.next(input);
      FUZZ_EXPECT(input.size() <= before);
      result.failed = event == frame_event::failed;
      if (result.failed)
        return result;
      if (event == frame_event::more) {
        FUZZ_EXPECT(input.empty());
        break;
      }
      const auto& piece = decoder.piece();
      FUZZ_EXPECT(piece.first != result.is_cut);
      if (piece.first)
        result.frames.push_back({{piece.code, piece.fin, piece.reserved}, piece.masked, piece.payload_size, {}});
      auto& current = result.frames.back();
      current.payload.append(piece.data);
      FUZZ_EXPECT(current.payload.size() <= current.announced);
      FUZZ_EXPECT(piece.last == (current.payload.size() == current.announced));
      result.is_cut = !piece.last;
    }
  return result;
}

bool are_same(const frame& a, const frame& b) {
  return a.head.code == b.head.code && a.head.fin == b.head.fin && a.head.reserved == b.head.reserved &&
         a.masked == b.masked && a.announced == b.announced && a.payload == b.payload;
}

bool are_same(const outcome& a, const outcome& b) {
  if (a.failed != b.failed || a.is_cut != b.is_cut || a.frames.size() != b.frames.size())
    return false;
  for (std::size_t i = 0; i < a.frames.size(); ++i)
    if (!are_same(a.frames[i], b.frames[i]))
      return false;
  return true;
}

void check_frame(const frame& one, std::uint32_t mask) {
  FUZZ_EXPECT(!is_control(one.head.code) || (one.head.fin && one.announced <= max_control_size));
  if (one.payload.size() < one.announced)
    return;
  std::string wire;
  if (one.masked)
    append_masked_frame(wire, one.head, one.payload, mask);
  else
    append_frame(wire, one.head, one.payload);
  const auto again = decode({wire});
  FUZZ_EXPECT(!again.failed && !again.is_cut && again.frames.size() == 1 && are_same(again.frames[0], one));
}

bool is_utf8(const std::vector<std::string_view>& pieces) {
  utf8_checker checker;
  for (const auto piece : pieces)
    if (!checker.feed(piece))
      return false;
  return checker.complete();
}

} // namespace

/// Frames, and UTF-8 in pieces: what they are does not depend on how the bytes were split, and can be written again.
void actors::fuzz::http_websocket_frame(std::string_view input) {
  choices choose{input};
  const auto mask = static_cast<std::uint32_t>(choose.below(256)) * 0x01020304U;
  const auto by_choice = cut_by_choice(input, choose);
  const auto whole = decode({input});
  for (const auto& one : whole.frames)
    check_frame(one, mask);
  const bool is_text = is_utf8({input});
  FUZZ_EXPECT(is_text == !actors::find_invalid_utf8(input));
  for (const auto& pieces : {by_choice, cut_everywhere(input)}) {
    FUZZ_EXPECT(are_same(decode(pieces), whole));
    FUZZ_EXPECT(is_utf8(pieces) == is_text);
  }
}
