#include <actors/web/trusted_hosts.hpp>

#include <actors/core/error.hpp>
#include <actors/web/internal/request_facts.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace actors::web {

trusted_hosts::trusted_hosts(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {
  for (auto& pattern : patterns_) {
    const bool has_star = pattern.starts_with("*.");
    if (pattern != "*") {
      const auto host = internal::parse_host(std::string_view{pattern}.substr(has_star ? 2 : 0));
      if (host.host.empty() || !host.port.empty())
        throw misuse_error("the trusted host " + pattern + " is neither a name nor *.name");
      pattern = (has_star ? "*." : "") + host.host;
    }
  }
}

bool trusted_hosts::fits(const std::string& host) const {
  return std::any_of(patterns_.begin(), patterns_.end(), [&host](std::string_view pattern) {
    return pattern == "*" || pattern == host ||
           (pattern.starts_with("*.") && host.size() >= pattern.size() && host.ends_with(pattern.substr(1)));
  });
}

task<reply> trusted_hosts::operator()(context& c, next go_on) const {
  const auto text = internal::requested_host(c, is_behind_proxies_);
  auto [host, port] = internal::parse_host(text);
  if (host.ends_with('.') && host.size() > 1)
    host.pop_back(); // the same name, written out
  if (!host.empty() && fits(host))
    co_return co_await go_on(c);
  if (redirects_to_www_ && !host.empty() &&
      std::find(patterns_.begin(), patterns_.end(), "www." + host) != patterns_.end()) {
    auto where = std::string{internal::came_by_https(c, is_behind_proxies_) ? "https" : "http"} + "://www." + host;
    if (!port.empty())
      where.append(":").append(port);
    where.append(internal::path_and_query(c));
    co_return http::response{http::status::temporary_redirect}.set("Location", where);
  }
  co_return http::response{http::status::bad_request, "Invalid host header", "text/plain; charset=utf-8"};
}

} // namespace actors::web
