#include <actors/core/cancel_scope.hpp>
#include <actors/core/detail/io_worker.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/http/error.hpp>
#include <actors/http/internal/client_exchange.hpp>
#include <actors/http/internal/client_hook.hpp>
#include <actors/http/internal/serializer.hpp>
#include <actors/net/error.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

/// The exchange up to the head of the response.
namespace actors::http::internal {

namespace {

/// Interim responses to one request; more are not worth waiting for.
constexpr int max_interim = 100;

} // namespace

task<void> client_exchange::begin(const request& message, outgoing_body* body) {
  auto& c = connection();
  c.begin_exchange();
  c.parser().expect_response_to(message.method());
  // A server may answer, and close, before it has taken the whole request; so its answer counts more than our error.
  std::string write_problem;
  try {
    co_await send(message, body);
  } catch (const net::net_error& error) {
    write_problem = error.what();
    unsent_ = true;
  }
  if (body != nullptr && !unsent_) {
    if (message.fields().has_token("Expect", "100-continue")) {
      const bool is_wanted = co_await wait_for_continue();
      unsent_ = !is_wanted;
    }
    if (!unsent_)
      start_upload(*body);
  } else if (!unsent_) {
    tell(client_event_kind::request_sent);
  }
  try {
    co_await read_head();
  } catch (const client_error& error) {
    if (write_problem.empty() || error.kind() != client_errc::disconnected)
      throw;
    throw make_error(client_errc::disconnected, write_problem);
  }
  if (content_length_ == 0U)
    static_cast<void>(advance()); // nothing more to come: the connection is free
}

/// The head, and the message's own body.
task<void> client_exchange::send(const request& message, const outgoing_body* body) {
  auto framing = framing_of(message);
  if (body != nullptr) {
    const auto size = body->source()->size();
    framing = size ? body_framing::sized(*size) : body_framing::chunked();
  }
  std::string out;
  out.reserve(256 + message.fields().wire().size() + message.body().size());
  append_head(out, message, framing, target_.authority());
  if (body == nullptr)
    out.append(message.body());
  co_await write(out);
}

task<void> client_exchange::write(std::string_view data) {
  auto& c = connection();
  data.remove_prefix(c.stream().try_write_some(data));
  if (data.empty())
    co_return;
  auto& context = co_await actors::detail::current_context{};
  const auto now = actors::detail::now_of(actors::detail::core_of(context));
  const auto limit = std::min(deadline_, saturating_add(now, options_->idle_timeout()));
  cancel_scope scope{context, limit};
  try {
    co_await c.stream().write_all(data);
    scope.leave();
  } catch (const cancelled&) {
    if (scope.leave_cancelled())
      fail_late(limit == deadline_, "sending the request");
    abandon();
    throw;
  }
}

void client_exchange::start_upload(outgoing_body& body) {
  upload_ = std::make_shared<upload>(connection().shared_stream(), body.source());
  std::function<void()> sent;
  if (options_->on_event())
    sent = [options = options_, target = target_] { tell_hook(*options, client_event_kind::request_sent, target); };
  body.is_read_by(upload_->start(std::move(sent)));
}

/// Whether the body is to be sent: the server has asked for it, or has said nothing for long enough.
task<bool> client_exchange::wait_for_continue() {
  auto& context = co_await actors::detail::current_context{};
  const auto now = [&context] { return actors::detail::now_of(actors::detail::core_of(context)); };
  const auto limit = saturating_add(now(), options_->continue_timeout());
  for (;;) {
    if (take_head())
      co_return false;
    if (continues_ || now() >= limit)
      co_return true;
    if (!try_fill())
      co_await fill_until(limit);
    if (ended_)
      fail_ended("the server closed the connection");
  }
}

task<void> client_exchange::read_head() {
  while (!take_head()) {
    if (!try_fill())
      co_await fill();
    if (ended_)
      fail_ended("the server closed the connection");
  }
}

/// Goes through what has come; true if the head of the final response is there.
bool client_exchange::take_head() {
  auto& c = connection();
  auto& parser = c.parser();
  while (!has_head_) {
    switch (parser.next(c.input())) {
    case parse_event::head:
      if (!is_informational(parser.head().status())) {
        accept_head();
        break;
      }
      if (parser.upgrade())
        fail(client_errc::protocol, "the server switched to another protocol without being asked");
      if (++interim_ > max_interim)
        fail(client_errc::protocol, "more than " + std::to_string(max_interim) + " interim responses");
      continues_ = continues_ || parser.head().status() == status::continue_;
      tell(client_event_kind::interim, code(parser.head().status()));
      break;
    case parse_event::more:
      return false;
    case parse_event::failed:
      fail_parsing();
    default: // the end of an interim response
      break;
    }
  }
  return true;
}

void client_exchange::accept_head() {
  auto& parser = connection().parser();
  has_head_ = true;
  head_ = std::move(parser.head());
  content_length_ = parser.content_length();
  tell(client_event_kind::head, code(head_.status()));
  const bool has_body = sends_body(head_.status(), sent_) && content_length_ != 0U;
  if (!decodes_ || !has_body || !head_.fields().contains("Content-Encoding"))
    return;
  try {
    decoder_.emplace(head_.fields(), limit_);
  } catch (const error& problem) {
    fail(client_errc::decode, problem.what());
  }
  if (decoder_->is_identity()) {
    decoder_.reset();
    return;
  }
  // What is handed out is no longer coded, and of another length.
  head_.fields().remove("Content-Encoding");
  head_.fields().remove("Content-Length");
}

} // namespace actors::http::internal
