#include <actors/web/session.hpp>

#include <actors/core/error.hpp>
#include <actors/http/content_negotiation.hpp>
#include <actors/web/internal/request_facts.hpp>
#include <actors/web/json_text.hpp>

#include <utility>
#include <vector>

namespace actors::web {

using nlohmann::json;

namespace {

/// What every browser keeps (RFC 6265 §6.1), for name, value and attributes.
constexpr std::size_t most_cookie = 4096;

/// A neighbouring site may put cookies of our name before ours; more than these are not looked at.
constexpr std::size_t most_candidates = 4;

constexpr std::size_t most_depth = 32;

std::int64_t seconds_of(wall_time when) {
  return std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count();
}

} // namespace

struct sessions::settings {
  explicit settings(const key_ring& keys) : ring(keys), sealer(keys, "session cookie session") {}

  key_ring ring;
  value_sealer sealer;
  std::string name = "session";
  std::string path = "/";
  std::string domain;
  std::chrono::seconds max_age = std::chrono::hours(24 * 14);
  std::optional<std::chrono::seconds> max_lifetime;
  std::optional<bool> secure;
  std::function<wall_time()> clock = [] { return std::chrono::system_clock::now(); };
  http::same_site same_site = http::same_site::lax;
  bool is_behind_proxies = false;
  bool ends_with_browser = false;

  [[nodiscard]] http::set_cookie cookie(std::string value, bool is_secure) const {
    http::set_cookie result{name, std::move(value)};
    result.path(path).domain(domain).http_only(true).sent_to(same_site).secure(is_secure);
    return result;
  }
};

namespace internal {

/// A request's session: read when it is asked for, written when the reply goes.
class session_store {
public:
  session_store(std::shared_ptr<const sessions::settings> by, const http::request& r)
      : by_(std::move(by)), request_(&r) {}

  /// Who looks at it makes the reply depend on it.
  [[nodiscard]] const json& values() {
    load();
    return values_;
  }

  [[nodiscard]] json& changeable() {
    if (is_closed_)
      throw misuse_error("a session was changed after the head of the reply had been made");
    load();
    is_changed_ = true;
    return values_;
  }

  void forget() {
    changeable() = json::object();
    begun_.reset();
  }

  [[nodiscard]] std::optional<wall_time> begun() {
    load();
    return begun_;
  }

  void finish(http::response& answer, bool came_by_https) {
    is_closed_ = true;
    if (!is_loaded_)
      return;
    http::add_vary(answer.fields(), "Cookie");
    const auto now = by_->clock();
    const bool is_secure = by_->secure.value_or(came_by_https);
    if (values_.empty()) {
      // There is something to take away only if the client has sent something.
      if (has_cookie_)
        write(answer, by_->cookie("", is_secure).max_age(std::chrono::seconds(0)));
      return;
    }
    if (!is_changed_ && now - written_ < by_->max_age / 10)
      return;
    if (!begun_)
      begun_ = now;
    auto result = by_->cookie(by_->sealer.protect(text(), now), is_secure);
    if (!by_->ends_with_browser)
      result.max_age(by_->max_age);
    write(answer, result);
  }

private:
  static void write(http::response& answer, const http::set_cookie& cookie) {
    const auto text = cookie.to_string();
    if (text.size() > most_cookie)
      throw misuse_error("a session of " + std::to_string(text.size()) + " bytes does not fit in a cookie of " +
                         std::to_string(most_cookie));
    answer.add("Set-Cookie", text);
    if (!answer.fields().contains("Cache-Control"))
      answer.set("Cache-Control", "no-store");
  }

  [[nodiscard]] std::string text() const {
    return json::array({seconds_of(*begun_), values_}).dump(-1, ' ', false, json::error_handler_t::strict);
  }

  void load() {
    if (std::exchange(is_loaded_, true))
      return;
    std::size_t count = 0;
    for (const auto& [name, value] : http::parse_cookies(request_->fields())) {
      if (name != by_->name)
        continue;
      has_cookie_ = true;
      if (++count > most_candidates || value.size() > most_cookie || take(value))
        return;
    }
  }

