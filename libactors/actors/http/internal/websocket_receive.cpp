// The part of websocket_core that reads.

#include <actors/core/error.hpp>
#include <actors/http/internal/websocket_core.hpp>
#include <actors/net/detail/linger.hpp>
#include <actors/net/error.hpp>

#include <limits>
#include <utility>

namespace actors::http::internal {

namespace {

/// What a silent connection waits with; more is taken when more has come.
constexpr std::size_t small_size = 1024;
constexpr std::size_t big_size = std::size_t{32} * 1024;

/// How much a message of so many bytes may have when it is compressed. What does not compress grows by far less than an
/// eighth, unless it is tiny.
constexpr std::size_t max_packed(std::size_t size) noexcept {
  constexpr std::size_t at_least = 4096;
  constexpr auto most = std::numeric_limits<std::size_t>::max();
  const auto extra = size / 8 + at_least;
  return size > most - extra ? most : size + extra;
}

} // namespace

/// The right to be the one who reads.
class websocket_core::reading_claim {
public:
  explicit reading_claim(websocket_core& core) : core_(&core) {
    const std::scoped_lock guard{core.mutex_};
    held_ = !std::exchange(core.reading_, true);
    // Silence while nobody was listening is none.
    core.heard_.store(true, std::memory_order_relaxed);
  }

  reading_claim(const reading_claim&) = delete;
  reading_claim& operator=(const reading_claim&) = delete;

  ~reading_claim() {
    if (!held_)
      return;
    const std::scoped_lock guard{core_->mutex_};
    core_->reading_ = false;
    if (core_->abandoned_)
      core_->wake_locked();
  }

