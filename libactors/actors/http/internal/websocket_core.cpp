#include <actors/http/internal/websocket_core.hpp>

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/detail/io_worker.hpp>
#include <actors/core/error.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/timeout.hpp>
#include <actors/net/error.hpp>

#include <sys/random.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace actors::http::internal {

namespace {

/// So much is joined into one write.
constexpr std::size_t batch_size = std::size_t{64} * 1024;

/// A write is cut into such pieces, so that a slow peer that does take bytes has time.
constexpr std::size_t write_piece = std::size_t{256} * 1024;

/// What a queued message costs besides its data.
constexpr std::size_t entry_cost = 32;

/// How long a peer that was told what it did wrong has to take it in.
constexpr auto refusal_time = std::chrono::seconds(2);

} // namespace

/// Suspends the pump until it is wanted or a deadline has come.
class [[nodiscard]] websocket_core::pump_wait : public actors::detail::leaf_awaiter<pump_wait> {
public:
  pump_wait(websocket_core& core, time_point deadline) noexcept : core_(&core), deadline_(deadline) {}

  ~pump_wait() override {
    const std::scoped_lock guard{core_->mutex_};
    core_->pump_waits_ = false;
  }

  [[nodiscard]] bool start(actors::detail::task_context& context) {
    arm(context);
    {
      const std::scoped_lock guard{core_->mutex_};
      if (std::exchange(core_->pump_wanted_, false))
        return false;
      core_->pump_id_ = id();
      core_->pump_waits_ = true;
    }
    if (deadline_ != time_point::max())
      timer_.arm(context.host(), id(), deadline_);
    return true;
  }

  void await_resume() { check_cancelled(); }

private:
  websocket_core* core_;
  time_point deadline_;
  actors::detail::timer timer_;
};

websocket_core::websocket_core(std::unique_ptr<net::stream> stream, websocket_side side, websocket_options options,
                               websocket_agreement agreed, std::string early)
    : stream_(std::move(stream)), side_(side), options_(std::move(options)), agreed_(std::move(agreed)),
      peer_(stream_->peer()), early_(std::move(early)), input_(early_) {}

websocket_core::~websocket_core() = default;

void websocket_core::start() {
  static_cast<void>(spawn_detached(pump(shared_from_this()), spawn_options{}.name("websocket " + peer_)));
}

// -- waking the pump -----------------------------------------------------------------------------------------------------

void websocket_core::wake_locked() noexcept {
  if (!std::exchange(pump_waits_, false)) {
    pump_wanted_ = true;
    return;
  }
  actors::detail::wake(pump_, pump_id_);
}

void websocket_core::wake() noexcept {
  const std::scoped_lock guard{mutex_};
  wake_locked();
}

// -- any thread ----------------------------------------------------------------------------------------------------------

post_result websocket_core::post(outgoing_ptr message) {
  const auto size = message->size() + entry_cost;
  const std::scoped_lock guard{mutex_};
  if (closing_)
    return post_result::closed;
  if (queued_bytes_ > 0 && queued_bytes_ + size > options_.max_queue()) {
    switch (options_.when_full()) {
    case slow_reader::wait:
      has_room_.clear();
      return post_result::full;
    case slow_reader::drop_newest:
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return post_result::dropped;
    case slow_reader::drop_oldest:
      while (!queue_.empty() && queued_bytes_ + size > options_.max_queue()) {
        queued_bytes_ -= queue_.front()->size() + entry_cost;
        queue_.pop_front();
        dropped_.fetch_add(1, std::memory_order_relaxed);
      }
      break;
    case slow_reader::close:
      set_failure_locked(websocket_errc::slow_reader, "the peer does not take what it is sent");
      failing_ = true;
      queue_.clear();
      begin_close_locked(close_status{options_.slow_reader_code(), "too slow"});
      return post_result::closed;
    }
  }
  queued_bytes_ += size;
  queue_.push_back(std::move(message));
  wake_locked();
  return post_result::queued;
}

task<bool> websocket_core::send(std::shared_ptr<websocket_core> self, outgoing_ptr message) {
  for (;;) {
    switch (self->post(message)) {
    case post_result::queued:
      co_return true;
    case post_result::dropped:
      co_return false;
    case post_result::closed: {
      const std::scoped_lock guard{self->mutex_};
      if (self->failure_)
        std::rethrow_exception(self->failure_);
      throw websocket_error{websocket_errc::closed, self->peer_, "a message after the closing has begun"};
    }
    case post_result::full:
      break;
    }
    co_await self->has_room_.wait();
  }
}

bool websocket_core::ping(std::string payload) {
  if (payload.size() > max_control_size)
    throw misuse_error("the payload of a ping has more than 125 bytes");
  const std::scoped_lock guard{mutex_};
  if (closing_)
    return false;
  if (control_.size() < max_waiting_control)
    control_.push_back(static_cast<char>(opcode::ping) + std::move(payload));
  wake_locked();
  return true;
}

