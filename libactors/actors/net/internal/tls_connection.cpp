#include <actors/net/internal/tls_connection.hpp>

#include <actors/core/detail/at_end.hpp>
#include <actors/core/detail/io_worker.hpp>
#include <actors/core/error.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/timeout.hpp>
#include <actors/net/detail/linger.hpp>
#include <actors/net/error.hpp>
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

// The first byte of everything that is TLS.
constexpr char alert_record = 21;
constexpr char handshake_record = 22;

void clear_output(std::string& out) {
  if (out.capacity() > usual_output)
    std::string{}.swap(out);
  else
    out.clear();
}

} // namespace

// -- claims and turns --------------------------------------------------------------------------------------------------

/// The right to be the one who reads or writes.
class tls_connection::claim {
public:
  claim(std::atomic<bool>& flag, const char* verb) : flag_(&flag) {
    if (flag_->exchange(true, std::memory_order_seq_cst))
      throw misuse_error(std::string{"two tasks "} + verb + " the same stream at once");
  }

  claim(const claim&) = delete;
  claim& operator=(const claim&) = delete;

  ~claim() { flag_->store(false, std::memory_order_seq_cst); }

private:
  std::atomic<bool>* flag_;
};

/// The turn, given back at the end if it was not before; then something may be left to be sent.
class tls_connection::turn {
public:
  /// The caller has taken it.
  explicit turn(tls_connection& of) noexcept : of_(&of) {}

  turn(const turn&) = delete;
  turn& operator=(const turn&) = delete;

  ~turn() {
    if (of_ != nullptr)
      of_->give_turn();
  }

  /// Somebody else gives it back, or it was given back under the lock.
  void release() noexcept { of_ = nullptr; }

private:
  tls_connection* of_;
};

/// Suspends a task until the turn may be free. There is one such task at the most: the writer, or after `close` the one
/// that lingers.
class [[nodiscard]] tls_connection::turn_awaiter : public actors::detail::leaf_awaiter<turn_awaiter> {
public:
  explicit turn_awaiter(tls_connection& of) noexcept : of_(&of) {}

  ~turn_awaiter() override {
    if (!waiting_)
      return;
    caf::strong_actor_ptr waiter; // released after the lock
    const std::scoped_lock guard{of_->mutex_};
    waiter.swap(of_->waiter_);
  }

  [[nodiscard]] bool start(actors::detail::task_context& context) {
    arm(context);
    const std::scoped_lock guard{of_->mutex_};
    if (!of_->sending_)
      return false;
    of_->waiter_ = actors::detail::actor_of(context);
    of_->wait_id_ = id();
    waiting_ = true;
    return true;
  }

  void await_resume() { check_cancelled(); }

private:
  tls_connection* of_;
  bool waiting_ = false;
};

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

// -- the connection ----------------------------------------------------------------------------------------------------

tls_connection::tls_connection(std::unique_ptr<stream> transport, ssl_ptr ssl, std::shared_ptr<const void> owner)
    : peer_(transport->peer()), owner_(std::move(owner)), transport_(std::move(transport)), engine_(std::move(ssl)) {}

bool tls_connection::is_open() const noexcept {
  {
    const std::scoped_lock guard{mutex_};
    if (closed_)
      return false;
  }
  return transport_->is_open();
}

void tls_connection::throw_failure(std::string_view operation) const {
  if (const auto& failure = engine_.failure())
    throw net_error(operation, peer_, failure->code, failure->detail);
  throw net_error(operation, peer_, tls_errc::protocol_error);
}

void tls_connection::require_fit(std::string_view operation) const {
  if (closed_)
    throw net_error(operation, peer_, errc::closed);
  if (engine_.failure())
    throw_failure(operation);
}

void tls_connection::require_writable() const {
  require_fit("write to");
  if (cut_short_)
    throw net_error("write to", peer_, errc::write_cut_short);
  if (ended_)
    throw net_error("write to", peer_, std::make_error_code(std::errc::broken_pipe));
}

// -- handshake ---------------------------------------------------------------------------------------------------------

