#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/http/status.hpp>
#include <actors/web/middleware.hpp>

#include <chrono>

/// Bounds how long a handler may take for its reply:
///
///     app.use(request_timeout{std::chrono::seconds(5)});
///     reports.use(request_timeout{std::chrono::minutes(2)}.status(http::status::gateway_timeout));
///
/// When time is up the handler, and what stands between it and this, is cancelled; its cleanup is waited for, and then
/// 503 with `{"detail": "The request took too long"}` is the reply. A handler that swallows its cancellation and
/// replies, replies. Calls to services made inside know how much time is left (`ask`).
///
/// The body of a streamed reply may take as long as it wants, as its head says that all is well; so may a WebSocket
/// where there is a route for one. Of nested ones the shortest counts.
///
/// Errors: `misuse_error` for a limit that is not above zero. Cancellation: one from outside stays one. Cost: a timer a
/// request.
namespace actors::web {

class request_timeout {
public:
  explicit request_timeout(duration limit);

  /// What the reply says; 503.
  request_timeout& status(http::status value) noexcept {
    status_ = value;
    return *this;
  }

  [[nodiscard]] task<reply> operator()(context& c, next go_on) const;

private:
  duration limit_;
  http::status status_ = http::status::service_unavailable;
};

} // namespace actors::web
