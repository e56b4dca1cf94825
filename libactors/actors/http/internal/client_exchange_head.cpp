#include <actors/core/cancel_scope.hpp>
#include <actors/core/detail/io_worker.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/http/error.hpp>
#include <actors/http/internal/client_exchange.hpp>
#include <actors/http/internal/client_hook.hpp>
#include <actors/http/internal/serializer.hpp>
#include <actors/net/error.hpp>

#include <algorithm>
#include <string>
#include <utility>

/// The exchange up to the head of the response.
namespace actors::http::internal {

namespace {

/// Interim responses to one request; more are not worth waiting for.
constexpr int max_interim = 100;

/// Bodies up to this size go out with the head in one piece.
constexpr std::size_t small_body = std::size_t{64} * 1024;

} // namespace

task<void> client_exchange::begin(const request& message) {
  auto& c = connection();
  c.begin_exchange();
  c.parser().expect_response_to(message.method());
  // A server may answer, and close, before it has taken the whole body; so its answer counts more than our error.
  std::string write_problem;
  try {
    co_await send(message);
  } catch (const net::net_error& error) {
    write_problem = error.what();
  }
  if (write_problem.empty())
    tell(client_event_kind::request_sent);
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

task<void> client_exchange::send(const request& message) {
  std::string out;
  const auto& body = message.body();
  const bool is_small = body.size() <= small_body;
  out.reserve(256 + message.fields().wire().size() + (is_small ? body.size() : 0));
  append_head(out, message, framing_of(message), target_.authority());
  if (is_small)
    out.append(body);
  co_await write(out);
  if (!is_small)
    co_await write(body);
}

task<void> client_exchange::write(std::string_view data) {
  auto& c = connection();
  data.remove_prefix(c.stream().try_write_some(data));
  if (data.empty())
    co_return;
  auto& context = co_await actors::detail::current_context{};
  const auto core_now = [&context] { return actors::detail::now_of(actors::detail::core_of(context)); };
  // In pieces, so that a slow server that does take bytes is not called silent.
  constexpr std::size_t piece_size = std::size_t{256} * 1024;
  while (!data.empty()) {
    const auto piece = data.substr(0, piece_size);
    const auto limit = std::min(deadline_, saturating_add(core_now(), options_->idle_timeout()));
    cancel_scope scope{context, limit};
    try {
      co_await c.stream().write_all(piece);
      scope.leave();
    } catch (const cancelled&) {
      if (scope.leave_cancelled())
        fail_late(limit == deadline_, "sending the request");
      abandon();
      throw;
    }
    data.remove_prefix(piece.size());
  }
}

task<void> client_exchange::read_head() {
  auto& c = connection();
  auto& parser = c.parser();
  int interim = 0;
  for (;;) {
    switch (parser.next(c.input())) {
    case parse_event::head:
      if (!is_informational(parser.head().status())) {
        accept_head();
        co_return;
      }
      if (parser.upgrade())
        fail(client_errc::protocol, "the server switched to another protocol without being asked");
      if (++interim > max_interim)
        fail(client_errc::protocol, "more than " + std::to_string(max_interim) + " interim responses");
      tell(client_event_kind::interim, code(parser.head().status()));
      break;
    case parse_event::more:
      if (!try_fill())
        co_await fill();
      if (ended_)
        fail_ended("the server closed the connection");
      break;
    case parse_event::failed:
      fail_parsing();
    default: // the end of an interim response
      break;
    }
  }
}

void client_exchange::accept_head() {
  auto& parser = connection().parser();
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
