#include <actors/http/url.hpp>

#include <actors/core/printable_text.hpp>
#include <actors/http/error.hpp>
#include <actors/http/internal/ascii.hpp>
#include <actors/http/internal/quoted.hpp>
#include <actors/http/internal/url_text.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <utility>

namespace actors::http {

/// A reference or URL taken apart, all text as it is written (scheme and host lower-cased). `host` is with brackets.
struct url::parts {
  std::string scheme;
  bool has_authority = false;
  std::string userinfo;
  std::string host;
  std::string port;
  std::string path;
  std::optional<std::string> query;
  std::optional<std::string> fragment;
};

namespace {

std::uint16_t default_port(std::string_view scheme) noexcept {
  if (scheme == "http" || scheme == "ws")
    return 80;
  if (scheme == "https" || scheme == "wss")
    return 443;
  return 0;
}

/// The number, or nothing if it is above 65535. The digits have been checked.
std::optional<std::uint16_t> port_number(std::string_view digits) noexcept {
  unsigned value = 0;
  for (const char c : digits) {
    value = value * 10 + static_cast<unsigned>(c - '0');
    if (value > 65'535)
      return std::nullopt;
  }
  return static_cast<std::uint16_t>(value);
}

std::string lowered(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(), internal::lower);
  return result;
}

/// Takes what comes before the first of `marks` off the front of the text.
std::string_view take_until(std::string_view& text, std::string_view marks) {
  const auto result = text.substr(0, std::min(text.find_first_of(marks), text.size()));
  text.remove_prefix(result.size());
  return result;
}

bool has_brackets(std::string_view text) noexcept {
  return text.find_first_of("[]") != std::string_view::npos;
}

/// The address in its short form (RFC 5952), or nothing if it is none.
std::optional<std::string> canonical_ipv6(std::string_view text) {
  in6_addr address{};
  char canonical[INET6_ADDRSTRLEN];
  if (inet_pton(AF_INET6, std::string{text}.c_str(), &address) != 1 ||
      inet_ntop(AF_INET6, &address, canonical, sizeof canonical) == nullptr)
    return std::nullopt;
  return canonical;
}

[[noreturn]] void raise(std::string_view text, const std::string& why) {
  throw error{errc::invalid_url, "URL " + internal::quoted(text, 200) + ' ' + why};
}

} // namespace

/// By the grammar of RFC 3986, appendix A. Strict about where the authority ends and what may stand in it: two parsers
/// that differ about the host of a URL are a security hole (http://a@b@c/).
std::optional<url::parts> url::parse_reference(std::string_view text, std::string& why) {
  if (text.size() > max_size) {
    why = "is longer than " + std::to_string(max_size) + " bytes";
    return std::nullopt;
  }
  why = internal::character_problem(text);
  if (!why.empty())
    return std::nullopt;
  parts p;
  auto rest = text;
  if (const auto size = internal::scheme_size(rest); size > 0) {
    p.scheme = lowered(rest.substr(0, size));
    rest.remove_prefix(size + 1);
  } else if (rest.find(':') < rest.find_first_of("/?#")) {
    why = "has " + internal::quoted(rest.substr(0, rest.find(':'))) + " where its scheme should be";
    return std::nullopt;
  }
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    p.has_authority = true;
    why = split_authority(take_until(rest, "/?#"), p);
    if (!why.empty())
      return std::nullopt;
  }
  if (has_brackets(rest)) {
    why = "has brackets outside its host";
    return std::nullopt;
  }
  p.path = take_until(rest, "?#");
  if (rest.starts_with('?'))
    p.query = take_until(rest, "#").substr(1);
  if (rest.starts_with('#')) {
    p.fragment = rest.substr(1);
    if (p.fragment->find('#') != std::string::npos) {
      why = "has more than one #";
      return std::nullopt;
    }
  }
  return p;
}

