#pragma once

#include <actors/core/task.hpp>
#include <actors/web/middleware.hpp>

#include <string>
#include <vector>

/// Refuses requests that were not sent to this site, by their Host field:
///
///     app.use(trusted_hosts{{"example.com", "*.example.com"}});
///
/// The field is the client's: who makes links, redirects or keys of a cache of it lets strangers write them, and a page
/// whose name is made to point to a private address (DNS rebinding) reaches the application with a name of its own.
///
/// A name fits itself, in any case and with any port; `*.example.com` fits all names below, and not `example.com`; `*`
/// fits all. Others, and those without a Host, get 400. With `redirect_to_www` a request for `example.com` where only
/// `www.example.com` is trusted is sent there. Errors: `misuse_error` for a pattern with a star elsewhere.
namespace actors::web {

class trusted_hosts {
public:
  explicit trusted_hosts(std::vector<std::string> patterns);

  /// Whether a name is looked for with `www.` before it, and redirected to; yes.
  trusted_hosts& redirect_to_www(bool value) noexcept {
    redirects_to_www_ = value;
    return *this;
  }

  /// Whether the host is the one that the Forwarded field names, which the server has written for trusted proxies; no.
  trusted_hosts& behind_proxies(bool value = true) noexcept {
    is_behind_proxies_ = value;
    return *this;
  }

  [[nodiscard]] task<reply> operator()(context& c, next go_on) const;

private:
  [[nodiscard]] bool fits(const std::string& host) const;

  std::vector<std::string> patterns_;
  bool redirects_to_www_ = true;
  bool is_behind_proxies_ = false;
};

} // namespace actors::web
