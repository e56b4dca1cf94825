#include <actors/web/csrf.hpp>

#include <actors/core/error.hpp>
#include <actors/http/content_negotiation.hpp>
#include <actors/http/cookie.hpp>
#include <actors/http/form.hpp>
#include <actors/http/media_type.hpp>
#include <actors/http/query.hpp>
#include <actors/web/constant_time.hpp>
#include <actors/web/internal/base64url.hpp>
#include <actors/web/internal/crypto.hpp>
#include <actors/web/internal/request_facts.hpp>
#include <actors/web/random_token.hpp>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace actors::web {

namespace {

constexpr std::size_t secret_size = 24;

std::string mixed(std::string_view pad, std::string_view with) {
  std::string result{with};
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] = static_cast<char>(result[i] ^ pad[i]);
  return result;
}

/// Another text for the same secret each time.
std::string masked(std::string_view secret) {
  const auto pad = internal::random_bytes(secret.size());
  return internal::base64url_encode(pad + mixed(pad, secret));
}

std::optional<std::string> unmasked(std::string_view token) {
  if (token.size() > 2 * (secret_size * 4 / 3 + 4))
    return std::nullopt;
  const auto bytes = internal::base64url_decode(token);
  if (!bytes || bytes->size() != 2 * secret_size)
    return std::nullopt;
  const auto all = std::string_view{*bytes};
  return mixed(all.substr(0, secret_size), all.substr(secret_size));
}

} // namespace

struct csrf::settings {
  std::vector<std::string> origins;
  std::optional<key_ring> keys;
  std::optional<value_signer> signer;
  std::string cookie = "csrftoken";
  std::string field = "X-CSRF-Token";
  std::string form_field = "csrf_token";
  std::function<bool(const context&)> exempt_when;
  std::optional<bool> secure;
  bool is_behind_proxies = false;

  [[nodiscard]] bool trusts(std::string_view origin) const {
    return std::find(origins.begin(), origins.end(), origin) != origins.end();
  }

  [[nodiscard]] bool is_own(context& c, std::string_view origin) const;
  [[nodiscard]] bool comes_from_us(context& c) const;
  [[nodiscard]] std::optional<std::string> secret_of(const http::request& r) const;
  [[nodiscard]] task<bool> shows(context& c, std::string_view secret) const;
};

/// What the request has of tokens.
struct csrf::given {
  std::string secret;
  bool is_new = false;
  bool is_used = false;
};

bool csrf::settings::is_own(context& c, std::string_view origin) const {
  const bool is_https = internal::came_by_https(c, is_behind_proxies);
  const std::string_view scheme = is_https ? "https://" : "http://";
  if (!origin.starts_with(scheme))
    return false;
  const auto usual = [&](std::string_view port) { return port.empty() || port == (is_https ? "443" : "80"); };
  const auto theirs = internal::parse_host(origin.substr(scheme.size()));
  const auto text = internal::requested_host(c, is_behind_proxies);
  const auto ours = internal::parse_host(text);
  return !ours.host.empty() && theirs.host == ours.host &&
         (theirs.port == ours.port || (usual(theirs.port) && usual(ours.port)));
}

bool csrf::settings::comes_from_us(context& c) const {
  const auto& r = c.request();
  const auto origin = r.get("Origin");
  if (origin && trusts(*origin))
    return true;
  // Written by the browser alone: pages cannot set it.
  if (const auto site = r.get("Sec-Fetch-Site"))
    return *site == "same-origin" || *site == "none";
  return !origin || is_own(c, *origin);
}

std::optional<std::string> csrf::settings::secret_of(const http::request& r) const {
  for (const auto& [name, value] : http::parse_cookies(r.fields()))
    if (name == cookie)
      if (auto secret = signer->recover(value); secret && secret->size() == secret_size)
        return secret;
  return std::nullopt;
}