/// [ userinfo '@' ] host [ ':' port ]; returns what is wrong, or nothing.
std::string url::split_authority(std::string_view text, parts& p) {
  if (const auto at = text.find('@'); at != std::string_view::npos) {
    p.userinfo = text.substr(0, at);
    text.remove_prefix(at + 1);
    if (text.find('@') != std::string_view::npos)
      return "has more than one @ before its path";
    if (has_brackets(p.userinfo))
      return "has brackets outside its host";
  }
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos || !canonical_ipv6(text.substr(1, end - 1)))
      return "has brackets that hold no valid IPv6 address";
    p.host = lowered(text.substr(0, end + 1));
    text.remove_prefix(end + 1);
  } else {
    p.host = lowered(take_until(text, ":"));
    if (has_brackets(p.host))
      return "has brackets that hold no valid IPv6 address";
  }
  if (text.empty())
    return {};
  p.port = text.substr(1);
  if (text.front() != ':' || !std::all_of(p.port.begin(), p.port.end(), internal::is_digit))
    return "has " + internal::quoted(text) + " where its port should be";
  if (!port_number(p.port))
    return "has port " + printable_text(p.port, 20) + ", above 65535";
  return {};
}

namespace {

/// What a URL needs beyond the syntax of a reference; empty if it has that.
std::string_view missing_in(std::string_view scheme, bool has_authority, std::string_view host) {
  if (scheme.empty())
    return "has no scheme, such as http://";
  if (default_port(scheme) == 0)
    return {};
  if (!has_authority || host.empty())
    return "has no host";
  if (host.find('%') != std::string_view::npos)
    return "has a percent-escape in its host name (international names need their punycode form, xn--...)";
  return {};
}

} // namespace

/// scheme ':' [ '//' [ userinfo '@' ] host [ ':' port ] ] path [ '?' query ] [ '#' fragment ]
///        ^colon_                     ^host_begin_  ^host_end_ ^path_begin_
///                                                             path_end_ at '?', query_end_ at '#', or at the end
url url::compose(const parts& p) {
  url result;
  auto& text = result.text_;
  const auto here = [&text] { return static_cast<std::uint32_t>(text.size()); };
  text.reserve(p.scheme.size() + p.userinfo.size() + p.host.size() + p.port.size() + p.path.size() +
               (p.query ? p.query->size() : 0) + (p.fragment ? p.fragment->size() : 0) + 8);
  text = p.scheme;
  result.colon_ = here();
  text.push_back(':');
  result.has_authority_ = p.has_authority;
  if (p.has_authority) {
    text.append("//");
    if (!p.userinfo.empty())
      text.append(p.userinfo).push_back('@');
  }
  result.host_begin_ = here();
  text.append(p.host);
  result.host_end_ = here();
  if (!p.port.empty())
    text.append(":").append(p.port);
  result.path_begin_ = here();
  if (!p.has_authority && p.path.starts_with("//"))
    text.append("/."); // else the path would read as an authority
  text.append(p.path);
  result.path_end_ = here();
  if (p.query)
    text.append("?").append(*p.query);
  result.query_end_ = here();
  if (p.fragment)
    text.append("#").append(*p.fragment);
  return result;
}

url::parts url::split() const {
  parts p;
  p.scheme = scheme();
  p.has_authority = has_authority_;
  p.userinfo = userinfo();
  p.host = part(host_begin_, host_end_);
  if (path_begin_ > host_end_)
    p.port = part(host_end_ + 1, path_begin_);
  p.path = path();
  if (has_query())
    p.query = query();
  if (has_fragment())
    p.fragment = fragment();
  return p;
}

url url::parse(std::string_view text) {
  std::string why;
  auto result = try_parse(text, &why);
  if (!result)
    raise(text, why);
  return *std::move(result);
}

std::optional<url> url::try_parse(std::string_view text, std::string* why) {
  std::string reason;
  if (text.empty())
    reason = "is empty";
  else if (const auto p = parse_reference(text, reason)) {
    reason = missing_in(p->scheme, p->has_authority, p->host);
    if (reason.empty())
      return compose(*p);
  }
  if (why != nullptr)
    *why = std::move(reason);
  return std::nullopt;
}

url url::resolve(std::string_view reference) const {
  std::string why;
  auto result = try_resolve(reference, &why);
  if (!result)
    raise(reference, why);
  return *std::move(result);
}