void websocket_core::begin_close_locked(const close_status& status) {
  if (!std::exchange(closing_, true)) {
    close_payload_ = close_payload(status);
    has_room_.set();
  }
  wake_locked();
}

void websocket_core::begin_close(const close_status& status) {
  const std::scoped_lock guard{mutex_};
  begin_close_locked(status);
}

void websocket_core::abandon(const close_status& status) {
  const std::scoped_lock guard{mutex_};
  abandoned_ = true;
  begin_close_locked(status);
}

bool websocket_core::is_open() const {
  const std::scoped_lock guard{mutex_};
  return !closing_;
}

close_status websocket_core::peer_status() const {
  const std::scoped_lock guard{mutex_};
  return peer_status_;
}

std::size_t websocket_core::queued() const {
  const std::scoped_lock guard{mutex_};
  return queued_bytes_;
}

void websocket_core::set_failure_locked(websocket_errc kind, std::string_view problem) {
  if (!failure_)
    failure_ = std::make_exception_ptr(websocket_error{kind, peer_, problem});
}

void websocket_core::throw_failure() const {
  std::exception_ptr failure;
  {
    const std::scoped_lock guard{mutex_};
    failure = failure_;
  }
  std::rethrow_exception(failure);
}

// -- the pump ------------------------------------------------------------------------------------------------------------

/// Ends the connection with the pump, also when that is killed.
class websocket_core::finisher {
public:
  explicit finisher(websocket_core& core) noexcept : core_(&core) {}

  finisher(const finisher&) = delete;
  finisher& operator=(const finisher&) = delete;

  ~finisher() { core_->finish(); }

private:
  websocket_core* core_;
};

task<void> websocket_core::pump(std::shared_ptr<websocket_core> self) {
  auto& context = co_await actors::detail::current_context{};
  const finisher at_end{*self};
  {
    const std::scoped_lock guard{self->mutex_};
    self->pump_ = actors::detail::actor_of(context);
  }
  try {
    co_await self->run_pump();
  } catch (const cancelled&) {
    self->say_goodbye();
    throw;
  }
}

/// The runtime stops: a Close, if there is room for it, is all that there is time for.
void websocket_core::say_goodbye() noexcept {
  {
    const std::scoped_lock guard{mutex_};
    set_failure_locked(websocket_errc::disconnected, "the runtime stops");
    if (close_sent_)
      return;
  }
  if (!left_to_write_.empty())
    return; // in the middle of a frame
  try {
    written_.clear();
    append(opcode::close, true, 0, close_payload(close_status{close_code::going_away, {}}));
    static_cast<void>(stream_->try_write_some(written_));
  } catch (const std::exception&) {
    // The peer will see the end of the connection instead.
  }
}

task<void> websocket_core::run_pump() {
  auto& context = co_await actors::detail::current_context{};
  const auto now = [&context] { return actors::detail::now_of(actors::detail::core_of(context)); };
  if (options_.ping_interval() != forever)
    ping_at_ = saturating_add(now(), options_.ping_interval());
  for (;;) {
    while (take_batch())
      co_await write_batch();
    if (may_finish())
      co_return;
    mind_time(now());
    if (may_finish())
      co_return;
    if (read_alone_) {
      // Nobody receives any more: what the peer still says is ours to read.
      read_alone_ = false;
      const auto left = closed_by_ - now();
      try {
        co_await with_timeout(left, read_to_close());
      } catch (const timeout_error&) {
        co_return;
      }
      continue;
    }
    co_await pump_wait{*this, next_deadline()};
  }
}

bool websocket_core::may_finish() const {
  const std::scoped_lock guard{mutex_};
  return ended_ || input_ended_ || (close_sent_ && close_received_ && side_ == websocket_side::server);
}

void websocket_core::mind_time(time_point now) {
  const std::scoped_lock guard{mutex_};
  if (closing_) {
    if (closed_by_ == time_point::max()) {
      duration limit = options_.close_timeout();
      if (failing_ || abandoned_)
        limit = std::min<duration>(limit, refusal_time);
      closed_by_ = saturating_add(now, limit);
    }
    if (now >= closed_by_)
      ended_ = true;
    if (failing_ && close_sent_ && !std::exchange(shut_down_, true)) {
      try {
        stream_->shutdown_write();
      } catch (const net::net_error&) {
        ended_ = true;
      }
    }
    if (abandoned_ && close_sent_ && !reading_ && !ended_ && !input_ended_)
      read_alone_ = true;
    return;
  }
  if (options_.ping_interval() == forever)
    return;
  if (heard_.exchange(false, std::memory_order_relaxed)) {
    if (awaits_pong_ || now >= ping_at_) {
      awaits_pong_ = false;
      ping_at_ = saturating_add(now, options_.ping_interval());
    } else {
      heard_.store(true, std::memory_order_relaxed);
    }
    return;
  }
  if (!awaits_pong_ && now >= ping_at_) {
    awaits_pong_ = true;
    pong_by_ = saturating_add(now, options_.pong_timeout());
    control_.emplace_back(1, static_cast<char>(opcode::ping));
    pump_wanted_ = true;
  } else if (awaits_pong_ && now >= pong_by_) {
    if (reading_) {
      set_failure_locked(websocket_errc::timeout, "no answer to a ping");
      closing_ = true;
      ended_ = true;
    } else {
      // Nobody receives, so the answer may well be there.
      pong_by_ = saturating_add(now, options_.pong_timeout());
    }
  }
}

