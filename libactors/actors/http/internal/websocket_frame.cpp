#include <actors/http/internal/websocket_frame.hpp>

#include <wslay/wslay.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <stdexcept>

namespace actors::http::internal {

namespace {

/// The bytes of a header, which has its length in the shortest form.
std::uint64_t header_size(std::uint64_t payload_size, bool masked) noexcept {
  std::uint64_t size = 2;
  if (payload_size > 0xffff)
    size += 8;
  else if (payload_size > max_control_size)
    size += 2;
  return masked ? size + 4 : size;
}

ssize_t take_input(std::uint8_t* out, std::size_t room, int /*flags*/, void* user) noexcept {
  auto& input = *static_cast<std::string_view*>(user);
  if (input.empty())
    return -1; // would block
  const auto size = input.copy(reinterpret_cast<char*>(out), room);
  input.remove_prefix(size);
  return static_cast<ssize_t>(size);
}

struct frame_target {
  std::string* out;
  std::uint32_t mask;
};

ssize_t give_output(const std::uint8_t* data, std::size_t size, int /*flags*/, void* user) {
  static_cast<frame_target*>(user)->out->append(reinterpret_cast<const char*>(data), size);
  return static_cast<ssize_t>(size);
}

int give_mask(std::uint8_t* out, std::size_t size, void* user) noexcept {
  const auto& target = *static_cast<const frame_target*>(user);
  std::memcpy(out, &target.mask, std::min(size, sizeof target.mask));
  return 0;
}

class wslay_context {
public:
  explicit wslay_context(void* user) {
    const wslay_frame_callbacks callbacks{give_output, take_input, give_mask};
    if (wslay_frame_context_init(&context_, &callbacks, user) != 0)
      throw std::bad_alloc{};
  }

  wslay_context(const wslay_context&) = delete;
  wslay_context& operator=(const wslay_context&) = delete;

  ~wslay_context() { wslay_frame_context_free(context_); }

  [[nodiscard]] wslay_frame_context_ptr get() const noexcept { return context_; }

private:
  wslay_frame_context_ptr context_ = nullptr;
};

void append(std::string& out, const frame_head& head, std::string_view payload, bool masked, std::uint32_t mask) {
  out.reserve(out.size() + payload.size() + header_size(payload.size(), masked));
  frame_target target{&out, mask};
  const wslay_context context{&target};
  wslay_frame_iocb frame{};
  frame.fin = head.fin ? 1 : 0;
  frame.rsv = head.reserved;
  frame.opcode = static_cast<std::uint8_t>(head.code);
  frame.payload_length = payload.size();
  frame.mask = masked ? 1 : 0;
  frame.data = reinterpret_cast<const std::uint8_t*>(payload.data());
  frame.data_length = payload.size();
  for (;;) {
    const auto sent = wslay_frame_send(context.get(), &frame);
    if (sent < 0)
      throw std::logic_error("a WebSocket frame cannot be encoded");
    frame.data += sent;
    frame.data_length -= static_cast<std::size_t>(sent);
    if (frame.data_length == 0)
      return;
  }
}

} // namespace

struct frame_decoder::context {
  std::string_view input;
  wslay_context wslay{&input};
};

frame_decoder::frame_decoder() = default;
frame_decoder::~frame_decoder() = default;

frame_event frame_decoder::next(std::string_view& input) {
  if (!context_) {
    if (input.empty())
      return frame_event::more;
    context_ = std::make_unique<context>();
  }
  context_->input = input;
  wslay_frame_iocb frame{};
  const auto result = wslay_frame_recv(context_->wslay.get(), &frame);
  buffered_ += input.size() - context_->input.size();
  input = context_->input;
  if (result == WSLAY_ERR_WANT_READ) {
    // wslay's buffer is 4 KiB, too much for each connection that is silent.
    if (!in_frame_ && buffered_ == 0)
      context_.reset();
    return frame_event::more;
  }
  if (result < 0)
    return frame_event::failed;
  piece_.first = !in_frame_;
  if (piece_.first) {
    piece_.code = static_cast<opcode>(frame.opcode);
    piece_.reserved = frame.rsv;
    piece_.fin = frame.fin != 0;
    piece_.masked = frame.mask != 0;
    piece_.payload_size = frame.payload_length;
    frame_left_ = frame.payload_length;
    buffered_ -= header_size(frame.payload_length, piece_.masked);
  }
  piece_.data = {reinterpret_cast<const char*>(frame.data), frame.data_length};
  buffered_ -= frame.data_length;
  frame_left_ -= frame.data_length;
  piece_.last = frame_left_ == 0;
  in_frame_ = !piece_.last;
  return frame_event::piece;
}

void append_frame(std::string& out, const frame_head& head, std::string_view payload) {
  append(out, head, payload, false, 0);
}

void append_masked_frame(std::string& out, const frame_head& head, std::string_view payload, std::uint32_t mask) {
  append(out, head, payload, true, mask);
}

} // namespace actors::http::internal
