#include <actors/http/client.hpp>

#include <actors/core/cleanup.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/error.hpp>
#include <actors/core/this_task.hpp>
#include <actors/http/internal/client_exchange.hpp>
#include <actors/http/internal/client_hook.hpp>
#include <actors/http/internal/connection_pool.hpp>
#include <actors/http/internal/content_decoder.hpp>
#include <actors/http/internal/conversation.hpp>
#include <actors/http/internal/redirect.hpp>
#include <actors/http/internal/request_sender.hpp>
#include <actors/http/internal/trace_fields.hpp>
#include <actors/http/internal/transport.hpp>
#include <actors/http/internal/upload.hpp>

#include <exception>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace actors::http {

using internal::client_exchange;
using internal::connection_pool;
using internal::make_client_error;
using internal::outgoing_body;

struct client::state {
  explicit state(client_options given)
      : options(std::make_shared<const client_options>(std::move(given))),
        pool(std::make_shared<connection_pool>(connection_pool::limits{
            options->max_connections_per_host(), options->max_connections(), options->keep_alive_timeout()})),
        transport(std::make_shared<internal::transport>(options->connect_with(),
                                                        options->names() ? *options->names() : net::name_cache{},
                                                        options->tls(), options->proxy().tls())) {
    if (options->max_connections_per_host() == 0 || options->max_connections() == 0)
      throw misuse_error("an http client needs room for at least one connection");
  }

  std::shared_ptr<const client_options> options;
  std::shared_ptr<connection_pool> pool;
  std::shared_ptr<internal::transport> transport;
  std::shared_ptr<internal::digest_sessions> digests = std::make_shared<internal::digest_sessions>();
};

namespace {

void check_target(const url& where, const request& what) {
  if (!where.is_http())
    throw make_client_error(client_errc::unsupported, what, where,
                            where.empty() ? std::string{"the URL is empty"}
                                          : "the scheme " + std::string{where.scheme()} +
                                                " is not supported, only http and https are");
  if (where.port() == 0)
    throw make_client_error(client_errc::unsupported, what, where, "port 0 cannot be connected to");
  if (what.method() == method::connect)
    throw make_client_error(client_errc::unsupported, what, where, "CONNECT is not supported");
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
  if (fields.contains("Range")) {
    // A part of a compressed body cannot be decoded.
    fields.add("Accept-Encoding", "identity");
    return false;
  }
  fields.add("Accept-Encoding", internal::content_decoder::accepted);
  return true;
}

/// What goes out beside the wait for the response; null if there is nothing, or so little that it goes with the head.
std::shared_ptr<outgoing_body> make_outgoing(request& what, std::unique_ptr<body_source> body) {
  if (!body) {
    auto& text = what.body();
    const bool is_apart = text.size() > client_exchange::small_body || what.fields().contains("Expect");
    if (text.empty() || !is_apart)
      return nullptr;
    body = text_body(std::exchange(text, {}));
  }
  return std::make_shared<outgoing_body>(std::move(body));
}

task<response> receive(task<response_stream> opening) {
  auto stream = co_await std::move(opening);
  co_return co_await stream.read_response();
}

} // namespace

client::client() : client(client_options{}) {}

client::client(client_options options) : state_(std::make_shared<state>(std::move(options))) {}

task<response> client::get(std::string_view where) const {
  return fetch(state_, url::parse(where), request{}, nullptr);
}

task<response> client::get(url where) const {
  return fetch(state_, std::move(where), request{}, nullptr);
}

task<response> client::send(std::string_view where, request what) const {
  return fetch(state_, url::parse(where), std::move(what), nullptr);
}

task<response> client::send(url where, request what) const {
  return fetch(state_, std::move(where), std::move(what), nullptr);
}

task<response> client::send(std::string_view where, request what, std::unique_ptr<body_source> body) const {
  return fetch(state_, url::parse(where), std::move(what), std::move(body));
}

task<response> client::send(url where, request what, std::unique_ptr<body_source> body) const {
  return fetch(state_, std::move(where), std::move(what), std::move(body));
}

task<response> client::send(std::string_view where, multipart_form form) const {
  return post(state_, url::parse(where), std::move(form));
}

task<response_stream> client::open(std::string_view where, request what) const {
  auto sent = make_outgoing(what, nullptr);
  return start(state_, url::parse(where), std::move(what), std::move(sent));
}

task<response_stream> client::open(url where, request what) const {
  auto sent = make_outgoing(what, nullptr);
  return start(state_, std::move(where), std::move(what), std::move(sent));
}

task<response_stream> client::open(std::string_view where, request what, std::unique_ptr<body_source> body) const {
  auto sent = make_outgoing(what, std::move(body));
  return start(state_, url::parse(where), std::move(what), std::move(sent));
}

task<response_stream> client::open(url where, request what, std::unique_ptr<body_source> body) const {
  auto sent = make_outgoing(what, std::move(body));
  return start(state_, std::move(where), std::move(what), std::move(sent));
}

task<response> client::post(std::shared_ptr<state> self, url where, multipart_form form) {
  auto head = form.make_request();
  auto body = co_await std::move(form).body();
  co_return co_await fetch(std::move(self), std::move(where), std::move(head), std::move(body));
}

task<response> client::fetch(std::shared_ptr<state> self, url where, request what, std::unique_ptr<body_source> body) {
  auto sent = make_outgoing(what, std::move(body));
  auto whole = receive(start(std::move(self), std::move(where), std::move(what), sent));
  if (sent == nullptr)
    return whole;
  // The caller's body may refer to what is gone when the caller goes on.
  return with_cleanup(std::move(whole), [sent = std::move(sent)] { return sent->end(); });
}

task<response_stream> client::start(std::shared_ptr<state> self, url where, request what,
                                    std::shared_ptr<outgoing_body> body) {
  const auto& options = *self->options;
  const auto now = (co_await this_task()).now();
  check_target(where, what);
  const bool decodes = complete_fields(options, what);
  internal::request_sender sending{self->options, self->pool, self->transport,
                                   saturating_add(now, options.total_timeout()), decodes};
  internal::conversation talk{self->options, sending, self->digests, where, what};
  auto& context = co_await actors::detail::current_context{};
  const bool own_trace = what.fields().contains("traceparent");
  for (std::size_t redirects = 0;; ++redirects) {
    internal::outgoing_request traced{context, where, what, own_trace};
    std::unique_ptr<client_exchange> exchange;
    try {
      exchange = co_await talk.answer_to(where, what, body.get());
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
      throw make_client_error(client_errc::protocol, what, where, "the redirect's Location is no URL: " + why);
    if (redirects == options.max_redirects())
      throw make_client_error(client_errc::redirect_loop, what, where,
                              "more than " + std::to_string(redirects) + " redirects, the next to " +
                                  next->without_userinfo().to_string());
    const auto answer = exchange->head().status();
    if (internal::becomes_get(what.method(), answer))
      body.reset();
    if (body) {
      const bool is_new = co_await body->rewind();
      if (!is_new)
        co_return response_stream{std::move(exchange), redirects};
    }
    internal::tell_hook(options, client_event_kind::redirect, where, code(answer),
                        next->without_userinfo().to_string());
    co_await exchange->drain();
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
