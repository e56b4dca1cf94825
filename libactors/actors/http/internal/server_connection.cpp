#include <actors/http/internal/server_connection.hpp>

#include <actors/core/detail/io_worker.hpp>
#include <actors/core/error.hpp>
#include <actors/http/error.hpp>
#include <actors/http/internal/trace_fields.hpp>
#include <actors/net/detail/linger.hpp>
#include <actors/net/error.hpp>
#include <actors/net/tls_stream.hpp>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

namespace actors::http::internal {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// How long after the beginning of a handler's wait the client is looked after first, and how seldom later. Each look
/// is a system call.
constexpr auto first_look = milliseconds(50);
constexpr auto longest_pause = milliseconds(500);

/// For those who speak plain HTTP to a server that speaks TLS.
constexpr std::string_view plain_reply =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 47\r\n"
    "Connection: close\r\n\r\n"
    "400 Bad Request: this server speaks HTTPS only\n";

} // namespace

server_connection::server_connection(std::shared_ptr<server_core> core, std::unique_ptr<net::stream> stream,
                                     actors::detail::task_context& context, place where)
    : connection_watch(context), core_(std::move(core)), stream_(std::move(stream)),
      parser_(core_->options().limits()) {
  context.set_working_memory(this, sizeof *this);
  core_->enter(this, actors::detail::actor_of(context), nudge_id(), where == place::counted ? &idle_ : nullptr);
}

server_connection::~server_connection() {
  core_->leave(this);
}

task<void> server_connection::run(std::shared_ptr<server_core> core, std::unique_ptr<net::stream> stream, place where) {
  auto& context = co_await actors::detail::current_context{};
  server_connection connection{std::move(core), std::move(stream), context, where};
  try {
    co_await connection.serve();
  } catch (...) {
    connection.log_access(true);
    throw;
  }
  connection.log_access(true); // of a request that was not answered
}

// -- the loop ----------------------------------------------------------------------------------------------------------

task<bool> server_connection::secure() {
  if (core_->stopping())
    co_return false;
  set(saturating_add(now(), core_->options().head_timeout()));
  waits_idle_ = true; // a server that stops need not wait for it
  auto settings = *core_->options().tls();
  std::string reply{plain_reply};
  std::unique_ptr<net::tls_stream> secured;
  try {
    secured = co_await net::tls_server_handshake(std::move(stream_), std::move(settings), std::move(reply));
  } catch (const cancelled&) {
    if (!take_expiry())
      throw;
    co_return false;
  } catch (const net::net_error& error) {
    // That a client has left is no news.
    if (error.code().category() == net::tls_category())
      log_refusal(log_level::info, error.what());
    co_return false;
  }
  waits_idle_ = false;
  clear();
  tls_ = secured.get();
  stream_ = std::move(secured);
  co_return true;
}

task<void> server_connection::serve() {
  const auto& handler = core_->handler_function();
  if (core_->options().tls()) {
    const bool is_secure = co_await secure();
    if (!is_secure)
      co_return;
  }
  for (;;) {
    switch (parse()) {
    case need::parse:
      break;
    case need::flush:
      if (!flush_now())
        co_await flush();
      break;
    case need::bytes: {
      if (has_output() && !flush_now())
        co_await flush();
      if (at_end_ || (core_->stopping() && parser_.idle()))
        co_return;
      fit_buffer();
      set_read_deadline();
      waits_idle_ = parser_.idle();
      bool is_late = false;
      std::size_t size = 0;
      try {
        if (auto* const source = stream_->input()) {
          std::optional<std::size_t> got = read_now(*source);
          while (!got) {
            co_await net::detail::input_awaiter{*source};
            got = read_now(*source);
          }
          size = *got;
        } else {
          size = co_await stream_->read_some(buffer_.room());
        }
      } catch (const cancelled&) {
        if (!take_expiry())
          throw;
        is_late = true;
      }
      const bool was_idle = std::exchange(waits_idle_, false);
      idle_.end();
      end_read();
      if ((is_late && was_idle) || (!is_late && size == 0))
        co_return; // nobody waits for an answer
      received(size);
      if (is_late)
        static_cast<void>(on_late());
      break;
    }
    case need::handler: {
      release_buffer();
      if (handler.form() == actors::http::detail::handler_form::exchange) {
        co_await call_exchange();
        if (upgraded_)
          co_return;
        break;
      }
      // What is pending must not wait for a handler that does.
      if (has_output()) {
        flush_wanted_ = true;
        nudge_later();
      }
      std::exception_ptr problem;
      request_scope traced{*context(), request_};
      begin_handler();
      try {
        auto answer = co_await handler.answer_later(std::move(request_));
        flush_wanted_ = false;
        end_handler();
        if (!client_gone_)
          append(std::move(answer));
      } catch (const cancelled&) {
        if (client_gone_)
          static_cast<void>(take_expiry());
        if (context()->cancel_requests() > 0) {
          traced.failed(std::current_exception());
          log_access(true);
          throw;
        }
        problem = std::current_exception();
      } catch (...) {
        problem = std::current_exception();
      }
      flush_wanted_ = false;
      end_handler();
      if (client_gone_) {
        static_cast<void>(take_expiry());
        if (problem)
          traced.failed(problem);
        log_access(true);
        co_return;
      }
      if (problem)
        append_failure(problem);
      log_access(false);
      traced.answered(sent_status_, problem);
      parser_.recycle(std::move(request_));
      break;
    }
    case need::close:
      if (has_output() && !flush_now())
        co_await flush();
      if (must_linger_ || !input_.empty())
        co_await net::detail::linger(*stream_);
      co_return;
    }
  }
}