time_point websocket_core::next_deadline() const {
  const std::scoped_lock guard{mutex_};
  if (closing_)
    return closed_by_;
  return awaits_pong_ ? pong_by_ : ping_at_;
}

void websocket_core::finish() noexcept {
  stream_->close();
  const std::scoped_lock guard{mutex_};
  ended_ = true;
  if (!closing_)
    set_failure_locked(websocket_errc::disconnected, "the connection ended without a closing handshake");
  closing_ = true;
  queue_.clear();
  control_.clear();
  queued_bytes_ = 0;
  pump_waits_ = false;
  pump_ = nullptr;
  deflater_.reset();
  has_room_.set();
  has_ended_.set();
}

// -- writing -------------------------------------------------------------------------------------------------------------

bool websocket_core::take_batch() {
  std::vector<std::string> control;
  std::optional<std::string> closing;
  {
    const std::scoped_lock guard{mutex_};
    if (ended_)
      return false;
    if (queue_.empty() && control_.empty() && (!close_payload_ || close_sent_)) {
      release_idle_memory();
      return false;
    }
    control.swap(control_);
    std::size_t total = 0;
    while (!queue_.empty() && total < batch_size) {
      total += queue_.front()->size() + entry_cost;
      batch_.push_back(std::move(queue_.front()));
      queue_.pop_front();
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
  if (is_single && batch_.front()->shared() && side_ == websocket_side::server && options_.fragment_size() == 0) {
    // The frame that all get is written from where it is.
    const auto& message = *batch_.front();
    if (agreed_.deflate && message.size() >= options_.compression()->threshold()) {
      left_to_write_ = message.compressed_frame(agreed_.deflate->server_bits, options_.compression()->level());
      if (deflater_)
        deflater_->reset();
    } else {
      left_to_write_ = message.frame();
    }
    return true;
  }
  for (const auto& message : batch_)
    encode(*message);
  if (closing)
    append(opcode::close, true, 0, *closing);
  left_to_write_ = written_;
  return true;
}

void websocket_core::encode(const outgoing_message& message) {
  const bool is_server = side_ == websocket_side::server;
  const auto& deflate = agreed_.deflate;
  const bool compresses = deflate && message.size() >= options_.compression()->threshold() && message.size() > 0;
  const auto limit = options_.fragment_size();
  if (message.shared() && is_server && limit == 0) {
    if (!compresses) {
      written_.append(message.frame());
    } else {
      // Compressed on its own, so what follows must not refer to what was before it.
      written_.append(message.compressed_frame(deflate->server_bits, options_.compression()->level()));
      if (deflater_)
        deflater_->reset();
    }
    return;
  }
  std::string compressed;
  std::string_view payload = message.data();
  if (compresses) {
    const bool takes_over = is_server ? deflate->server_takeover : deflate->client_takeover;
    if (!deflater_)
      deflater_ = std::make_unique<message_deflater>(is_server ? deflate->server_bits : deflate->client_bits,
                                                     options_.compression()->level());
    deflater_->compress(payload, compressed);
    if (!takes_over)
      deflater_->reset();
    payload = compressed;
  }
  auto code = message.code();
  std::uint8_t reserved = compresses ? compressed_bit : std::uint8_t{0};
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

task<void> websocket_core::write_batch() {
  try {
    left_to_write_.remove_prefix(stream_->try_write_some(left_to_write_));
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
  batch_done();
}

void websocket_core::batch_done() {
  left_to_write_ = {};
  batch_.clear();
  written_.clear();
  const std::scoped_lock guard{mutex_};
  if (batch_closes_)
    close_sent_ = true;
  queued_bytes_ -= std::min(queued_bytes_, batch_bytes_);
  batch_bytes_ = 0;
  if (queued_bytes_ <= options_.max_queue() / 2)
    has_room_.set();
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

void websocket_core::release_idle_memory() {
  constexpr std::size_t kept = 1024;
  if (written_.capacity() > kept)
    std::string{}.swap(written_);
  if (batch_.capacity() > 16)
    std::vector<outgoing_ptr>{}.swap(batch_);
  const bool takes_over = agreed_.deflate && (side_ == websocket_side::server ? agreed_.deflate->server_takeover
                                                                              : agreed_.deflate->client_takeover);
  if (!takes_over)
    deflater_.reset();
}

std::string close_payload(const close_status& status) {
  if (status.code() == close_code::no_status || status.code() == close_code::abnormal)
    return {};
  const auto code = static_cast<std::uint16_t>(status.code());
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  return payload + status.reason();
}

} // namespace actors::http::internal
