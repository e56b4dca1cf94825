#pragma once

#include <actors/core/task.hpp>
#include <actors/http/cookie.hpp>
#include <actors/web/middleware.hpp>
#include <actors/web/parameter.hpp>
#include <actors/web/protected_value.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// What is remembered of a client from request to request, in a cookie that it can neither read nor change:
///
///     app.use(sessions{key_ring{secret}});
///
///     task<reply> login(context& c, form<"user", std::string> user) {
///       session_of(c).clear();
///       session_of(c).set("user", *user);
///     }
///
/// The values are JSON, sealed with AES-256-GCM (protected_value.hpp). Nothing is kept on the server, so a session
/// works on any node that has the secret, and cannot be called back: give it a short `max_age`, and put what must be
/// taken away at once into a database. Of requests at the same time the last reply's session stays. A copy of the
/// cookie is the session: HttpOnly, SameSite and Secure keep it from others.
///
/// A session ends `max_age` after the last reply that wrote it. It is written when it was changed, and when a tenth of
/// that time has gone by, so that one that is used goes on; `max_lifetime` ends it in any case. A reply that depends on
/// it gets `Vary: Cookie`, one that writes it also `Cache-Control: no-store` unless it has one.
///
/// What cannot be read (changed, too old, of a secret that is gone) is an empty session, and no error. Errors:
/// `misuse_error`, so a 500, for a session that does not fit in a cookie of 4096 bytes: it is never cut; for a change
/// after the head of a reply in pieces is made; and for `session_of` without the middleware.
///
/// A handler may also have a `session&` as parameter.
///
/// Threads: a session belongs to its request. Cost: nothing is decrypted before a handler asks for it.
namespace actors::web {

namespace internal {

class session_store;

} // namespace internal

/// Of one request.
class session {
public:
  using json = nlohmann::json;

  explicit session(std::shared_ptr<internal::session_store> store) noexcept : store_(std::move(store)) {}

  /// Null if there is none of this name. Good until the next change.
  [[nodiscard]] const json* find(std::string_view name) const;

  /// A text; empty if there is none, or something else.
  [[nodiscard]] std::string text(std::string_view name) const;

  void set(std::string_view name, json value);

  /// Whether there was one.
  bool erase(std::string_view name);

  /// Forgets everything, the time at which it began too. Do it when somebody logs in or out.
  void clear();

  [[nodiscard]] bool empty() const;

  /// All values, as an object.
  [[nodiscard]] const json& values() const;

  /// When it was begun; nothing for one that is empty still.
  [[nodiscard]] std::optional<wall_time> begun() const;

private:
  std::shared_ptr<internal::session_store> store_;
};

/// The session of a request. @throws misuse_error without `sessions` before it
[[nodiscard]] session& session_of(context& c);

class sessions {
public:
  explicit sessions(const key_ring& keys);

  /// The cookie's name; `session`. @throws http::error `invalid_cookie`
  sessions& cookie(std::string name);

  /// Two weeks.
  sessions& max_age(std::chrono::seconds value);

  /// Since it was begun; no bound.
  sessions& max_lifetime(std::chrono::seconds value);

  /// Whether the cookie goes when the browser is closed; no. `max_age` holds all the same.
  sessions& until_browser_closes(bool value = true);

  /// The path below which it is sent; `/`.
  sessions& path(std::string value);

  /// Other hosts that it is sent to: this domain and all below. The host only, unless set.
  sessions& domain(std::string value);

  /// lax.
  sessions& sent_to(http::same_site value);

  /// Whether it is sent over HTTPS only. Unless set, that is so for those who came by HTTPS.
  sessions& secure(bool value);

  /// Whether the scheme is the one that the Forwarded field names, which the server has written for trusted proxies;
  /// no.
  sessions& behind_proxies(bool value = true);

  /// What time it is; the system's clock.
  sessions& clock(std::function<wall_time()> value);

  [[nodiscard]] task<reply> operator()(context& c, next go_on) const;

private:
  friend class internal::session_store;

  struct settings;

  [[nodiscard]] settings& change();

  std::shared_ptr<const settings> settings_;
};

template <>
struct parameter_traits<session> : detail::unnamed_parameter {
  struct held {
    session* it = nullptr;
  };

  static bool read(request_reader& from, held& into) {
    into.it = &session_of(from.of());
    return true;
  }

  static session& give(held& from) noexcept { return *from.it; }
};

} // namespace actors::web
