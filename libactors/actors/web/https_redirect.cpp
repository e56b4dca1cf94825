#include <actors/web/https_redirect.hpp>

#include <actors/web/internal/request_facts.hpp>

namespace actors::web {

https_redirect& https_redirect::hsts(std::chrono::seconds max_age, bool include_subdomains, bool preload) {
  hsts_ = "max-age=" + std::to_string(max_age.count());
  hsts_.append(include_subdomains ? "; includeSubDomains" : "").append(preload ? "; preload" : "");
  return *this;
}

task<reply> https_redirect::operator()(context& c, next go_on) const {
  if (internal::came_by_https(c, is_behind_proxies_)) {
    auto answer = co_await go_on(c);
    if (!hsts_.empty() && !answer.is_taken_over())
      answer.head().set("Strict-Transport-Security", hsts_);
    co_return answer;
  }
  const auto text = internal::requested_host(c, is_behind_proxies_);
  const auto where = internal::parse_host(text);
  if (where.host.empty())
    co_return http::response{http::status::bad_request, "Invalid host header", "text/plain; charset=utf-8"};
  auto location = "https://" + where.host;
  if (port_ != 443)
    location.append(":").append(std::to_string(port_));
  location.append(internal::path_and_query(c));
  co_return http::response{status_}.set("Location", location);
}

} // namespace actors::web
