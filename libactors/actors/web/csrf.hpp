#pragma once

#include <actors/core/task.hpp>
#include <actors/web/middleware.hpp>
#include <actors/web/protected_value.hpp>

#include <functional>
#include <memory>
#include <string>

/// Keeps other sites' pages from acting for a user whose browser sends our cookies along (cross-site request forgery):
///
///     app.use(csrf{});                                       // looks at where a request comes from
///     app.use(csrf{}.tokens(key_ring{secret}));              // and wants a token of ours
///
///     "<input type=hidden name=csrf_token value=" + csrf_token(c) + ">"
///
/// Where from: browsers say it in Sec-Fetch-Site, older ones in Origin. Requests that change something (all but GET,
/// HEAD, OPTIONS and TRACE), and those for a WebSocket, are refused with 403 unless they come from this site itself, or
/// from an origin that is trusted. Requests with neither field come from no page, and pass.
///
/// Tokens stand against browsers that say neither, and against subdomains that somebody else has. A request that
/// changes something must then show the token of its cookie: in the field X-CSRF-Token, or, in a form that is not
/// multipart, as `csrf_token`. The cookie is signed, so that nobody can plant one of their own making; that a subdomain
/// plants one that it was given itself is prevented by its name: `cookie("__Host-csrf").secure(true)`. `csrf_token`
/// gives the token in another form each time, so that its bytes cannot be guessed from the size of compressed pages
/// (BREACH).
///
/// Reading the form reads the body; it is kept for the handler. Handlers that read bodies in pieces take the token from
/// the field. Requests that carry their own proof, such as `Authorization: Bearer`, may be exempted.
///
/// Threads: a value. Errors: `misuse_error` from `csrf_token` where there are no tokens. Source: OWASP's cheat sheet on
/// CSRF, Fetch Metadata.
namespace actors::web {

class csrf {
public:
  csrf();

  /// Other origins whose pages may act: `https://admin.example.com`.
  csrf& trust_origin(std::string origin);

  /// Wants tokens too.
  csrf& tokens(const key_ring& keys);

  /// The cookie with the token; `csrftoken`. @throws http::error `invalid_cookie`
  csrf& cookie(std::string name);

  /// The field and the form's field; X-CSRF-Token and csrf_token.
  csrf& names(std::string field, std::string form_field);

  /// Requests that are let through.
  csrf& exempt_when(std::function<bool(const context&)> value);

  /// Whether the cookie is sent over HTTPS only. Unless set, that is so for those who came by HTTPS.
  csrf& secure(bool value);

  /// Whether scheme and host are those that the Forwarded field names, which the server has written for trusted
  /// proxies; no.
  csrf& behind_proxies(bool value = true);

  [[nodiscard]] task<reply> operator()(context& c, next go_on) const;

private:
  friend std::string csrf_token(context& c);

  struct settings;
  struct given;

  [[nodiscard]] settings& change();

  std::shared_ptr<const settings> settings_;
};

/// The token for a form or a script of this reply. @throws misuse_error without `csrf` with tokens before it
[[nodiscard]] std::string csrf_token(context& c);

} // namespace actors::web
