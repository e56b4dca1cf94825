// The part of tls_connection that writes, and ends.

#include <actors/core/detail/at_end.hpp>
#include <actors/core/detail/io_worker.hpp>
#include <actors/core/error.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/timeout.hpp>
#include <actors/net/error.hpp>
#include <actors/net/internal/tls_connection.hpp>
#include <actors/net/internal/tls_connection_turns.hpp>
#include <actors/net/tls_error.hpp>

#include <chrono>
#include <exception>
#include <utility>

namespace actors::net::internal {

namespace {

/// Memory that is kept for the next records.
constexpr std::size_t usual_output = 4096;

/// How long what was written may take to leave after `close`.
constexpr auto linger_time = std::chrono::seconds(10);

} // namespace

// -- turns -------------------------------------------------------------------------------------------------------------

bool tls_connection::take_turn() noexcept {
  const std::scoped_lock guard{mutex_};
  return !std::exchange(sending_, true);
}

void tls_connection::give_turn() noexcept {
  caf::strong_actor_ptr waiter;
  std::uint64_t id = 0;
  bool is_left = false;
  {
    const std::scoped_lock guard{mutex_};
    sending_ = false;
    waiter.swap(waiter_);
    id = wait_id_;
    is_left = !cut_short_ && !broken_ && (!unsent().empty() || !engine_.output().empty());
  }
  if (waiter)
    actors::detail::wake(waiter, id);
  else if (is_left)
    start_background();
}

// -- writing -----------------------------------------------------------------------------------------------------------

void tls_connection::clear_output(std::string& out) noexcept {
  if (out.capacity() > usual_output)
    std::string{}.swap(out);
  else
    out.clear();
}

void tls_connection::sent(std::size_t count) noexcept {
  sent_ += count;
  if (sent_ == unsent_.size()) {
    clear_output(unsent_);
    sent_ = 0;
  }
}

bool tls_connection::send_now() {
  try {
    while (!unsent().empty()) {
      const auto count = transport_->try_write_some(unsent());
      if (count == 0)
        return false;
      sent(count);
    }
  } catch (const net_error&) {
    broken_ = true;
    throw;
  }
  return true;
}

task<void> tls_connection::send(std::shared_ptr<tls_connection> self) {
  const auto rest = self->unsent();
  try {
    co_await self->transport_->write_all(rest);
  } catch (const net_error&) {
    self->broken_ = true;
    throw;
  }
  self->sent(rest.size());
}

bool tls_connection::prepare(turn& held, std::string_view& data, std::size_t most) {
  if (!unsent().empty())
    return true;
  caf::strong_actor_ptr waiter;
  std::uint64_t id = 0;
  bool ends = false;
  {
    const std::scoped_lock guard{mutex_};
    if (!data.empty()) {
      require_writable();
      const auto piece = data.substr(0, most);
      if (engine_.write(piece) != tls_engine::outcome::done)
        throw_failure("write to");
      data.remove_prefix(piece.size());
    }
    if (!engine_.output().empty()) {
      unsent_.swap(engine_.output());
      return true;
    }
    ends = ended_ && !std::exchange(transport_ended_, true);
    if (!ends) {
      sending_ = false;
      held.release();
      waiter.swap(waiter_);
      id = wait_id_;
    }
  }
  if (ends) {
    transport_->shutdown_write();
    return true;
  }
  if (waiter)
    actors::detail::wake(waiter, id);
  return false;
}

bool tls_connection::send_all_now(turn& held) {
  std::string_view nothing;
  while (prepare(held, nothing, 0))
    if (!send_now())
      return false;
  return true;
}

task<void> tls_connection::write_all(std::shared_ptr<tls_connection> self, std::string_view data) {
  auto& c = *self;
  const claim writing{c.writing_, "write to"};
  if (data.empty())
    co_return;
  for (;;) {
    {
      const std::scoped_lock guard{c.mutex_};
      c.require_writable();
    }
    if (c.take_turn())
      break;
    co_await turn_awaiter{c};
  }
  turn held{c};
  const auto size = data.size();
  bool done = false;
  // What is encrypted cannot be taken back: left half-way, by whatever, the stream is fit for nothing more.
  const actors::detail::at_end note_cut([&c, &data, &done, size] {
    if (done || data.size() == size)
      return;
    const std::scoped_lock guard{c.mutex_};
    c.cut_short_ = true;
  });
  while (c.prepare(held, data, big_write)) {
    if (c.send_now())
      continue;
    co_await send(self);
  }
  done = true;
}

std::size_t tls_connection::try_write_some(std::string_view data) {
  const claim writing{writing_, "write to"};
  {
    const std::scoped_lock guard{mutex_};
    require_writable();
  }
  if (data.empty() || !take_turn())
    return 0;
  turn held{*this};
  const auto size = data.size();
  // A record at a time: what the transport does not take of it has to be kept until it does.
  while (send_now())
    if (!prepare(held, data, record))
      break;
  return size - data.size();
}

void tls_connection::send_answers() noexcept {
  if (!take_turn())
    return; // who has it sends them
  turn held{*this};
  try {
    static_cast<void>(send_all_now(held));
  } catch (const std::exception&) {
    // The next write will say so.
  }
}

task<void> tls_connection::send_rest(std::shared_ptr<tls_connection> self) {
  auto& c = *self;
  turn held{c};
  bool done = false;
  // Cancelled, which is when the runtime stops: nobody will send the rest.
  const actors::detail::at_end note_end([&c, &done] { c.broken_ = c.broken_ || !done; });
  std::string_view nothing;
  while (c.prepare(held, nothing, 0)) {
    if (c.send_now())
      continue;
    co_await send(self);
  }
  done = true;
}

task<void> tls_connection::send_in_background(std::shared_ptr<tls_connection> self) {
  if (!self->take_turn())
    co_return; // who has it sends all
  try {
    co_await send_rest(self);
  } catch (const net_error&) {
    // The next write will say so.
  }
}

void tls_connection::start_background() noexcept {
  if (actors::detail::running_context() == nullptr)
    return; // no runtime to do it in; the next write will
  try {
    static_cast<void>(spawn_detached(send_in_background(shared_from_this()), spawn_options{}.name("tls write")));
  } catch (const std::exception&) {
    // The runtime stops, and the connection with it.
  }
}

// -- the end -----------------------------------------------------------------------------------------------------------

void tls_connection::shutdown_write() {
  {
    const std::scoped_lock guard{mutex_};
    if (closed_ || ended_ || cut_short_ || engine_.failure())
      return;
    ended_ = true;
    engine_.end();
  }
  if (!take_turn())
    return; // who has it sends the end too
  turn held{*this};
  static_cast<void>(send_all_now(held));
}

void tls_connection::close() noexcept {
  bool can_end = false;
  {
    const std::scoped_lock guard{mutex_};
    if (std::exchange(closed_, true))
      return;
    can_end = !cut_short_ && !engine_.failure();
    if (can_end && !std::exchange(ended_, true))
      engine_.end();
    transport_ended_ = true;
  }
  try {
    bool is_left = can_end;
    if (can_end && take_turn()) {
      turn held{*this};
      is_left = !send_all_now(held);
    }
    // Who is inside has to leave now; else what is left may follow.
    if (is_left && !reading_.load() && !writing_.load() && start_linger())
      return;
  } catch (const std::exception&) {
    // Nobody there to be told.
  }
  transport_->close();
}

task<void> tls_connection::send_in_turn(std::shared_ptr<tls_connection> self) {
  while (!self->take_turn())
    co_await turn_awaiter{*self};
  co_await send_rest(self);
}

task<void> tls_connection::linger(std::shared_ptr<tls_connection> self) {
  try {
    co_await with_timeout(linger_time, send_in_turn(self));
  } catch (const std::exception&) {
    // Too slow, or gone.
  }
  self->transport_->close();
}

bool tls_connection::start_linger() noexcept {
  if (actors::detail::running_context() == nullptr)
    return false;
  try {
    static_cast<void>(spawn_detached(linger(shared_from_this()), spawn_options{}.name("tls close")));
    return true;
  } catch (const std::exception&) {
    return false; // the runtime stops
  }
}

} // namespace actors::net::internal
