#pragma once

#include <actors/core/task.hpp>
#include <actors/http/access_log.hpp>
#include <actors/web/middleware.hpp>

#include <functional>
#include <memory>
#include <utility>

/// Tells of each request that was served, in the forms of http/access_log.hpp, with the route that it took and its
/// identifier:
///
///     app.use(access_logging{http::access_lines(log, http::access_form::json)});
///
/// The server's own access log (http::server_options::access_log) sees what never reaches an application, such as
/// malformed requests, and knows neither of the two; use one of them. An event is made when a whole reply is there, or
/// when the body of one in pieces has ended; a client that has left before is told as 499. What has left HTTP is told
/// at its end, as 101 if the client had asked for WebSocket.
///
/// Threads: the sink is called on all workers, and must neither block nor throw. Cost: an event a request.
namespace actors::web {

class access_logging {
public:
  explicit access_logging(http::access_sink to) : to_(std::move(to)) {}

  /// Whether the client is whom the Forwarded field names, which the server has written for trusted proxies; no.
  access_logging& behind_proxies(bool value = true) noexcept {
    is_behind_proxies_ = value;
    return *this;
  }

  /// Requests of which nothing is told, such as those for `/health`.
  access_logging& skip_when(std::function<bool(const context&)> value) {
    skip_when_ = std::move(value);
    return *this;
  }

  [[nodiscard]] task<reply> operator()(context& c, next go_on) const;

private:
  http::access_sink to_;
  std::function<bool(const context&)> skip_when_;
  bool is_behind_proxies_ = false;
};

} // namespace actors::web
