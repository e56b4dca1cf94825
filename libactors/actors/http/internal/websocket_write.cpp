// The part of websocket_core that encodes and writes; it runs in the pump.

#include <actors/core/timeout.hpp>
#include <actors/http/internal/websocket_core.hpp>
#include <actors/net/error.hpp>

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace actors::http::internal {

namespace {

/// So much is joined into one write.
constexpr std::size_t batch_size = std::size_t{64} * 1024;

/// A write is cut into such pieces, so that a slow peer that does take bytes has time.
constexpr std::size_t write_piece = std::size_t{256} * 1024;

} // namespace

/// What has been written is no longer in the queue, and what waits is encoded.
websocket_core::pump_step websocket_core::take_batch() {
  left_to_write_ = {};
  batch_.clear();
  written_.clear();
  std::vector<std::string> control;
  std::optional<std::string> closing;
  {
    const std::scoped_lock guard{mutex_};
    settle_batch_locked();
    if (ended_ || (queue_.empty() && control_.empty() && (!close_payload_ || close_sent_))) {
      release_idle_memory_locked();
      return std::exchange(rang_, false) || closing_ ? pump_step::look_around : pump_step::wait;
    }
    control.swap(control_);
    std::size_t total = 0;
    while (!queue_.empty() && total < batch_size) {
      total += queue_.front().size() + entry_cost;
      batch_.push_back(queue_.pop_front());
    }
    batch_bytes_ = total;
    if (queue_.empty() && close_payload_ && !close_sent_) {
      closing = *close_payload_;
      batch_closes_ = true;
    }
  }
  for (const auto& frame : control)
    append(static_cast<opcode>(frame.front()), true, 0, std::string_view{frame}.substr(1));
  const bool is_single = control.empty() && batch_.size() == 1 && !closing;
  if (is_single && is_shared_frame(*batch_.front())) {
    // The frame that all get is written from where it is.
    left_to_write_ = shared_frame(*batch_.front());
    return pump_step::write;
  }
  for (const auto& message : batch_)
    encode(*message);
  if (closing)
    append(opcode::close, true, 0, *closing);
  left_to_write_ = written_;
  return pump_step::write;
}

void websocket_core::settle_batch_locked() {
  if (std::exchange(batch_closes_, false))
    close_sent_ = true;
  queued_bytes_ -= std::min(queued_bytes_, std::exchange(batch_bytes_, 0));
  if (room_wanted_ && queued_bytes_ <= options_.max_queue() / 2) {
    room_wanted_ = false;
    has_room_.set();
  }
}

bool websocket_core::compresses(const outgoing_message& message) const {
  return agreed_.deflate && message.size() > 0 && message.size() >= options_.compression()->threshold();
}

/// Whether the message goes as the frame that others get, too.
bool websocket_core::is_shared_frame(const outgoing_message& message) const {
  return message.shared() && side_ == websocket_side::server && options_.fragment_size() == 0;
}

std::string_view websocket_core::shared_frame(const outgoing_message& message) {
  if (!compresses(message))
    return message.frame();
  // Compressed on its own, so what follows must not refer to what was before it.
  if (deflater_)
    deflater_->reset();
  return message.compressed_frame(agreed_.deflate->server_bits, options_.compression()->level());
}

void websocket_core::encode(const outgoing_message& message) {
  if (is_shared_frame(message)) {
    written_.append(shared_frame(message));
    return;
  }
  std::string compressed;
  std::string_view payload = message.data();
  const bool is_compressed = compresses(message);
  if (is_compressed) {
    const auto& deflate = *agreed_.deflate;
    const bool is_server = side_ == websocket_side::server;
    if (!deflater_)
      deflater_ = std::make_unique<message_deflater>(is_server ? deflate.server_bits : deflate.client_bits,
                                                     options_.compression()->level());
    deflater_->compress(payload, compressed);
    if (!keeps_window())
      deflater_->reset();
    payload = compressed;
  }
  const auto limit = options_.fragment_size();
  auto code = message.code();
  std::uint8_t reserved = is_compressed ? compressed_bit : std::uint8_t{0};
  while (limit != 0 && payload.size() > limit) {
    append(code, false, reserved, payload.substr(0, limit));
    payload.remove_prefix(limit);
    code = opcode::continuation;
    reserved = 0;
  }
  append(code, true, reserved, payload);
}

void websocket_core::append(opcode code, bool fin, std::uint8_t reserved, std::string_view payload) {
  const frame_head head{code, fin, reserved};
  if (side_ == websocket_side::server)
    append_frame(written_, head, payload);
  else
    append_masked_frame(written_, head, payload, next_mask());
}

/// Masks must not be guessed by whoever chooses what is sent (RFC 6455 §10.3).
std::uint32_t websocket_core::next_mask() {
  if (masks_left_ == 0) {
    if (::getrandom(masks_.data(), sizeof masks_, 0) != static_cast<ssize_t>(sizeof masks_))
      throw std::system_error(errno, std::system_category(), "random bytes for a WebSocket");
    masks_left_ = masks_.size();
  }
  return masks_.at(--masks_left_);
}

/// True once everything has gone, or nothing more will.
bool websocket_core::write_at_once() {
  try {
    left_to_write_.remove_prefix(stream_->try_write_some(left_to_write_));
  } catch (const net::net_error& error) {
    note_write_failure(websocket_errc::disconnected, error.what());
    return true;
  }
  return left_to_write_.empty();
}

task<void> websocket_core::write_rest() {
  try {
    while (!left_to_write_.empty()) {
      const auto piece = left_to_write_.substr(0, write_piece);
      co_await with_timeout(options_.write_timeout(), stream_->write_all(piece));
      left_to_write_.remove_prefix(piece.size());
    }
  } catch (const timeout_error&) {
    note_write_failure(websocket_errc::slow_reader, "the peer has taken nothing for too long");
  } catch (const net::net_error& error) {
    note_write_failure(websocket_errc::disconnected, error.what());
  }
}

void websocket_core::note_write_failure(websocket_errc kind, std::string_view problem) {
  const std::scoped_lock guard{mutex_};
  if (!closing_)
    set_failure_locked(kind, problem);
  // What the peer has sent before it went may hold its Close: the reader finds out, if there is one.
  closing_ = close_sent_ = failing_ = shut_down_ = true;
  if (!reading_ || kind == websocket_errc::slow_reader)
    ended_ = true;
  queue_.clear();
  control_.clear();
}

bool websocket_core::keeps_window() const {
  return side_ == websocket_side::server ? agreed_.deflate->server_takeover : agreed_.deflate->client_takeover;
}

void websocket_core::release_idle_memory_locked() {
  constexpr std::size_t kept = 1024;
  if (written_.capacity() > kept)
    std::string{}.swap(written_);
  if (batch_.capacity() > 16)
    std::vector<outgoing_ptr>{}.swap(batch_);
  queue_.shrink();
  if (deflater_ && !keeps_window())
    deflater_.reset();
}

} // namespace actors::http::internal