task<bool> csrf::settings::shows(context& c, std::string_view secret) const {
  const auto fits = [&](std::string_view token) {
    // A script may also send the cookie as it is.
    auto shown = unmasked(token);
    if (!shown)
      shown = signer->recover(token);
    return shown && equal_in_constant_time(*shown, secret);
  };
  const auto& r = c.request();
  if (const auto token = r.get(field))
    co_return fits(*token);
  const auto type = http::media_type::parse(r.get("Content-Type").value_or(""));
  if (!type || type->essence() != "application/x-www-form-urlencoded")
    co_return false;
  const auto body = co_await c.body();
  try {
    const auto form = http::query_params::parse(body);
    const auto token = form.get(form_field);
    co_return token&& fits(*token);
  } catch (const std::runtime_error&) {
    co_return false; // the handler need not tell what is wrong with a form that has no token
  }
}

csrf::csrf() : settings_(std::make_shared<const settings>()) {}

csrf::settings& csrf::change() {
  auto copy = std::make_shared<settings>(*settings_);
  auto& result = *copy;
  settings_ = std::move(copy);
  return result;
}

csrf& csrf::trust_origin(std::string origin) {
  change().origins.push_back(std::move(origin));
  return *this;
}

csrf& csrf::tokens(const key_ring& keys) {
  auto& to = change();
  to.keys = keys;
  to.signer.emplace(keys, "csrf cookie " + to.cookie);
  return *this;
}

csrf& csrf::cookie(std::string name) {
  static_cast<void>(http::set_cookie{name, "x"}.path("/").secure(true).to_string());
  auto& to = change();
  to.cookie = std::move(name);
  if (to.keys)
    to.signer.emplace(*to.keys, "csrf cookie " + to.cookie);
  return *this;
}

csrf& csrf::names(std::string field, std::string form_field) {
  auto& to = change();
  to.field = std::move(field);
  to.form_field = std::move(form_field);
  return *this;
}

csrf& csrf::exempt_when(std::function<bool(const context&)> value) {
  change().exempt_when = std::move(value);
  return *this;
}

csrf& csrf::secure(bool value) {
  change().secure = value;
  return *this;
}

csrf& csrf::behind_proxies(bool value) {
  change().is_behind_proxies = value;
  return *this;
}

task<reply> csrf::operator()(context& c, next go_on) const {
  const auto& by = *settings_;
  const bool is_safe = internal::is_safe(c.request().method());
  const bool is_exempt = by.exempt_when && by.exempt_when(c);
  const bool acts = !is_safe || internal::wants_websocket(c);
  if (acts && !is_exempt && !by.comes_from_us(c))
    co_return internal::refusal(http::status::forbidden, "The request comes from another site");
  if (!by.signer)
    co_return co_await go_on(c);
  auto secret = by.secret_of(c.request());
  if (!is_safe && !is_exempt) {
    bool is_shown = false;
    if (secret)
      is_shown = co_await by.shows(c, *secret);
    if (!is_shown)
      co_return internal::refusal(http::status::forbidden, "The CSRF token is missing or wrong");
  }
  const bool is_new = !secret;
  auto& kept = c.set(given{secret ? std::move(*secret) : internal::random_bytes(secret_size), is_new, false});
  auto answer = co_await go_on(c);
  if (answer.is_taken_over())
    co_return answer;
  if (kept.is_used)
    http::add_vary(answer.head().fields(), "Cookie");
  // Without a form in sight a page's script may still want to send something.
  if (is_new) {
    const bool is_secure = by.secure.value_or(internal::came_by_https(c, by.is_behind_proxies));
    http::set_cookie cookie{by.cookie, by.signer->protect(kept.secret)};
    cookie.path("/").sent_to(http::same_site::lax).secure(is_secure);
    answer.head().add("Set-Cookie", cookie.to_string());
  }
  co_return answer;
}

std::string csrf_token(context& c) {
  auto* kept = c.find<csrf::given>();
  if (kept == nullptr)
    throw misuse_error("csrf_token needs the middleware `csrf` with tokens");
  kept->is_used = true;
  return masked(kept->secret);
}

} // namespace actors::web