server_connection::need server_connection::parse() {
  for (;;) {
    if (!keep_alive_ && !in_body_)
      return need::close;
    if (out_.size() >= flush_size || !body_.empty())
      return need::flush;
    auto next = need::parse;
    switch (parser_.next(input_)) {
    case parse_event::more:
      return need::bytes;
    case parse_event::head:
      next = on_head();
      break;
    case parse_event::body:
      parser_.head().body().append(parser_.body());
      break;
    case parse_event::complete:
      next = on_complete();
      break;
    default:
      next = on_failure(parser_.failure().kind, parser_.failure().message);
      break;
    }
    if (next != need::parse)
      return next;
  }
}

server_connection::need server_connection::on_head() {
  const auto& head = parser_.head();
  in_body_ = true;
  head_deadline_ = time_point::max();
  body_waited_ = duration::zero();
  ++requests_in_read_;
  ++requests_;
  keep_alive_ = parser_.keep_alive() && requests_ != core_->options().max_requests();
  method_ = head.method();
  version_ = head.version();
  target_ = head.target();
  if (const auto& proxies = core_->options().proxies())
    set_origin(parser_.head(), proxies->origin_of(head, stream_->peer(), scheme()));
  if (core_->options().access_log())
    begin_access(head);
  if (method_ == method::connect)
    return refuse(status::not_implemented, "CONNECT is not supported");
  continue_wanted_ = false;
  if (parser_.content_length() != 0U) {
    if (const auto expected = head.get("Expect"); expected && version_ == version::http_1_1) {
      if (!head.fields().has_token("Expect", "100-continue"))
        return refuse(status::expectation_failed, "only 100-continue can be expected");
      continue_wanted_ = input_.empty(); // else the client has not waited
    }
  }
  if (core_->handler_function().form() == actors::http::detail::handler_form::exchange) {
    request_ = std::move(parser_.head());
    return need::handler;
  }
  if (std::exchange(continue_wanted_, false))
    out_.text().append(continue_answer);
  return need::parse;
}

server_connection::need server_connection::on_complete() {
  in_body_ = false;
  const auto& handler = core_->handler_function();
  if (handler.form() == actors::http::detail::handler_form::coroutine) {
    request_ = std::move(parser_.head());
    return need::handler;
  }
  std::exception_ptr problem;
  request_scope traced{*context(), parser_.head()};
  try {
    append(handler.answer(std::move(parser_.head())));
  } catch (...) {
    problem = std::current_exception();
  }
  if (problem)
    append_failure(problem);
  log_access(false);
  traced.answered(sent_status_, problem);
  parser_.recycle();
  return need::parse;
}

server_connection::need server_connection::on_failure(errc kind, std::string_view problem) {
  return refuse(status_for(kind), problem);
}

server_connection::need server_connection::on_late() {
  return refuse(status::request_timeout, in_body_ ? "the body took too long" : "the head took too long");
}

/// Answers a request that no handler gets to see, or that went wrong under it, and ends the connection.
server_connection::need server_connection::refuse(status code, std::string_view problem) {
  in_body_ = keep_alive_ = false;
  must_linger_ = true;
  if (core_->options().access_log() && (!access_ || !access_->is_open)) {
    target_.clear(); // that of the request before
    begin_access(request{});
  }
  append_error(code, problem);
  log_access(false);
  std::string text = "refused a request of " + stream_->peer() + ": " + std::to_string(http::code(code)) + " ";
  log_refusal(log_level::warning, text.append(problem));
  return need::close;
}

void server_connection::log_refusal(log_level level, std::string text) {
  const auto left_out = core_->may_log_refusal(now());
  if (!left_out)
    return;
  if (*left_out > 0)
    text.append(" (" + std::to_string(*left_out) + " others before were not logged)");
  core_->log(*context()).write({level, "http", text});
}

