#include <actors/http/internal/client_exchange.hpp>

#include <actors/core/cancel_scope.hpp>
#include <actors/core/detail/io_worker.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/http/error.hpp>
#include <actors/http/internal/client_hook.hpp>
#include <actors/net/error.hpp>
#include <actors/net/tls_error.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace actors::http::internal {

namespace {

/// A body of this size is read for the sake of its connection when nobody wants it.
constexpr std::size_t max_drained = std::size_t{64} * 1024;

client_errc kind_for(errc kind) noexcept {
  switch (kind) {
  case errc::start_line_too_long:
  case errc::fields_too_large:
  case errc::too_many_fields:
  case errc::body_too_large:
  case errc::decoded_too_large:
    return client_errc::too_large;
  case errc::truncated:
    return client_errc::truncated;
  case errc::corrupt_content:
  case errc::truncated_content:
  case errc::unsupported_content_coding:
    return client_errc::decode;
  default:
    return client_errc::protocol;
  }
}

} // namespace

client_exchange::client_exchange(std::shared_ptr<const client_options> options, connection_pool::lease lease,
                                 method sent, url target, time_point deadline, bool decodes)
    : options_(std::move(options)), lease_(std::move(lease)), target_(std::move(target)), deadline_(deadline),
      limit_(options_->limits().max_body()), sent_(sent), decodes_(decodes) {}

// -- errors ------------------------------------------------------------------------------------------------------------

client_error client_exchange::make_error(client_errc kind, std::string_view problem,
                                         std::optional<std::uint64_t> missing) const {
  return client_error{kind, http::to_string(sent_), target_.without_userinfo().to_string(), problem, missing};
}

void client_exchange::fail(client_errc kind, std::string_view problem, std::optional<std::uint64_t> missing) {
  abandon();
  throw make_error(kind, problem, missing);
}

void client_exchange::fail_parsing() {
  const auto& failure = connection().parser().failure();
  fail(kind_for(failure.kind), std::string{failure.message});
}

void client_exchange::fail_ended(std::string_view how, std::optional<std::uint64_t> missing) {
  std::string text{how};
  if (upload_) {
    if (const auto error = upload_->source_error()) {
      abandon();
      std::rethrow_exception(error);
    }
    if (const auto problem = upload_->write_problem(); !problem.empty())
      text = problem;
  }
  if (!connection().received_any()) {
    stale_ = lease_.reused();
    fail(client_errc::disconnected, text + " without a response");
  }
  if (!missing)
    text += " inside the response";
  else if (content_length_)
    text +=
        " with " + std::to_string(*missing) + " of " + std::to_string(*content_length_) + " bytes of the body missing";
  else
    text += " with at least " + std::to_string(*missing) + " bytes of the body missing";
  fail(client_errc::truncated, text, missing);
}

void client_exchange::fail_broken(const net::net_error& error) {
  // With TLS 1.3 a server says only after the handshake that it does not like the client's certificate.
  if (!connection().received_any() && error.code().category() == net::tls_category() &&
      error.code() != net::tls_errc::truncated)
    fail(client_errc::tls, error.what());
  std::optional<std::uint64_t> missing;
  if (content_length_)
    missing = *content_length_ - connection().parser().body_received();
  fail_ended(std::string{"the connection broke ("} + error.what() + ")", missing);
}

void client_exchange::fail_late(bool in_all, std::string_view doing) {
  const auto limit = in_all ? options_->total_timeout() : options_->idle_timeout();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(limit).count();
  std::string text = in_all ? "not done after " : "silence for ";
  text.append(std::to_string(ms)).append(" ms while ").append(doing);
  fail(client_errc::timeout, text);
}

// -- the connection ----------------------------------------------------------------------------------------------------

void client_exchange::abandon() noexcept {
  if (const auto sending = std::exchange(upload_, nullptr); sending && sending->is_running()) {
    sending->stop();
    if (lease_.connection() != nullptr)
      connection().stream().close(); // the task that sends may hold it for a little longer
  }
  over_ = true;
  piece_ = {};
  coded_ = {};
  lease_.drop();
}

bool client_exchange::is_sent() const noexcept {
  return !unsent_ && (!upload_ || upload_->is_complete());
}

void client_exchange::finish() {
  received_ = true;
  auto& c = connection();
  // A server that has answered without the whole body will not read the rest of it.
  unsent_ = !is_sent();
  if (upload_ && unsent_) {
    upload_->stop();
    c.stream().close();
  }
  upload_.reset();
  if (!unsent_ && c.parser().keep_alive() && c.input().empty())
    lease_.keep();
  else
    lease_.drop();
}

bool client_exchange::try_fill() {
  // A buffer that was not filled took all that there was.
  if (!expects_more_)
    return false;
  auto& c = connection();
  std::optional<std::size_t> size;
  try {
    size = c.stream().try_read_some(c.buffer());
  } catch (const net::net_error& error) {
    fail_broken(error);
  }
  if (!size)
    return false;
  filled(*size);
  return true;
}

void client_exchange::filled(std::size_t size) {
  auto& c = connection();
  c.received(size);
  ended_ = size == 0;
  expects_more_ = size == c.buffer().size();
}

