#pragma once

#include <actors/core/task.hpp>
#include <actors/http/status.hpp>
#include <actors/web/middleware.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

/// Sends who comes by plain HTTP to the same place by HTTPS, and tells browsers to come that way from now on:
///
///     app.use(https_redirect{}.hsts(std::chrono::hours(24 * 365)));
///
/// 307, so that methods and bodies stay (but what was sent has been sent in the clear). A request without a usable Host
/// gets 400. The host is the client's own word; put `trusted_hosts` before it if replies are cached for others.
/// Strict-Transport-Security goes with replies over HTTPS only (RFC 6797 §7.2).
namespace actors::web {

class https_redirect {
public:
  /// 307, or 308 for good.
  https_redirect& status(http::status value) noexcept {
    status_ = value;
    return *this;
  }

  /// The port of HTTPS, if it is not the usual one; the one that the client came to is not kept.
  https_redirect& port(std::uint16_t value) noexcept {
    port_ = value;
    return *this;
  }

  /// For how long browsers shall use HTTPS only.
  https_redirect& hsts(std::chrono::seconds max_age, bool include_subdomains = false, bool preload = false);

  /// Whether the scheme is the one that the Forwarded field names, which the server has written for trusted proxies;
  /// no. Needed where a proxy speaks TLS for us: all requests would be redirected for ever.
  https_redirect& behind_proxies(bool value = true) noexcept {
    is_behind_proxies_ = value;
    return *this;
  }

  [[nodiscard]] task<reply> operator()(context& c, next go_on) const;

private:
  std::string hsts_;
  http::status status_ = http::status::temporary_redirect;
  std::uint16_t port_ = 443;
  bool is_behind_proxies_ = false;
};

} // namespace actors::web
