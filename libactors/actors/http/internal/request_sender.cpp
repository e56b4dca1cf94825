#include <actors/http/internal/request_sender.hpp>

#include <actors/core/this_task.hpp>
#include <actors/core/timeout.hpp>
#include <actors/http/internal/client_hook.hpp>
#include <actors/http/internal/route.hpp>
#include <actors/net/error.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <string>
#include <system_error>
#include <utility>

namespace actors::http::internal {

namespace {

client_errc kind_of(const net::net_error& error) noexcept {
  switch (transport::phase_of(error)) {
  case transport::phase::resolve:
    return client_errc::resolve;
  case transport::phase::tls:
    return error.code() == std::errc::timed_out ? client_errc::timeout : client_errc::tls;
  default:
    return client_errc::connect;
  }
}

bool is_fit(client_connection& connection) {
  try {
    return connection.is_fit();
  } catch (const net::net_error&) {
    return false;
  }
}

} // namespace

client_error make_client_error(client_errc kind, const request& what, const url& where, std::string_view problem) {
  return client_error{kind, to_string(what.method()), where.without_userinfo().to_string(), problem};
}

std::string text_of(duration limit) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(limit).count()) + " ms";
}

request_sender::request_sender(std::shared_ptr<const client_options> options, std::shared_ptr<connection_pool> pool,
                               std::shared_ptr<transport> opener, time_point deadline, bool decodes)
    : options_(std::move(options)), pool_(std::move(pool)), transport_(std::move(opener)), deadline_(deadline),
      decodes_(decodes) {}

task<std::unique_ptr<client_exchange>> request_sender::send(const url& where, const request& what,
                                                            outgoing_body* body) {
  for (bool is_retry = false;; is_retry = true) {
    auto lease = co_await acquire(where, what);
    if (is_retry)
      lease.forget_connection();
    if (lease.connection() == nullptr)
      co_await connect(lease, where, what);
    else
      tell_hook(*options_, client_event_kind::reused, where);
    auto exchange =
        std::make_unique<client_exchange>(options_, std::move(lease), what.method(), where, deadline_, decodes_);
    std::exception_ptr problem;
    try {
      co_await exchange->begin(what, body);
      co_return exchange;
    } catch (const client_error&) {
      if (is_retry || !exchange->was_stale() || !is_idempotent(what.method()))
        throw;
      problem = std::current_exception();
    }
    exchange.reset();
    if (body == nullptr)
      continue;
    const bool is_new = co_await body->rewind();
    if (!is_new)
      std::rethrow_exception(problem);
  }
}

task<duration> request_sender::time_left() const {
  const auto now = (co_await this_task()).now();
  co_return deadline_ == time_point::max() ? forever : deadline_ - now;
}

client_error request_sender::late(const url& where, const request& what, std::string_view doing) const {
  return make_client_error(client_errc::timeout, what, where,
                           "not done after " + text_of(options_->total_timeout()) + " while " + std::string{doing});
}

task<connection_pool::lease> request_sender::acquire(const url& where, const request& what) {
  auto key = route{*options_, where}.key(where);
  auto lease = pool_->try_acquire(key);
  if (!lease) {
    const auto left = co_await time_left();
    try {
      lease = co_await with_timeout(left, pool_->acquire(std::move(key)));
    } catch (const timeout_error&) {
      throw late(where, what, "waiting for a connection to be free");
    }
  }
  if (lease.connection() != nullptr && !is_fit(*lease.connection()))
    lease.forget_connection();
  co_return lease;
}

task<void> request_sender::connect(connection_pool::lease& lease, const url& where, const request& what) {
  tell_hook(*options_, client_event_kind::connecting, where);
  const auto left = co_await time_left();
  const auto limit = std::min(left, options_->connect_timeout());
  std::unique_ptr<net::stream> stream;
  try {
    stream = co_await with_timeout(limit, open_stream(where, what));
  } catch (const timeout_error&) {
    if (limit == left)
      throw late(where, what, "connecting");
    throw make_client_error(client_errc::timeout, what, where, "no connection after " + text_of(limit));
  } catch (const net::net_error& error) {
    throw make_client_error(kind_of(error), what, where, error.what());
  }
  tell_hook(*options_, client_event_kind::connected, where, 0, stream->peer());
  lease.set(std::make_unique<client_connection>(std::move(stream), options_->limits()));
}

/// What HTTP is spoken over with the server of `where`, or with its proxy.
task<std::unique_ptr<net::stream>> request_sender::open_stream(const url& where, const request& what) const {
  const route way{*options_, where};
  if (way.proxy() == nullptr)
    co_return co_await transport_->open(where);
  auto stream = co_await transport_->open_proxy(*way.proxy());
  if (!way.uses_tunnel())
    co_return stream;
  std::optional<std::string> agent;
  if (const auto given = what.get("User-Agent"))
    agent = *given;
  auto failure = co_await open_tunnel(*stream, *way.proxy(), where, std::move(agent), options_->limits());
  if (failure)
    throw make_client_error(failure->kind, what, where, failure->problem);
  tell_hook(*options_, client_event_kind::tunnel, where, 0, way.proxy()->authority());
  if (where.is_secure())
    stream = co_await transport_->secure(std::move(stream), std::string{where.host()});
  co_return stream;
}

} // namespace actors::http::internal