/// Waits for more bytes, or until then; without that, for as long as a server may be silent.
task<void> client_exchange::fill_until(time_point until) {
  auto& c = connection();
  auto& context = co_await actors::detail::current_context{};
  const auto now = [&context] { return actors::detail::now_of(actors::detail::core_of(context)); };
  auto silent_since = now();
  for (;;) {
    const bool is_patient = until != time_point::max();
    const auto patience = is_patient ? until : saturating_add(silent_since, options_->idle_timeout());
    const auto limit = std::min(deadline_, patience);
    std::size_t size = 0;
    bool is_late = false;
    cancel_scope scope{context, limit};
    try {
      size = co_await c.stream().read_some(c.buffer());
      scope.leave();
    } catch (const cancelled&) {
      is_late = scope.leave_cancelled();
      if (!is_late) {
        cancelled_ = true;
        abandon();
        throw;
      }
    } catch (const net::net_error& error) {
      fail_broken(error);
    }
    if (!is_late) {
      filled(size);
      co_return;
    }
    if (limit == until)
      co_return;
    silent_since = check_silence(limit, silent_since, now());
  }
}

/// Since when the server is silent indeed: it is not as long as it takes what we send, or we have nothing to send.
/// Throws if that is too long ago.
time_point client_exchange::check_silence(time_point limit, time_point since, time_point now) {
  const bool is_sending = upload_ && upload_->is_running();
  const std::string_view doing = is_sending ? "sending the request" : "waiting for the response";
  if (limit == deadline_ || !upload_)
    fail_late(limit == deadline_, doing);
  since = std::max(since, upload_->waiting_since().value_or(now));
  if (saturating_add(since, options_->idle_timeout()) <= now)
    fail_late(false, doing);
  return since;
}

// -- body --------------------------------------------------------------------------------------------------------------

void client_exchange::limit_body(std::uint64_t bytes) noexcept {
  limit_ = std::min(limit_, bytes);
}

void client_exchange::count_piece(std::string_view piece) {
  delivered_ += piece.size();
  if (delivered_ > limit_)
    fail(client_errc::too_large, "body of more than " + std::to_string(limit_) + " bytes");
  piece_ = piece;
}

client_exchange::step client_exchange::advance() {
  piece_ = {};
  // Who goes on after a timeout of its own must not take what it has for all of it.
  if (cancelled_)
    throw make_error(client_errc::truncated, "a read of the body was cancelled");
  if (over_)
    return step::end;
  if (!decoder_ && content_length_ && *content_length_ > limit_)
    fail(client_errc::too_large,
         "body of " + std::to_string(*content_length_) + " bytes, over the limit of " + std::to_string(limit_));
  for (;;) {
    if (decoder_ && decode_next())
      return over_ ? step::end : step::piece;
    const auto next = receive_next();
    if (next == step::wait)
      return next;
    if (!decoder_ && next == step::end)
      complete();
    if (!decoder_)
      return next;
  }
}

/// All of the body has been handed out.
void client_exchange::complete() {
  over_ = true;
  tell(client_event_kind::body_end, delivered_);
}

void client_exchange::tell(client_event_kind what, std::uint64_t number) const {
  tell_hook(*options_, what, target_, number);
}

/// Hands the decoder what has come. True if there is a piece or the end.
bool client_exchange::decode_next() {
  if (!coded_.empty() || pulling_) {
    const auto event = decoder_->next(coded_);
    pulling_ = event == decode_event::data;
    if (event == decode_event::data) {
      count_piece(decoder_->piece());
      return true;
    }
    if (event == decode_event::failed)
      fail(kind_for(decoder_->kind()), decoder_->message());
  }
  if (!received_)
    return false;
  if (decoder_->finish() == decode_event::failed)
    fail(kind_for(decoder_->kind()), decoder_->message());
  complete();
  return true;
}

/// The next piece as transferred, from what has come or can be had without waiting.
client_exchange::step client_exchange::receive_next() {
  auto& c = connection();
  for (;;) {
    auto event = c.parser().next(c.input());
    if (event == parse_event::more) {
      if (!ended_ && !try_fill())
        return step::wait;
      if (!ended_)
        continue;
      event = c.parser().finish();
    }
    switch (event) {
    case parse_event::body:
      if (decoder_)
        coded_ = c.parser().body();
      else
        count_piece(c.parser().body());
      return step::piece;
    case parse_event::complete:
      finish();
      return step::end;
    case parse_event::failed:
      if (c.parser().failure().kind == errc::truncated)
        fail_ended("the server closed the connection", c.parser().failure().missing);
      fail_parsing();
    default:
      break;
    }
  }
}

task<void> client_exchange::drain() {
  std::size_t total = 0;
  if (!is_sent() || content_length_.value_or(0) > max_drained)
    co_return;
  try {
    for (;;) {
      const auto next = advance();
      if (next == step::end)
        co_return;
      if (next == step::wait) {
        co_await fill();
        continue;
      }
      total += piece_.size();
      if (total > max_drained)
        co_return;
    }
  } catch (const client_error&) {
  }
}

} // namespace actors::http::internal