  [[nodiscard]] bool take(std::string_view cookie) {
    const auto now = by_->clock();
    const auto plain = by_->sealer.recover(cookie, by_->max_age, now);
    if (!plain)
      return false;
    validator problems;
    const auto content = parse_strict_json(*plain, problems, most_depth);
    if (!problems.ok() || !content.is_array() || content.size() != 2 || !content[0].is_number_integer() ||
        !content[1].is_object())
      return false;
    const wall_time begun{std::chrono::seconds{content[0].get<std::int64_t>()}};
    if (by_->max_lifetime && now - begun > *by_->max_lifetime)
      return false;
    begun_ = begun;
    values_ = content[1];
    written_ = by_->sealer.time_of(cookie).value_or(now);
    return true;
  }

  std::shared_ptr<const sessions::settings> by_;
  const http::request* request_;
  json values_ = json::object();
  std::optional<wall_time> begun_;
  wall_time written_;
  bool is_loaded_ = false;
  bool is_changed_ = false;
  bool is_closed_ = false;
  bool has_cookie_ = false;
};

namespace {

/// What a context keeps: the object that handlers get.
struct session_of_request {
  session object;
  std::shared_ptr<session_store> store;
};

} // namespace

} // namespace internal

const json* session::find(std::string_view name) const {
  const auto& all = store_->values();
  const auto found = all.find(name);
  return found == all.end() ? nullptr : &*found;
}

std::string session::text(std::string_view name) const {
  const auto* value = find(name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string{};
}

void session::set(std::string_view name, json value) {
  store_->changeable()[std::string{name}] = std::move(value);
}

bool session::erase(std::string_view name) {
  return find(name) != nullptr && store_->changeable().erase(std::string{name}) > 0;
}

void session::clear() {
  store_->forget();
}

bool session::empty() const {
  return store_->values().empty();
}

const json& session::values() const {
  return store_->values();
}

std::optional<wall_time> session::begun() const {
  return store_->begun();
}

session& session_of(context& c) {
  auto* kept = c.find<internal::session_of_request>();
  if (kept == nullptr)
    throw misuse_error("session_of needs the middleware `sessions`");
  return kept->object;
}

sessions::sessions(const key_ring& keys) : settings_(std::make_shared<const settings>(keys)) {}

sessions::settings& sessions::change() {
  auto copy = std::make_shared<settings>(*settings_);
  auto& result = *copy;
  settings_ = std::move(copy);
  return result;
}

sessions& sessions::cookie(std::string name) {
  static_cast<void>(http::set_cookie{name, "x"}.path("/").secure(true).to_string());
  auto& to = change();
  to.sealer = value_sealer{to.ring, "session cookie " + name};
  to.name = std::move(name);
  return *this;
}

sessions& sessions::max_age(std::chrono::seconds value) {
  change().max_age = value;
  return *this;
}

sessions& sessions::max_lifetime(std::chrono::seconds value) {
  change().max_lifetime = value;
  return *this;
}

sessions& sessions::until_browser_closes(bool value) {
  change().ends_with_browser = value;
  return *this;
}

sessions& sessions::path(std::string value) {
  change().path = std::move(value);
  return *this;
}

sessions& sessions::domain(std::string value) {
  change().domain = std::move(value);
  return *this;
}

sessions& sessions::sent_to(http::same_site value) {
  change().same_site = value;
  return *this;
}

sessions& sessions::secure(bool value) {
  change().secure = value;
  return *this;
}

sessions& sessions::behind_proxies(bool value) {
  change().is_behind_proxies = value;
  return *this;
}

sessions& sessions::clock(std::function<wall_time()> value) {
  change().clock = std::move(value);
  return *this;
}

task<reply> sessions::operator()(context& c, next go_on) const {
  auto store = std::make_shared<internal::session_store>(settings_, c.request());
  c.set(internal::session_of_request{session{store}, store});
  auto answer = co_await go_on(c);
  if (!answer.is_taken_over())
    store->finish(answer.head(), internal::came_by_https(c, settings_->is_behind_proxies));
  co_return answer;
}

} // namespace actors::web
