#pragma once

#include <actors/core/task.hpp>
#include <actors/http/body_source.hpp>
#include <actors/http/client_error.hpp>
#include <actors/http/client_options.hpp>
#include <actors/http/message.hpp>
#include <actors/http/multipart.hpp>
#include <actors/http/response_stream.hpp>
#include <actors/http/url.hpp>

#include <cstddef>
#include <memory>
#include <string_view>

namespace actors::http {

namespace internal {
class outgoing_body;
}

/// An HTTP client with a pool of connections.
///
///     client web{client_options{}.total_timeout(30s)};
///     auto page = co_await web.get("http://example.com/");       // the whole response as a value
///     auto file = co_await web.open("http://example.com/big");   // the head; the body in pieces
///     const request order{method::post, "/", "{}", "application/json"};
///     auto made = co_await web.send("http://example.com/orders", order);
///
/// Bodies of requests are values, forms (`form.hpp`, `multipart.hpp`, `json.hpp`) or made while they are sent
/// (`body_source.hpp`). Those that are sent in pieces do not keep the response waiting: an answer that comes early is
/// given at once, and the rest of the body is sent while it is read, for as long as the exchange lasts.
///
/// A response with a status of 4xx or 5xx is a response and no error. The request's target is replaced by the URL's;
/// Host, User-Agent, Accept and Accept-Encoding are added where it has none of its own. User and password of a URL are
/// sent as basic authentication, to its origin. Compressed bodies are decoded. `https` is spoken over TLS, and the
/// server's certificate is verified (`client_options::tls`).
///
/// Redirects are followed as browsers do it: 303 makes a GET of everything but HEAD, 301 and 302 make one of a POST;
/// all others, and all after 307 and 308, are sent again as they were. Credentials stay with the origin they were meant
/// for. A redirect that needs a body which cannot begin again is the response.
///
/// Ownership: copies share one pool and are cheap. Connections belong to the runtime whose tasks use the client: use a
/// client in one runtime only, and do not let a `response_stream` outlive it.
///
/// Threads: any; as many requests at a time as there are connections, the others wait in order.
///
/// Cancellation: at once. A connection on which a request was cancelled, or failed in any way, is closed, never reused.
///
/// Retries: a pooled connection that the server had closed meanwhile, so that not one byte of a response came, is
/// replaced by a fresh one, once, if the method is idempotent. Anything more is asked for with `client_options::retry`.
///
/// Errors: `client_error` with its kind and URL; `error` with `invalid_url` for text that is none; what a source of a
/// body throws.
///
/// @snippet examples/http.cpp client
///
/// Source: RFC 9110, RFC 9112; Fetch for redirects.
class client {
public:
  client();
  explicit client(client_options options);

  /// Fetches a URL with GET: the whole response.
  [[nodiscard]] task<response> get(std::string_view where) const;
  [[nodiscard]] task<response> get(url where) const;

  /// Sends a request to a URL: the whole response.
  [[nodiscard]] task<response> send(std::string_view where, request what) const;
  [[nodiscard]] task<response> send(url where, request what) const;

  /// With a body that is made while it is sent, in the place of the request's own. Nobody uses the source any more when
  /// this has ended, however it ends.
  [[nodiscard]] task<response> send(std::string_view where, request what, std::unique_ptr<body_source> body) const;
  [[nodiscard]] task<response> send(url where, request what, std::unique_ptr<body_source> body) const;

  /// Posts a form with files.
  [[nodiscard]] task<response> send(std::string_view where, multipart_form form) const;

  /// The same up to the head of the response.
  [[nodiscard]] task<response_stream> open(std::string_view where, request what = {}) const;
  [[nodiscard]] task<response_stream> open(url where, request what = {}) const;

  /// The source may be in use until a moment after the stream has ended or was closed.
  [[nodiscard]] task<response_stream> open(std::string_view where, request what,
                                           std::unique_ptr<body_source> body) const;
  [[nodiscard]] task<response_stream> open(url where, request what, std::unique_ptr<body_source> body) const;

  /// Closes the connections that are idle.
  void close_idle() const noexcept;

  /// Connections of this moment: those in use and idle ones.
  [[nodiscard]] std::size_t open_connections() const;
  [[nodiscard]] std::size_t idle_connections() const;

  [[nodiscard]] const client_options& options() const noexcept;

private:
  struct state;

  static task<response> fetch(std::shared_ptr<state> self, url where, request what, std::unique_ptr<body_source> body);
  static task<response> post(std::shared_ptr<state> self, url where, multipart_form form);
  static task<response_stream> start(std::shared_ptr<state> self, url where, request what,
                                     std::shared_ptr<internal::outgoing_body> body);

  std::shared_ptr<state> state_;
};

} // namespace actors::http