std::optional<url> url::try_resolve(std::string_view reference, std::string* why) const {
  std::string reason;
  auto ref = parse_reference(reference, reason);
  if (!ref) {
    if (why != nullptr)
      *why = std::move(reason);
    return std::nullopt;
  }
  parts target = std::move(*ref);
  if (target.scheme.empty()) {
    parts base = split();
    target.scheme = std::move(base.scheme);
    if (!target.has_authority) {
      target.has_authority = base.has_authority;
      target.userinfo = std::move(base.userinfo);
      target.host = std::move(base.host);
      target.port = std::move(base.port);
      if (target.path.empty()) {
        target.path = std::move(base.path);
        if (!target.query)
          target.query = std::move(base.query);
      } else if (!target.path.starts_with('/')) {
        // Merging (RFC 3986 §5.2.3): behind the last slash of the base, or at the root if the base has no path.
        if (base.has_authority && base.path.empty())
          target.path.insert(0, 1, '/');
        else
          target.path.insert(0, base.path, 0, base.path.rfind('/') + 1);
      }
    }
  }
  target.path = internal::remove_dot_segments(target.path);
  reason = missing_in(target.scheme, target.has_authority, target.host);
  if (reason.empty()) {
    auto result = compose(target);
    if (result.text_.size() <= max_size)
      return result;
    reason = "becomes longer than " + std::to_string(max_size) + " bytes";
  }
  if (why != nullptr)
    *why = std::move(reason);
  return std::nullopt;
}

std::string url::escape_link(std::string_view link) {
  return internal::escape_link(link);
}

std::string_view url::userinfo() const noexcept {
  const std::size_t begin = colon_ + 3;
  return has_authority_ && host_begin_ > begin ? part(begin, host_begin_ - 1) : std::string_view{};
}

std::string_view url::host() const noexcept {
  return host_is_ipv6() ? part(host_begin_ + 1, host_end_ - 1) : part(host_begin_, host_end_);
}

std::uint16_t url::port() const noexcept {
  if (path_begin_ > host_end_ + 1)
    return port_number(part(host_end_ + 1, path_begin_)).value_or(0);
  return default_port(scheme());
}

std::string url::authority() const {
  std::string result{part(host_begin_, host_end_)};
  if (port() != default_port(scheme()))
    result.append(":").append(std::to_string(port()));
  return result;
}

std::string url::origin() const {
  return std::string{scheme()}.append("://").append(authority());
}

std::string url::target() const {
  std::string result{path()};
  if (!result.starts_with('/'))
    result.insert(0, 1, '/');
  if (has_query())
    result.append("?").append(query());
  return result;
}

url url::normalized() const {
  if (empty())
    return *this;
  parts p = split();
  p.userinfo = internal::normalize_escapes(p.userinfo);
  if (host_is_ipv6()) {
    p.host = '[' + canonical_ipv6(host()).value_or(std::string{host()}) + ']';
  } else {
    p.host = lowered(internal::normalize_escapes(p.host));
  }
  p.port = port() == default_port(p.scheme) ? std::string{} : std::to_string(port());
  p.path = internal::normalize_escapes(p.path);
  if (p.path.starts_with('/') || p.has_authority)
    p.path = internal::remove_dot_segments(p.path);
  if (p.path.empty() && default_port(p.scheme) != 0)
    p.path = "/";
  if (p.query)
    p.query = internal::normalize_escapes(*p.query);
  if (p.fragment)
    p.fragment = internal::normalize_escapes(*p.fragment);
  return compose(p);
}

url url::without_fragment() const {
  url result = *this;
  result.text_.resize(query_end_);
  return result;
}

url url::without_userinfo() const {
  if (userinfo().empty())
    return *this;
  parts p = split();
  p.userinfo.clear();
  return compose(p);
}

url url::with_query(std::string_view query) const {
  if (empty())
    throw error{errc::invalid_url, "an empty URL cannot have a query"};
  if (const auto problem = internal::character_problem(query);
      !problem.empty() || query.find_first_of("#[]") != std::string_view::npos)
    throw error{errc::invalid_url, "query " + internal::quoted(query, 200) + " is not percent-encoded"};
  parts p = split();
  p.query = query;
  p.fragment.reset();
  auto result = compose(p);
  if (result.text_.size() > max_size)
    raise(result.text_, "is longer than " + std::to_string(max_size) + " bytes");
  return result;
}

} // namespace actors::http
