#include <actors/web/request_metrics.hpp>

#include <actors/core/this_task.hpp>
#include <actors/http/method.hpp>
#include <actors/web/internal/observed_reply.hpp>

#include <chrono>
#include <exception>
#include <utility>

namespace actors::web {

namespace {

std::vector<double> limits_or_usual(std::vector<double> limits) {
  if (limits.empty())
    limits = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
  return limits;
}

} // namespace

request_metrics::request_metrics(const observe::metrics& in, const std::string& prefix, std::vector<double> limits)
    : requests_(
          in.counters(prefix + "http_requests_total", "Requests that were answered.", {"method", "route", "status"})),
      durations_(in.histograms(prefix + "http_request_duration_seconds", "Time from a request to the end of its reply.",
                               limits_or_usual(std::move(limits)), {"method", "route"})),
      in_flight_(in.gauges(prefix + "http_requests_in_flight", "Requests that are being served.").get()) {}

task<reply> request_metrics::operator()(context& c, next go_on) const {
  const auto began = (co_await this_task()).now();
  in_flight_.add(1);
  reply answer;
  std::exception_ptr problem;
  try {
    answer = co_await go_on(c);
  } catch (...) {
    problem = std::current_exception();
  }
  const auto now = (co_await this_task()).now();
  const std::string method{http::to_string(c.request().method())};
  const std::string route{c.route().empty() ? std::string_view{"none"} : c.route()};
  const auto end = [requests = requests_, durations = durations_, in_flight = in_flight_, method, route,
                    began](int code, time_point when) {
    in_flight.add(-1);
    requests.with({method, route, std::to_string(code)}).add();
    durations.with({method, route}).observe(std::chrono::duration<double>(when - began).count());
  };
  if (problem) {
    end(499, now);
    std::rethrow_exception(problem);
  }
  if (answer.is_taken_over()) {
    end(http::code(http::status::switching_protocols), now);
    co_return answer;
  }
  const bool is_head = c.request().method() == http::method::head;
  internal::observe_reply(answer, is_head, now,
                          [end](const internal::sent_reply& sent) { end(http::code(sent.status), sent.when); });
  co_return answer;
}

http::response metrics_page(const observe::metrics& of) {
  return http::response{http::status::ok, of.render(), "text/plain; version=0.0.4; charset=utf-8"};
}

} // namespace actors::web
