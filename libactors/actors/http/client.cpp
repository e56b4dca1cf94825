#include <actors/http/client.hpp>

#include <actors/core/detail/task_context.hpp>
#include <actors/core/error.hpp>
#include <actors/core/this_task.hpp>
#include <actors/core/timeout.hpp>
#include <actors/http/internal/client_exchange.hpp>
#include <actors/http/internal/connection_pool.hpp>
#include <actors/http/internal/content_decoder.hpp>
#include <actors/http/internal/redirect.hpp>
#include <actors/http/internal/trace_fields.hpp>
#include <actors/http/internal/transport.hpp>
#include <actors/net/error.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace actors::http {

using internal::client_exchange;
using internal::connection_pool;

struct client::state {
  explicit state(client_options given)
      : options(std::make_shared<const client_options>(std::move(given))),
        pool(std::make_shared<connection_pool>(connection_pool::limits{
            options->max_connections_per_host(), options->max_connections(), options->keep_alive_timeout()})),
        transport(std::make_shared<internal::transport>(
            options->connect_with(), options->names() ? *options->names() : net::name_cache{}, options->tls())) {
    if (options->max_connections_per_host() == 0 || options->max_connections() == 0)
      throw misuse_error("an http client needs room for at least one connection");
  }

  std::shared_ptr<const client_options> options;
  std::shared_ptr<connection_pool> pool;
  std::shared_ptr<internal::transport> transport;
};

namespace {

/// A body of this size is read for the sake of its connection when a redirect is followed.
constexpr std::size_t max_drained = std::size_t{64} * 1024;

client_error make_error(client_errc kind, const request& what, const url& where, std::string_view problem) {
  return client_error{kind, to_string(what.method()), where.without_userinfo().to_string(), problem};
}

std::string text_of(duration limit) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(limit).count()) + " ms";
}

void check_target(const url& where, const request& what) {
  if (!where.is_http())
    throw make_error(client_errc::unsupported, what, where,
                     where.empty()
                         ? std::string{"the URL is empty"}
                         : "the scheme " + std::string{where.scheme()} + " is not supported, only http and https are");
  if (where.port() == 0)
    throw make_error(client_errc::unsupported, what, where, "port 0 cannot be connected to");
  if (what.method() == method::connect)
    throw make_error(client_errc::unsupported, what, where, "CONNECT is not supported");
}

/// The fields that every request has. True if compressed bodies are to be decoded.
bool complete_fields(const client_options& options, request& what) {
  auto& fields = what.fields();
  if (!fields.contains("User-Agent") && !options.user_agent().empty())
    fields.add("User-Agent", options.user_agent());
  if (!fields.contains("Accept"))
    fields.add("Accept", "*/*");
  if (!options.decode() || fields.contains("Accept-Encoding"))
    return false;
  fields.add("Accept-Encoding", internal::content_decoder::accepted);
  return true;
}

client_errc kind_of(const net::net_error& error) noexcept {
  switch (internal::transport::phase_of(error)) {
  case internal::transport::phase::resolve:
    return client_errc::resolve;
  case internal::transport::phase::tls:
    return error.code() == std::errc::timed_out ? client_errc::timeout : client_errc::tls;
  default:
    return client_errc::connect;
  }
}

/// One request without its redirects.
class sender {
public:
  sender(std::shared_ptr<const client_options> options, std::shared_ptr<connection_pool> pool,
         std::shared_ptr<internal::transport> transport, time_point deadline, bool decodes)
      : options_(std::move(options)), pool_(std::move(pool)), transport_(std::move(transport)), deadline_(deadline),
        decodes_(decodes) {}

  task<std::unique_ptr<client_exchange>> send(const url& where, const request& what) {
    for (bool is_retry = false;; is_retry = true) {
      auto lease = co_await acquire(where, what);
      if (is_retry)
        lease.forget_connection();
      if (lease.connection() == nullptr)
        co_await connect(lease, where, what);
      auto exchange =
          std::make_unique<client_exchange>(options_, std::move(lease), what.method(), where, deadline_, decodes_);
      try {
        co_await exchange->begin(what);
        co_return exchange;
      } catch (const client_error&) {
        if (is_retry || !exchange->was_stale() || !is_idempotent(what.method()))
          throw;
      }
    }
  }

private:
  [[nodiscard]] task<duration> time_left() const {
    const auto now = (co_await this_task()).now();
    co_return deadline_ == time_point::max() ? forever : deadline_ - now;
  }

  [[nodiscard]] client_error late(const url& where, const request& what, std::string_view doing) const {
    return make_error(client_errc::timeout, what, where,
                      "not done after " + text_of(options_->total_timeout()) + " while " + std::string{doing});
  }

