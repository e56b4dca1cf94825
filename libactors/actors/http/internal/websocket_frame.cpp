#include <actors/http/internal/websocket_frame.hpp>

#include <actors/http/internal/spare_of_thread.hpp>

#include <wslay/wslay.h>

#include <array>
#include <bit>
#include <cstring>
#include <new>
#include <span>
#include <utility>

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

/// wslay asks for these when it encodes, which we do not use it for.
ssize_t give_output(const std::uint8_t* /*data*/, std::size_t /*size*/, int /*flags*/, void* /*user*/) noexcept {
  return -1;
}

int give_mask(std::uint8_t* /*out*/, std::size_t /*size*/, void* /*user*/) noexcept {
  return -1;
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

void append_head(std::string& out, const frame_head& head, std::uint64_t size, unsigned mask_bit) {
  const unsigned first =
      (head.fin ? 0x80U : 0U) | static_cast<unsigned>(head.reserved) << 4U | static_cast<unsigned>(head.code);
  out.push_back(static_cast<char>(first));
  int width = 0;
  if (size <= max_control_size) {
    out.push_back(static_cast<char>(mask_bit | static_cast<unsigned>(size)));
  } else {
    width = size > 0xffff ? 8 : 2;
    out.push_back(static_cast<char>(mask_bit | (width == 8 ? 127U : 126U)));
  }
  for (int i = width - 1; i >= 0; --i)
    out.push_back(static_cast<char>(size >> (8 * i)));
}

/// Eight bytes at a time.
void apply_mask(std::span<char> data, std::uint32_t mask) noexcept {
  const std::uint64_t both = std::uint64_t{mask} << 32U | mask;
  std::size_t at = 0;
  for (; at + sizeof both <= data.size(); at += sizeof both) {
    std::uint64_t word = 0;
    std::memcpy(&word, &data[at], sizeof word);
    word ^= both;
    std::memcpy(&data[at], &word, sizeof word);
  }
  const auto bytes = std::bit_cast<std::array<char, sizeof mask>>(mask);
  for (std::size_t i = 0; at < data.size(); ++at, ++i)
    data[at] = static_cast<char>(data[at] ^ bytes[i % bytes.size()]);
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
    context_ = spare_of_thread<std::unique_ptr<context>>::take();
    if (!context_)
      context_ = std::make_unique<context>();
  }
  context_->input = input;
  wslay_frame_iocb frame{};
  const auto result = wslay_frame_recv(context_->wslay.get(), &frame);
  buffered_ += input.size() - context_->input.size();
  input = context_->input;
  if (result == WSLAY_ERR_WANT_READ) {
    // Too much for each connection that is silent.
    if (!in_frame_ && buffered_ == 0)
      spare_of_thread<std::unique_ptr<context>>::give(std::move(context_));
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
  append_head(out, head, payload.size(), 0);
  out.append(payload);
}

void append_masked_frame(std::string& out, const frame_head& head, std::string_view payload, std::uint32_t mask) {
  append_head(out, head, payload.size(), 0x80U);
  out.append(reinterpret_cast<const char*>(&mask), sizeof mask);
  out.append(payload);
  apply_mask(std::span{out}.last(payload.size()), mask);
}

} // namespace actors::http::internal
