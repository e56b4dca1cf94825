#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace actors::http::internal {

/// RFC 6455 §5.2.
enum class opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

[[nodiscard]] constexpr bool is_control(opcode value) noexcept {
  return (static_cast<std::uint8_t>(value) & 8U) != 0;
}

/// The first of the reserved bits, as wslay counts them: the message is compressed.
inline constexpr std::uint8_t compressed_bit = 4;

/// The largest payload of a control frame.
inline constexpr std::size_t max_control_size = 125;

/// A piece of a frame as it came; the header is the same for all pieces.
struct frame_piece {
  std::string_view data; // unmasked
  std::uint64_t payload_size = 0;
  opcode code = opcode::continuation;
  std::uint8_t reserved = 0;
  bool fin = false;
  bool masked = false;
  bool first = false; // of its frame
  bool last = false;
};

enum class frame_event : std::uint8_t {
  more,   ///< all input is taken, more is needed
  piece,  ///< `piece()` is there
  failed, ///< the header is malformed
};

/// Incremental parser of frames: bytes in, pieces of frames out. Checks what holds for every frame: lengths in their
/// shortest form, control frames short and whole. Between frames it holds no memory. By wslay, which has a buffer of
/// 4 KiB for each decoder: each thread keeps one that is not used for the next.
class frame_decoder {
public:
  frame_decoder();
  ~frame_decoder();
  frame_decoder(const frame_decoder&) = delete;
  frame_decoder& operator=(const frame_decoder&) = delete;

  /// Takes from the front of `input`.
  [[nodiscard]] frame_event next(std::string_view& input);

  /// On `piece`; valid until the next call.
  [[nodiscard]] const frame_piece& piece() const noexcept { return piece_; }

private:
  struct context;

  std::unique_ptr<context> context_;
  frame_piece piece_;
  std::uint64_t frame_left_ = 0;
  std::uint64_t buffered_ = 0; // taken from the input and not yet part of a piece
  bool in_frame_ = false;
};

struct frame_head {
  opcode code = opcode::text;
  bool fin = true;
  std::uint8_t reserved = 0;
};

/// Appends a frame without a mask, as servers send them.
void append_frame(std::string& out, const frame_head& head, std::string_view payload);

/// Appends a frame with this mask, as clients send them.
void append_masked_frame(std::string& out, const frame_head& head, std::string_view payload, std::uint32_t mask);

} // namespace actors::http::internal