  task<connection_pool::lease> acquire(const url& where, const request& what) {
    auto key = where.origin();
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

  static bool is_fit(internal::client_connection& connection) {
    try {
      return connection.is_fit();
    } catch (const net::net_error&) {
      return false;
    }
  }

  task<void> connect(connection_pool::lease& lease, const url& where, const request& what) {
    const auto left = co_await time_left();
    const auto limit = std::min(left, options_->connect_timeout());
    std::unique_ptr<net::stream> stream;
    try {
      stream = co_await with_timeout(limit, transport_->open(where));
    } catch (const timeout_error&) {
      if (limit == left)
        throw late(where, what, "connecting");
      throw make_error(client_errc::timeout, what, where, "no connection after " + text_of(limit));
    } catch (const net::net_error& error) {
      throw make_error(kind_of(error), what, where, error.what());
    }
    lease.set(std::make_unique<internal::client_connection>(std::move(stream), options_->limits()));
  }

  std::shared_ptr<const client_options> options_;
  std::shared_ptr<connection_pool> pool_;
  std::shared_ptr<internal::transport> transport_;
  time_point deadline_;
  bool decodes_;
};

/// Reads a short body to its end, so that its connection can be used again. What goes wrong with it matters to nobody.
task<void> drain(client_exchange& exchange) {
  std::size_t total = 0;
  if (exchange.content_length().value_or(0) > max_drained)
    co_return;
  try {
    for (;;) {
      const auto next = exchange.advance();
      if (next == client_exchange::step::end)
        co_return;
      if (next == client_exchange::step::wait) {
        co_await exchange.fill();
        continue;
      }
      total += exchange.piece().size();
      if (total > max_drained)
        co_return;
    }
  } catch (const client_error&) {
  }
}

} // namespace

client::client() : client(client_options{}) {}

client::client(client_options options) : state_(std::make_shared<state>(std::move(options))) {}

task<response> client::get(std::string_view where) const {
  return fetch(state_, url::parse(where), request{});
}

task<response> client::get(url where) const {
  return fetch(state_, std::move(where), request{});
}

task<response> client::send(std::string_view where, request what) const {
  return fetch(state_, url::parse(where), std::move(what));
}

task<response> client::send(url where, request what) const {
  return fetch(state_, std::move(where), std::move(what));
}

task<response_stream> client::open(std::string_view where, request what) const {
  return start(state_, url::parse(where), std::move(what));
}

task<response_stream> client::open(url where, request what) const {
  return start(state_, std::move(where), std::move(what));
}

task<response> client::fetch(std::shared_ptr<state> self, url where, request what) {
  auto stream = co_await start(std::move(self), std::move(where), std::move(what));
  co_return co_await stream.read_response();
}

task<response_stream> client::start(std::shared_ptr<state> self, url where, request what) {
  const auto& options = *self->options;
  const auto now = (co_await this_task()).now();
  check_target(where, what);
  what.set_target(where.target());
  const bool decodes = complete_fields(options, what);
  sender sending{self->options, self->pool, self->transport, saturating_add(now, options.total_timeout()), decodes};
  auto& context = co_await actors::detail::current_context{};
  const bool own_trace = what.fields().contains("traceparent");
  for (std::size_t redirects = 0;; ++redirects) {
    internal::outgoing_request traced{context, where, what, own_trace};
    std::unique_ptr<client_exchange> exchange;
    try {
      exchange = co_await sending.send(where, what);
    } catch (...) {
      traced.failed(std::current_exception());
      throw;
    }
    traced.answered(exchange->head().status());
    if (!options.follow_redirects())
      co_return response_stream{std::move(exchange), redirects};
    std::string why;
    const auto next = internal::redirect_target(where, exchange->head(), why);
    if (!next && why.empty())
      co_return response_stream{std::move(exchange), redirects};
    if (!next)
      throw make_error(client_errc::protocol, what, where, "the redirect's Location is no URL: " + why);
    if (redirects == options.max_redirects())
      throw make_error(client_errc::redirect_loop, what, where,
                       "more than " + std::to_string(redirects) + " redirects, the next to " + next->to_string());
    const auto answer = exchange->head().status();
    co_await drain(*exchange);
    exchange.reset();
    internal::follow(what, answer, where, *next);
    where = *next;
    check_target(where, what);
  }
}

void client::close_idle() const noexcept {
  state_->pool->close_idle();
}

std::size_t client::open_connections() const {
  return state_->pool->open_count();
}

std::size_t client::idle_connections() const {
  return state_->pool->idle_count();
}

const client_options& client::options() const noexcept {
  return *state_->options;
}

} // namespace actors::http