task<void> tls_connection::handshake(std::shared_ptr<tls_connection> self, std::string plain_reply) {
  // Nobody else has the connection yet, so there is no need for locks or turns.
  constexpr std::string_view operation = "TLS handshake with";
  auto& c = *self;
  bool first = true;
  for (;;) {
    const auto outcome = c.engine_.handshake();
    c.unsent_.append(c.engine_.output());
    clear_output(c.engine_.output());
    if (outcome == tls_engine::outcome::failed) {
      try {
        static_cast<void>(c.send_now()); // the alert
      } catch (const net_error&) {
        // Nobody there to be told.
      }
      c.throw_failure(operation);
    }
    const bool is_left = !c.send_now();
    if (outcome == tls_engine::outcome::done) {
      // A client need not read before it has something to read for, so the tickets must not be waited for.
      if (is_left)
        c.start_background();
      break;
    }
    if (is_left)
      co_await send(self);
    const auto room = c.big_buffer();
    const auto count = co_await c.transport_->read_some(room);
    if (count == 0)
      throw net_error(operation, c.peer_, errc::end_of_stream);
    if (std::exchange(first, false) && room[0] != handshake_record && room[0] != alert_record) {
      if (!plain_reply.empty() && room[0] >= 'A' && room[0] <= 'Z') {
        co_await c.transport_->write_all(plain_reply);
        c.transport_->shutdown_write();
      }
      throw net_error(operation, c.peer_, tls_errc::not_tls);
    }
    c.feed_big(count);
  }
  if (!c.engine_.has_input())
    c.drop_big();
}

task<void> tls_connection::turn_away(std::shared_ptr<tls_connection> self) {
  co_await detail::linger(*self->transport_);
}

// -- reading -----------------------------------------------------------------------------------------------------------

std::span<char> tls_connection::big_buffer() {
  if (!big_)
    big_ = std::make_unique_for_overwrite<char[]>(big_read);
  return {big_.get(), big_read};
}

void tls_connection::drop_big() noexcept {
  big_.reset();
}

void tls_connection::feed_big(std::size_t count) {
  engine_.feed({big_.get(), count});
  more_ = count == big_read;
}

void tls_connection::feed_small(std::size_t count) {
  engine_.feed({small_.data(), count});
  more_ = count == small_.size();
}

/// Nothing if the transport has to be waited for.
std::optional<std::size_t> tls_connection::try_read(std::span<char> buffer) {
  for (;;) {
    std::size_t count = 0;
    bool has_answers = false;
    auto outcome = tls_engine::outcome::wants_input;
    {
      const std::scoped_lock guard{mutex_};
      require_fit("read from");
      if (peer_ended_)
        return 0;
      if (engine_.output().size() > most_answers)
        throw net_error("read from", peer_, tls_errc::protocol_error, "the peer does not take what it has asked for");
      outcome = engine_.read(buffer, count);
      has_answers = !sending_ && !engine_.output().empty();
    }
    if (has_answers)
      send_answers();
    if (!engine_.has_input())
      drop_big();
    switch (outcome) {
    case tls_engine::outcome::done:
      return count;
    case tls_engine::outcome::ended:
      peer_ended_ = true;
      return 0;
    case tls_engine::outcome::failed:
      throw_failure("read from");
    case tls_engine::outcome::wants_input:
      break;
    }
    if (!more_)
      return std::nullopt;
    const auto got = transport_->try_read_some(big_buffer());
    if (!got) {
      more_ = false;
      drop_big();
      return std::nullopt;
    }
    if (*got == 0)
      throw net_error("read from", peer_, tls_errc::truncated);
    feed_big(*got);
  }
}

task<std::size_t> tls_connection::read_some(std::shared_ptr<tls_connection> self, std::span<char> buffer) {
  // The order matters: who closes sees the claim, or the reader sees that it is closed.
  auto& c = *self;
  const claim reading{c.reading_, "read from"};
  for (;;) {
    if (const auto count = c.try_read(buffer))
      co_return *count;
    // While it waits, and that is most of the time, there is no big buffer.
    const std::span<char> room{c.small_};
    const auto count = co_await c.transport_->read_some(room);
    if (count == 0)
      throw net_error("read from", c.peer_, tls_errc::truncated);
    c.feed_small(count);
  }
}

std::optional<std::size_t> tls_connection::try_read_some(std::span<char> buffer) {
  const claim reading{reading_, "read from"};
  more_ = true;
  return try_read(buffer);
}

// -- writing -----------------------------------------------------------------------------------------------------------

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
