#include <actors/web/cors.hpp>

#include <actors/core/error.hpp>
#include <actors/http/content_negotiation.hpp>

#include <re2/re2.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace actors::web {

namespace {

constexpr std::string_view star = "*";

std::string lower(std::string_view text) {
  std::string result{text};
  for (auto& c : result)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return result;
}

bool contains(const std::vector<std::string>& all, std::string_view item) {
  return std::find(all.begin(), all.end(), item) != all.end();
}

std::string joined(const std::vector<std::string>& all) {
  std::string result;
  for (const auto& item : all)
    result.append(result.empty() ? "" : ", ").append(item);
  return result;
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  return begin == std::string_view::npos ? std::string_view{}
                                         : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// The Access-Control fields of a handler that has its own idea would be in doubt otherwise.
void set_allowed(http::response& answer, std::string_view origin) {
  answer.set("Access-Control-Allow-Origin", origin);
}

} // namespace

struct cors::settings {
  std::vector<std::string> origins;
  std::shared_ptr<const RE2> origin_expression;
  std::vector<std::string> methods{"GET"};
  std::vector<std::string> headers{"Accept", "Accept-Language", "Content-Language", "Content-Type"};
  std::vector<std::string> exposed;
  std::chrono::seconds max_age{600};
  bool allows_all_origins = false;
  bool allows_all_headers = false;
  bool allows_credentials = false;
  bool allows_private_network = false;

  [[nodiscard]] bool allows(std::string_view origin) const {
    return allows_all_origins || contains(origins, origin) ||
           (origin_expression && RE2::FullMatch({origin.data(), origin.size()}, *origin_expression));
  }

  /// Whether the answer is the same for all origins.
  [[nodiscard]] bool is_for_all() const noexcept { return allows_all_origins && !allows_credentials; }

  [[nodiscard]] bool allows_header(std::string_view name) const {
    const auto wanted = lower(name);
    return std::any_of(headers.begin(), headers.end(), [&](const auto& item) { return lower(item) == wanted; });
  }
};

cors::cors() : settings_(std::make_shared<const settings>()) {}

cors::settings& cors::change() {
  auto copy = std::make_shared<settings>(*settings_);
  auto& result = *copy;
  settings_ = std::move(copy);
  return result;
}

cors& cors::allow_origins(std::vector<std::string> value) {
  auto& to = change();
  to.allows_all_origins = contains(value, star);
  to.origins = std::move(value);
  return *this;
}

cors& cors::allow_origin_regex(const std::string& expression) {
  RE2::Options options;
  options.set_log_errors(false);
  auto compiled = std::make_shared<const RE2>(expression, options);
  if (!compiled->ok())
    throw misuse_error("the expression for origins: " + compiled->error());
  change().origin_expression = std::move(compiled);
  return *this;
}

cors& cors::allow_methods(std::vector<std::string> value) {
  if (contains(value, star))
    value = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"};
  change().methods = std::move(value);
  return *this;
}

cors& cors::allow_headers(std::vector<std::string> value) {
  auto& to = change();
  to.allows_all_headers = contains(value, star);
  std::set<std::string> all(value.begin(), value.end());
  all.insert({"Accept", "Accept-Language", "Content-Language", "Content-Type"});
  to.headers.assign(all.begin(), all.end());
  return *this;
}

cors& cors::allow_credentials(bool value) {
  change().allows_credentials = value;
  return *this;
}

cors& cors::allow_private_network(bool value) {
  change().allows_private_network = value;
  return *this;
}

cors& cors::expose_headers(std::vector<std::string> value) {
  change().exposed = std::move(value);
  return *this;
}

cors& cors::max_age(std::chrono::seconds value) {
  change().max_age = value;
  return *this;
}

reply cors::answer_preflight(const settings& by, const http::request& r) {
  const auto origin = r.get("Origin").value_or("");
  http::response answer{http::status::ok};
  std::string failures;
  const auto fail = [&](std::string_view what) { failures.append(failures.empty() ? "" : ", ").append(what); };

  if (by.is_for_all())
    set_allowed(answer, star);
  else
    http::add_vary(answer.fields(), "Origin");
  if (!by.allows(origin))
    fail("origin");
  else if (!by.is_for_all())
    set_allowed(answer, origin);

  if (!contains(by.methods, r.get("Access-Control-Request-Method").value_or("")))
    fail("method");
  answer.set("Access-Control-Allow-Methods", joined(by.methods));
  answer.set("Access-Control-Max-Age", std::to_string(by.max_age.count()));

  const auto wanted = r.get("Access-Control-Request-Headers");
  if (by.allows_all_headers) {
    if (wanted)
      answer.set("Access-Control-Allow-Headers", *wanted);
  } else {
    answer.set("Access-Control-Allow-Headers", joined(by.headers));
    bool is_allowed = true;
    for (auto rest = wanted.value_or(""); !rest.empty() && is_allowed;) {
      const auto comma = std::min(rest.find(','), rest.size());
      is_allowed = by.allows_header(trimmed(rest.substr(0, comma)));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    if (!is_allowed)
      fail("headers");
  }
  if (by.allows_credentials)
    answer.set("Access-Control-Allow-Credentials", "true");
  if (r.get("Access-Control-Request-Private-Network") == "true") {
    if (by.allows_private_network)
      answer.set("Access-Control-Allow-Private-Network", "true");
    else
      fail("private-network");
  }
  if (!failures.empty())
    answer.set_status(http::status::bad_request);
  answer.set_body(failures.empty() ? "OK" : "Disallowed CORS " + failures, "text/plain; charset=utf-8");
  return answer;
}

void cors::allow(const settings& by, const http::request& r, http::response& answer) {
  const auto origin = r.get("Origin");
  if (!by.is_for_all())
    http::add_vary(answer.fields(), "Origin");
  if (!origin || !by.allows(*origin))
    return;
  set_allowed(answer, by.is_for_all() && !r.fields().contains("Cookie") ? star : *origin);
  if (by.is_for_all() && r.fields().contains("Cookie"))
    http::add_vary(answer.fields(), "Origin");
  if (by.allows_credentials)
    answer.set("Access-Control-Allow-Credentials", "true");
  if (!by.exposed.empty())
    answer.set("Access-Control-Expose-Headers", joined(by.exposed));
}

task<reply> cors::operator()(context& c, next go_on) const {
  const auto& r = c.request();
  if (r.method() == http::method::options && r.fields().contains("Origin") &&
      r.fields().contains("Access-Control-Request-Method"))
    co_return answer_preflight(*settings_, r);
  auto answer = co_await go_on(c);
  if (!answer.is_taken_over())
    allow(*settings_, r, answer.head());
  co_return answer;
}

} // namespace actors::web
