#pragma once

#include <actors/core/task.hpp>
#include <actors/http/message.hpp>
#include <actors/observe/metrics.hpp>
#include <actors/web/middleware.hpp>

#include <memory>
#include <string>
#include <vector>

/// Counts and times what is served, in a registry of observe/metrics.hpp:
///
///     app.use(request_metrics{registry});
///     app.get("/metrics", [registry] { return metrics_page(registry); });
///
/// | name                            | kind      | labels                |
/// |---------------------------------|-----------|-----------------------|
/// | `http_requests_total`           | counter   | method, route, status |
/// | `http_request_duration_seconds` | histogram | method, route         |
/// | `http_requests_in_flight`       | gauge     |                       |
///
/// The route is its pattern (`/users/{user_id}`), never the path, and `none` where there is none, so that their number
/// is bounded. A request is in flight until its reply's body has been made, and its time is up to then; a client that
/// has left before there was a reply counts as 499.
///
/// Threads, ownership: a value; shares the metrics with the registry. Errors: `misuse_error` if a name is taken with
/// other labels. Cost: two look-ups under a lock a request.
namespace actors::web {

class request_metrics {
public:
  /// `prefix` stands before the names, such as `shop_`. The limits of the histogram are in seconds: 5 ms to 10 s,
  /// unless they are given.
  explicit request_metrics(const observe::metrics& in, const std::string& prefix = {}, std::vector<double> limits = {});

  [[nodiscard]] task<reply> operator()(context& c, next go_on) const;

private:
  observe::family<observe::counter> requests_;
  observe::family<observe::histogram> durations_;
  observe::gauge in_flight_;
};

/// A registry's metrics in Prometheus' text format.
[[nodiscard]] http::response metrics_page(const observe::metrics& of);

} // namespace actors::web
