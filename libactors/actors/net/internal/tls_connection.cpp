#include <actors/net/internal/tls_connection.hpp>

#include <actors/net/detail/linger.hpp>
#include <actors/net/error.hpp>
#include <actors/net/internal/tls_connection_turns.hpp>
#include <actors/net/tls_error.hpp>

#include <utility>

namespace actors::net::internal {

namespace {

// The first byte of everything that is TLS.
constexpr char alert_record = 21;
constexpr char handshake_record = 22;

} // namespace

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

} // namespace actors::net::internal
