// The part of websocket_core that everybody calls, from any thread.

#include <actors/http/internal/websocket_core.hpp>

#include <actors/core/detail/io_worker.hpp>
#include <actors/core/error.hpp>
#include <actors/core/spawn.hpp>

#include <utility>

namespace actors::http::internal {

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

// -- any thread ----------------------------------------------------------------------------------------------------------

post_result websocket_core::post(outgoing_ptr message) {
  const auto size = message->size() + entry_cost;
  const std::scoped_lock guard{mutex_};
  if (closing_)
    return post_result::closed;
  if (queued_bytes_ > 0 && queued_bytes_ + size > options_.max_queue()) {
    switch (options_.when_full()) {
    case slow_reader::wait:
      room_wanted_ = true;
      has_room_.clear();
      return post_result::full;
    case slow_reader::drop_newest:
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return post_result::dropped;
    case slow_reader::drop_oldest:
      while (!queue_.empty() && queued_bytes_ + size > options_.max_queue()) {
        queued_bytes_ -= queue_.pop_front()->size() + entry_cost;
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

std::string close_payload(const close_status& status) {
  if (status.code() == close_code::no_status || status.code() == close_code::abnormal)
    return {};
  const auto code = static_cast<std::uint16_t>(status.code());
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  return payload + status.reason();
}

} // namespace actors::http::internal
