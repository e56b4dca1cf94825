#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/http/handler.hpp>
#include <actors/http/server_options.hpp>
#include <actors/net/stream.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace actors::http {

/// An HTTP/1.1 server: keep-alive, pipelining, chunked bodies, `Expect: 100-continue`, HEAD, HTTP/1.0 clients; plain or
/// over TLS (`server_options::tls`).
///
///     response hello(const request& r) { return response{status::ok, "hello " + r.target(), "text/plain"}; }
///
///     task<> app() {
///       server site{hello, server_options{}.listen_on("127.0.0.1", 8080)};
///       co_await site.start();
///       std::cout << site.url() << '\n';
///       co_await site.join();
///     }
///
/// Ownership: the server is a tree of tasks under the task that calls `start`: it ends with that task, or earlier with
/// `stop` or this object. There is a task for each connection, bound to one worker, so a request is read, answered and
/// written on one thread; the handler runs inside of it, and a handler that computes for long holds up the other
/// connections of its worker (`to_thread` helps).
///
/// Threads: once `start` has returned, all members may be called from any task of the runtime.
///
/// End: `stop(grace)` accepts nothing more, closes idle connections, lets requests under way be answered (with
/// `Connection: close`), and after `grace` cancels what is left. Cancelling the owning task does the last at once.
///
/// A client that leaves while its handler waits has the handler cancelled, within half a second: work for nobody ends.
///
/// Errors: malformed and oversized requests are answered with 400, 408, 413, 414, 417, 431, 501 or 505 and the
/// connection is closed; they never reach the handler. A handler's exception is logged and answered with 500, without
/// its text. `start` throws `net_error` if it cannot listen.
///
/// Cost: one allocation-free parse and one write per batch of pipelined requests; timers are not touched per request
/// (`benchmarks/http/hello_server.cpp`). Source: RFC 9110, RFC 9112.
///
/// @snippet examples/http_echo.cpp tls
class server {
public:
  /// Throws `error` with `invalid_field_value` for a server name that is no value of a field.
  explicit server(handler function, server_options options = {});

  /// Ends the server at once, if it runs.
  ~server();

  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Listens and begins to serve, as a child of the calling task. Throws `misuse_error` the second time.
  [[nodiscard]] task<void> start();

  /// Waits until the server has ended.
  [[nodiscard]] task<void> join();

  /// Ends the server in order, see above.
  [[nodiscard]] task<void> stop(duration grace = std::chrono::seconds(10));

  /// Serves one connection that came some other way (a Unix socket, memory) to its end, in the calling task.
  [[nodiscard]] task<void> serve(std::unique_ptr<net::stream> connection);

  /// The port that it listens on (the first, see `addresses`), 0 before `start` and without any.
  [[nodiscard]] std::uint16_t port() const;

  /// Such as `http://127.0.0.1:8080` (the first, see `addresses`), or `https://` if it speaks TLS; empty before `start`
  /// and without TCP.
  [[nodiscard]] std::string url() const;

  /// All that it listens on, such as `127.0.0.1:8080` and `unix:/run/app.sock`; empty before `start`. The address of
  /// `listen_on` comes first, then those of `also_listen_on`, then the Unix sockets.
  [[nodiscard]] std::vector<std::string> addresses() const;

  /// Connections of this moment.
  [[nodiscard]] std::size_t connections() const;

private:
  struct state;

  std::shared_ptr<state> state_;
};

} // namespace actors::http
