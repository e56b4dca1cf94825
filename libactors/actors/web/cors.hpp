#pragma once

#include <actors/core/task.hpp>
#include <actors/web/middleware.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

/// Cross-origin resource sharing: which other sites' pages may use the application from a browser.
///
///     app.use(cors{}.allow_origins({"https://app.example.com"}).allow_methods({"*"}).allow_credentials());
///
/// A preflight request (OPTIONS with Origin and Access-Control-Request-Method) is answered here, 200 or 400; all other
/// replies get the fields that let the page read them. Without a call of `allow_origins` or `allow_origin_regex` nobody
/// is allowed. Defaults and answers are those of Starlette's middleware, with two differences: where credentials are
/// allowed the origin is always named, since browsers refuse `*` then; and replies that depend on the origin say so
/// (Vary) also to those who send none, so that a cache cannot give them to others.
///
/// Put it outermost, so that also refusals of other middleware can be read. It protects users in browsers and keeps
/// nobody out: programs send no Origin, and simple requests reach the handler (see csrf.hpp). `allow_origins({"*"})`
/// with credentials lets every site act for every user.
///
/// Threads, cost: a value; copies share the settings; some comparisons a request. Errors: `misuse_error` for an
/// expression that RE2 does not take. Source: the Fetch standard §3.2.
namespace actors::web {

class cors {
public:
  cors();

  /// `https://example.com:8443`, as browsers write them; `*` for all.
  cors& allow_origins(std::vector<std::string> value);

  /// Those that this expression (RE2's syntax) matches as a whole.
  cors& allow_origin_regex(const std::string& expression);

  /// What preflights may ask for; GET. `*` for all that are usual. Names count with their case.
  cors& allow_methods(std::vector<std::string> value);

  /// Fields that requests may have beside Accept, Accept-Language, Content-Language and Content-Type; `*` for all.
  cors& allow_headers(std::vector<std::string> value);

  /// Whether cookies and Authorization may be sent along; no.
  cors& allow_credentials(bool value = true);

  /// Whether public sites may reach an application on a private network (Access-Control-Request-Private-Network); no.
  cors& allow_private_network(bool value = true);

  /// Fields of replies that pages may read beside the usual ones.
  cors& expose_headers(std::vector<std::string> value);

  /// How long a browser may keep the answer to a preflight; ten minutes.
  cors& max_age(std::chrono::seconds value);

  [[nodiscard]] task<reply> operator()(context& c, next go_on) const;

private:
  struct settings;

  [[nodiscard]] settings& change();
  [[nodiscard]] static reply answer_preflight(const settings& by, const http::request& r);
  static void allow(const settings& by, const http::request& r, http::response& answer);

  std::shared_ptr<const settings> settings_;
};

} // namespace actors::web