  [[nodiscard]] bool held() const noexcept { return held_; }

private:
  websocket_core* core_;
  bool held_ = false;
};

// -- what others call ----------------------------------------------------------------------------------------------------

task<std::optional<ws_message>> websocket_core::receive(std::shared_ptr<websocket_core> self) {
  const reading_claim claim{*self};
  if (!claim.held())
    throw misuse_error("two tasks receive from the same WebSocket at once");
  while (!self->reader_done_) {
    const auto next = self->take_apart();
    if (next == progress::message)
      co_return ws_message{self->kind_, std::exchange(self->message_, {})};
    if (next == progress::more) {
      const bool is_filled = co_await self->fill();
      if (!is_filled)
        self->end_reading();
      continue;
    }
    // A server ends the connection as soon as both have said that it is over; a client waits for that.
    if (next == progress::failed || self->side_ == websocket_side::client)
      co_await self->discard_input();
    self->end_reading();
  }
  co_await self->has_ended_.wait();
  {
    const std::scoped_lock guard{self->mutex_};
    if (self->failure_)
      std::rethrow_exception(self->failure_);
  }
  co_return std::nullopt;
}

task<void> websocket_core::close(std::shared_ptr<websocket_core> self, close_status status) {
  self->begin_close(status);
  co_await self->read_to_close();
  co_await self->has_ended_.wait();
}

task<void> websocket_core::read_to_close() {
  const reading_claim claim{*this};
  if (!claim.held())
    co_return;
  while (!reader_done_) {
    const auto next = take_apart();
    if (next == progress::message) {
      message_.clear();
      continue;
    }
    if (next == progress::more) {
      const bool is_filled = co_await fill();
      if (!is_filled)
        end_reading();
      continue;
    }
    if (next == progress::failed || side_ == websocket_side::client)
      co_await discard_input();
    end_reading();
  }
}

// -- the stream ----------------------------------------------------------------------------------------------------------

/// Reads what comes next; false at the end.
task<bool> websocket_core::fill() {
  std::string{}.swap(early_);
  std::optional<std::size_t> size;
  try {
    if (expects_more_) {
      if (!big_buffer_)
        big_buffer_ = std::make_unique_for_overwrite<char[]>(big_size);
      size = stream_->try_read_some({big_buffer_.get(), big_size});
      if (size) {
        input_ = {big_buffer_.get(), *size};
        expects_more_ = *size == big_size;
      }
    }
    if (!size) {
      // A connection that is silent holds no more than this.
      big_buffer_.reset();
      if (!small_buffer_)
        small_buffer_ = std::make_unique_for_overwrite<char[]>(small_size);
      size = co_await stream_->read_some({small_buffer_.get(), small_size});
      input_ = {small_buffer_.get(), *size};
      expects_more_ = *size == small_size;
    }
  } catch (const net::net_error& error) {
    note_end_of_input(&error);
    co_return false;
  }
  heard_.store(true, std::memory_order_relaxed);
  if (*size == 0)
    note_end_of_input(nullptr);
  co_return *size > 0;
}

/// Lets the peer see our Close before the connection goes.
task<void> websocket_core::discard_input() {
  input_ = {};
  co_await net::detail::discard_input(*stream_);
  note_end_of_input(nullptr);
}

void websocket_core::note_end_of_input(const std::exception* error) {
  const std::scoped_lock guard{mutex_};
  input_ended_ = true;
  if (!closing_) {
    std::string problem = "the connection ended without a closing handshake";
    if (error != nullptr)
      problem.append(" (").append(error->what()).append(")");
    set_failure_locked(websocket_errc::disconnected, problem);
  }
  closing_ = true;
  has_room_.set();
  wake_locked();
}

void websocket_core::end_reading() {
  reader_done_ = true;
  big_buffer_.reset();
  std::string{}.swap(message_);
  inflater_.reset();
}

// -- frames --------------------------------------------------------------------------------------------------------------

websocket_core::progress websocket_core::take_apart() {
  for (;;) {
    switch (decoder_.next(input_)) {
    case frame_event::more:
      return progress::more;
    case frame_event::failed:
      fail(close_code::protocol_error, websocket_errc::protocol, "a malformed frame header");
      return progress::failed;
    case frame_event::piece:
      break;
    }
    const auto& piece = decoder_.piece();
    if (piece.first && !begin_frame(piece))
      return progress::failed;
    if (is_control(piece.code)) {
      if (!take_control(piece))
        return progress::failed;
      if (piece.last && piece.code == opcode::close)
        return progress::closed;
      continue;
    }
    if (!take_data(piece))
      return progress::failed;
    if (piece.last && piece.fin)
      return end_message() ? progress::message : progress::failed;
  }
}

bool websocket_core::begin_frame(const frame_piece& piece) {
  const auto refuse = [this](std::string_view problem) {
    return fail(close_code::protocol_error, websocket_errc::protocol, problem);
  };
  if (piece.masked != (side_ == websocket_side::server))
    return refuse(piece.masked ? "a masked frame from a server" : "a frame without a mask from a client");
  const bool is_new = piece.code == opcode::text || piece.code == opcode::binary;
  const bool may_compress = is_new && agreed_.deflate;
  if ((piece.reserved & ~compressed_bit) != 0 || (piece.reserved != 0 && !may_compress))
    return refuse("a reserved bit is set");
  if (is_control(piece.code)) {
    if (piece.code != opcode::close && piece.code != opcode::ping && piece.code != opcode::pong)
      return refuse("an unknown kind of control frame");
    control_data_.clear();
    return true;
  }
  if (!is_new && piece.code != opcode::continuation)
    return refuse("an unknown kind of frame");
  if (is_new == in_message_)
    return refuse(is_new ? "a new message inside of another" : "a continuation without a message");
  if (is_new) {
    in_message_ = true;
    compressed_ = piece.reserved != 0;
    kind_ = piece.code == opcode::text ? ws_kind::text : ws_kind::binary;
    fragments_ = 0;
    packed_left_ = max_packed(options_.max_message());
    message_.clear();
    utf8_.reset();
  }
  if (++fragments_ > options_.max_fragments())
    return fail(close_code::too_large, websocket_errc::too_large, "a message in too many fragments");
  if (compressed_) {
    // Counted as it comes out, too; but there is no end of what becomes nothing.
    if (piece.payload_size > packed_left_)
      return fail(close_code::too_large, websocket_errc::too_large, "a compressed message over the limit");
    packed_left_ -= piece.payload_size;
  } else if (piece.payload_size > options_.max_message() - message_.size()) {
    return fail(close_code::too_large, websocket_errc::too_large, "a message over the limit");
  }
  return true;
}

bool websocket_core::take_data(const frame_piece& piece) {
  const auto before = message_.size();
  if (!compressed_) {
    message_.append(piece.data);
  } else {
    if (!inflater_)
      inflater_ = std::make_unique<message_inflater>(side_ == websocket_side::server ? agreed_.deflate->client_bits
                                                                                     : agreed_.deflate->server_bits);
    auto result = inflater_->feed(piece.data, message_, options_.max_message());
    if (result == message_inflater::result::ok && piece.last && piece.fin)
      result = inflater_->finish(message_, options_.max_message());
    if (result == message_inflater::result::corrupt)
      return fail(close_code::invalid_data, websocket_errc::invalid_data, "compressed data that does not decode");
    if (result == message_inflater::result::too_large)
      return fail(close_code::too_large, websocket_errc::too_large, "a message that decompresses to over the limit");
  }
  if (kind_ == ws_kind::text && !utf8_.feed(std::string_view{message_}.substr(before)))
    return fail(close_code::invalid_data, websocket_errc::invalid_data, "a text that is not UTF-8");
  return true;
}

bool websocket_core::end_message() {
  in_message_ = false;
  if (inflater_) {
    const bool takes_over =
        side_ == websocket_side::server ? agreed_.deflate->client_takeover : agreed_.deflate->server_takeover;
    if (!takes_over)
      inflater_.reset();
  }
  if (kind_ == ws_kind::text && !utf8_.complete())
    return fail(close_code::invalid_data, websocket_errc::invalid_data, "a text that ends inside a character");
  return true;
}

bool websocket_core::take_control(const frame_piece& piece) {
  control_data_.append(piece.data);
  if (!piece.last)
    return true;
  if (piece.code == opcode::close)
    return take_close();
  if (piece.code == opcode::ping) {
    const std::scoped_lock guard{mutex_};
    if (closing_)
      return true;
    if (control_.size() >= max_waiting_control)
      control_.erase(control_.begin());
    control_.push_back(static_cast<char>(opcode::pong) + control_data_);
    wake_locked();
  }
  return true;
}

bool websocket_core::take_close() {
  close_status status{close_code::no_status, {}};
  if (!control_data_.empty()) {
    if (control_data_.size() == 1)
      return fail(close_code::protocol_error, websocket_errc::protocol, "a Close with half of a code");
    const auto high = static_cast<std::uint8_t>(control_data_[0]);
    const auto low = static_cast<std::uint8_t>(control_data_[1]);
    const auto code = static_cast<close_code>(high << 8 | low);
    if (!can_be_sent(code))
      return fail(close_code::protocol_error, websocket_errc::protocol, "a Close with a code that cannot be sent");
    utf8_checker text;
    if (!text.feed(std::string_view{control_data_}.substr(2)) || !text.complete())
      return fail(close_code::invalid_data, websocket_errc::invalid_data, "a Close whose reason is not UTF-8");
    status = close_status{code, control_data_.substr(2)};
  }
  const std::scoped_lock guard{mutex_};
  close_received_ = true;
  peer_status_ = status;
  begin_close_locked(close_status{status.code(), {}});
  return true;
}

/// Fails the connection (RFC 6455 §7.1.7); false, for whoever has found the reason.
bool websocket_core::fail(close_code code, websocket_errc kind, std::string_view problem) {
  const std::scoped_lock guard{mutex_};
  if (!closing_)
    set_failure_locked(kind, problem);
  failing_ = true;
  begin_close_locked(close_status{code, std::string{problem}});
  return false;
}

} // namespace actors::http::internal