// -- waits -------------------------------------------------------------------------------------------------------------

void server_connection::begin_handler() {
  in_handler_ = true;
  own_wait_ = client_gone_ = false;
  watch_pause_ = first_look;
  set(saturating_add(now(), watch_pause_));
}

void server_connection::end_handler() noexcept {
  in_handler_ = false;
  if (on_stop_)
    on_stop_ = nullptr;
  clear();
}

void server_connection::begin_wait(time_point deadline) {
  own_wait_ = true;
  set(deadline);
}

void server_connection::end_wait() {
  own_wait_ = false;
  clear();
  if (in_handler_)
    set(saturating_add(now(), watch_pause_));
}

const char* server_connection::on_deadline() {
  if (!in_handler_ || own_wait_)
    return out_of_time;
  if (!client_is_there()) {
    client_gone_ = true;
    return "the client has gone";
  }
  watch_pause_ = std::min<duration>(watch_pause_ * 2, longest_pause);
  set(saturating_add(now(), watch_pause_));
  return nullptr;
}

/// Reads ahead as far as there is room, since the end comes behind what the client has sent.
bool server_connection::client_is_there() {
  if (at_end_)
    return true;
  if (input_.empty()) {
    if (!in_body_) {
      filled_ = 0; // else the handler may look at a piece
      buffer_.resize(read_buffer::small);
    }
  } else if (filled_ == buffer_.room().size() && !in_body_) {
    std::memmove(buffer_.room().data(), input_.data(), input_.size());
    received(input_.size());
  }
  const auto space = buffer_.room().subspan(filled_);
  if (space.empty())
    return true;
  try {
    const auto size = stream_->try_read_some(space);
    if (!size)
      return true;
    if (*size == 0) {
      at_end_ = true;
      return core_->options().answers_half_closed();
    }
    input_ = {input_.empty() ? space.data() : input_.data(), input_.size() + *size};
    filled_ += *size;
    return true;
  } catch (const std::exception&) {
    return false; // a broken connection, or bytes that are none of its TLS
  }
}

std::optional<std::size_t> server_connection::read_now(net::detail::input& from) {
  if (!from.is_worth_trying()) {
    buffer_.release();
    return std::nullopt;
  }
  buffer_.borrow();
  const auto size = from.try_read(buffer_.room());
  if (!size)
    buffer_.release();
  return size;
}

/// What a connection has to hold while it waits: between requests no more than it needs, unless its client sends
/// several at a time.
void server_connection::fit_buffer() {
  if (stream_->input() == nullptr) {
    const auto size = buffer_.room().size();
    const bool is_quiet = parser_.idle() && requests_in_read_ <= 1;
    buffer_.resize(is_quiet || size == 0 ? read_buffer::small : filled_ == size ? read_buffer::big : size);
  }
  requests_in_read_ = 0;
}

void server_connection::set_read_deadline() {
  const auto& options = core_->options();
  const auto current = now();
  if (in_body_) {
    auto limit = options.body_timeout();
    if (options.min_body_rate() > 0) {
      // Only the time that we wait for the client counts, not that in which a handler does not read.
      constexpr std::uint64_t day = 86'400'000;
      const milliseconds earned{std::min(parser_.body_received() * 1000 / options.min_body_rate(), day)};
      if (const auto left = options.body_grace() - body_waited_; left < limit)
        limit = std::min(limit, left + earned);
    }
    body_wait_begun_ = current;
    begin_wait(saturating_add(current, limit));
  } else if (parser_.idle()) {
    if (requests_ > 0) { // a first request is not answered by closing the connection; clients repeat only later ones
      idle_.begin(current);
      core_->became_idle();
    }
    set(saturating_add(current, options.idle_timeout()));
  } else {
    if (head_deadline_ == time_point::max())
      head_deadline_ = saturating_add(current, options.head_timeout());
    set(head_deadline_);
  }
}

void server_connection::end_read() {
  if (in_body_ && core_->options().min_body_rate() > 0)
    body_waited_ += now() - body_wait_begun_;
  end_wait();
}

bool server_connection::on_nudge() {
  if (idle_.is_unwanted() && !waits_idle_)
    core_->keep(this); // there was a request on its way
  if (upgraded_) {
    if (core_->stopping())
      upgraded_->begin_stop();
    return false;
  }
  if (on_stop_ && core_->stopping())
    std::exchange(on_stop_, nullptr)();
  if (flush_wanted_) {
    try {
      static_cast<void>(flush_now());
    } catch (const net::net_error&) {
      // The next write will say so again, where it can be dealt with.
    }
  }
  return waits_idle_ && (core_->stopping() || idle_.is_unwanted());
}

} // namespace actors::http::internal
