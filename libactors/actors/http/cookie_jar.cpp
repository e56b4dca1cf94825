#include <actors/http/cookie_jar.hpp>

#include <actors/http/internal/ascii.hpp>
#include <actors/net/endpoint.hpp>

#include <algorithm>
#include <utility>

namespace actors::http {

namespace {

/// A cookie must not outlive this, whatever the server says (RFC 6265bis §5.5).
constexpr std::chrono::seconds longest_life = std::chrono::hours(24 * 400);

bool is_address(std::string_view host) {
  return net::ip_address::parse(host).has_value();
}

bool domain_matches(std::string_view host, std::string_view domain) {
  if (host == domain)
    return true;
  return host.size() > domain.size() && host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.' &&
         !is_address(host);
}

bool path_matches(std::string_view request, std::string_view path) {
  if (!request.starts_with(path))
    return false;
  return request.size() == path.size() || path.ends_with('/') || request[path.size()] == '/';
}

std::string_view path_of(const url& where) {
  return where.path().empty() ? std::string_view{"/"} : where.path();
}

/// RFC 6265 §5.1.4: the folder of the request's path.
std::string_view default_path(const url& where) {
  const auto path = path_of(where);
  const auto slash = path.rfind('/');
  return !path.starts_with('/') || slash == 0 ? std::string_view{"/"} : path.substr(0, slash);
}

bool has_prefix(std::string_view text, std::string_view prefix) {
  return internal::iequals(text.substr(0, prefix.size()), prefix);
}

bool has_ended(const cookie& one, std::chrono::sys_seconds now) {
  return one.expires && *one.expires <= now;
}

/// Without the dot of a name that is complete.
std::string_view host_of(const url& where) {
  auto host = where.host();
  if (host.ends_with('.'))
    host.remove_suffix(1);
  return host;
}

std::optional<std::chrono::sys_seconds> end_of(const set_cookie& given, std::chrono::sys_seconds now) {
  if (given.max_age()) {
    if (*given.max_age() <= std::chrono::seconds{0})
      return std::chrono::sys_seconds::min();
    return now + std::min(*given.max_age(), longest_life);
  }
  if (given.expires())
    return std::min(*given.expires(), now + longest_life);
  return std::nullopt;
}

bool keeps_promise(const cookie& one, bool has_root_path) {
  // A cookie without a name would be sent as its value, which may look like a name and a value.
  const std::string_view shown = one.name.empty() ? one.value : one.name;
  if (!has_prefix(shown, "__Secure-") && !has_prefix(shown, "__Host-"))
    return true;
  if (one.name.empty() || !one.secure)
    return false;
  return !has_prefix(one.name, "__Host-") || (one.host_only && has_root_path);
}

} // namespace

cookie_jar::cookie_jar(cookie_jar_limits limits, clock now) : limits_(limits), clock_(std::move(now)) {}

std::chrono::sys_seconds cookie_jar::now() const {
  return clock_ ? clock_() : std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

void cookie_jar::store(const url& where, const fields& response) {
  for (const auto text : response.get_all("Set-Cookie"))
    static_cast<void>(store(where, text));
}

bool cookie_jar::store(const url& where, std::string_view set_cookie_text) {
  const auto given = set_cookie::parse(set_cookie_text);
  return given && store(where, *given);
}

bool cookie_jar::store(const url& where, const set_cookie& given) {
  const auto host = host_of(where);
  if (host.empty())
    return false;
  cookie one;
  one.name = given.name();
  one.value = given.value();
  one.domain = host;
  one.host_only = given.domain().empty() || given.domain() == host;
  const bool is_for_below = given.domain() == host && !is_address(host) && host.find('.') != std::string_view::npos;
  if (is_for_below) {
    one.host_only = false;
  } else if (!one.host_only) {
    // No cookies for `com`, nor for a part of an address.
    if (given.domain().find('.') == std::string::npos || !domain_matches(host, given.domain()))
      return false;
    one.domain = given.domain();
  }
  one.path = given.path().starts_with('/') ? given.path() : std::string{default_path(where)};
  one.secure = given.secure();
  one.http_only = given.http_only();
  one.sent_to = given.sent_to();
  if (one.secure && !where.is_secure())
    return false;
  if (!keeps_promise(one, given.path() == "/"))
    return false;
  const auto time = now();
  one.expires = end_of(given, time);
  const std::scoped_lock guard{mutex_};
  if (!where.is_secure() && hides_secure(one, time))
    return false;
  put(std::move(one), time);
  return true;
}

/// Whether a cookie from plain `http` would go along with, or instead of, a secure one of the same name.
bool cookie_jar::hides_secure(const cookie& fresh, std::chrono::sys_seconds time) const {
  for (const auto& [domain, list] : domains_) {
    if (!domain_matches(domain, fresh.domain) && !domain_matches(fresh.domain, domain))
      continue;
    for (const auto& known : list)
      if (known.what.secure && known.what.name == fresh.name && path_matches(fresh.path, known.what.path) &&
          !has_ended(known.what, time))
        return true;
  }
  return false;
}

void cookie_jar::put(cookie&& one, std::chrono::sys_seconds time) {
  const auto number = ++last_number_;
  const bool is_removal = has_ended(one, time);
  const auto place = domains_.find(one.domain);
  if (place != domains_.end()) {
    auto& list = place->second;
    const auto same = std::find_if(list.begin(), list.end(), [&](const entry& known) {
      return known.what.name == one.name && known.what.path == one.path && known.what.host_only == one.host_only;
    });
    if (same != list.end() && !is_removal) {
      same->what = std::move(one); // as old as it was: that decides the order in the field
      same->used = number;
      return;
    }
    if (same != list.end()) {
      list.erase(same);
      --count_;
      if (list.empty())
        domains_.erase(place);
    }
  }
  if (is_removal || limits_.per_domain() == 0 || limits_.total() == 0)
    return;
  make_room(one.domain, time);
  auto& list = domains_[one.domain];
  list.push_back(entry{std::move(one), number, number});
  ++count_;
}

/// So that one more of this domain has room.
void cookie_jar::make_room(const std::string& domain, std::chrono::sys_seconds time) {
  const auto own = domains_.find(domain);
  const bool is_full = own != domains_.end() && own->second.size() >= limits_.per_domain();
  if (!is_full && count_ < limits_.total())
    return;
  drop_ended(time);
  const auto used_before = [](const entry& a, const entry& b) { return a.used < b.used; };
  if (const auto place = domains_.find(domain); place != domains_.end()) {
    auto& list = place->second;
    // Those that are not secure first: a server without TLS must not be able to push out the others.
    const auto weaker = [&](const entry& a, const entry& b) {
      return a.what.secure != b.what.secure ? !a.what.secure : used_before(a, b);
    };
    while (list.size() >= limits_.per_domain()) {
      list.erase(std::min_element(list.begin(), list.end(), weaker));
      --count_;
    }
    if (list.empty())
      domains_.erase(place);
  }
  while (count_ >= limits_.total()) {
    auto oldest = domains_.end();
    entries::iterator victim;
    for (auto at = domains_.begin(); at != domains_.end(); ++at) {
      const auto candidate = std::min_element(at->second.begin(), at->second.end(), used_before);
      if (oldest == domains_.end() || used_before(*candidate, *victim)) {
        oldest = at;
        victim = candidate;
      }
    }
    oldest->second.erase(victim);
    --count_;
    if (oldest->second.empty())
      domains_.erase(oldest);
  }
}

void cookie_jar::drop_ended(std::chrono::sys_seconds time) {
  for (auto place = domains_.begin(); place != domains_.end();) {
    count_ -= std::erase_if(place->second, [time](const entry& one) { return has_ended(one.what, time); });
    place = place->second.empty() ? domains_.erase(place) : std::next(place);
  }
}

std::string cookie_jar::field_for(const url& where) {
  const auto host = host_of(where);
  const auto path = path_of(where);
  const auto time = now();
  std::vector<entry*> chosen;
  const std::scoped_lock guard{mutex_};
  // The host itself and each domain above it.
  for (auto domain = host; !domain.empty();) {
    if (const auto place = domains_.find(domain); place != domains_.end())
      for (auto& one : place->second)
        if ((domain == host || (!one.what.host_only && domain_matches(host, domain))) &&
            (!one.what.secure || where.is_secure()) && path_matches(path, one.what.path) && !has_ended(one.what, time))
          chosen.push_back(&one);
    const auto dot = domain.find('.');
    domain = dot == std::string_view::npos ? std::string_view{} : domain.substr(dot + 1);
  }
  std::sort(chosen.begin(), chosen.end(), [](const entry* a, const entry* b) {
    return a->what.path.size() != b->what.path.size() ? a->what.path.size() > b->what.path.size()
                                                      : a->created < b->created;
  });
  std::string result;
  const auto number = ++last_number_;
  for (auto* const one : chosen) {
    one->used = number;
    if (!result.empty())
      result += "; ";
    if (!one->what.name.empty())
      result.append(one->what.name).append("=");
    result += one->what.value;
  }
  return result;
}

std::vector<cookie> cookie_jar::cookies() const {
  const auto time = now();
  std::vector<cookie> result;
  const std::scoped_lock guard{mutex_};
  for (const auto& [domain, list] : domains_)
    for (const auto& one : list)
      if (!has_ended(one.what, time))
        result.push_back(one.what);
  return result;
}

void cookie_jar::insert(cookie one) {
  const auto time = now();
  const std::scoped_lock guard{mutex_};
  put(std::move(one), time);
}

void cookie_jar::clear() {
  const std::scoped_lock guard{mutex_};
  domains_.clear();
  count_ = 0;
}

void cookie_jar::end_session() {
  const std::scoped_lock guard{mutex_};
  for (auto place = domains_.begin(); place != domains_.end();) {
    count_ -= std::erase_if(place->second, [](const entry& one) { return !one.what.expires; });
    place = place->second.empty() ? domains_.erase(place) : std::next(place);
  }
}

std::size_t cookie_jar::size() const {
  const std::scoped_lock guard{mutex_};
  return count_;
}

} // namespace actors::http
