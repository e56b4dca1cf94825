#include <services/scraper/robots.hpp>

#include <services/scraper/internal/ascii.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace services::scraper {

namespace {

using internal::equal_ignoring_case;
using internal::hex_digit;
using internal::trimmed;

constexpr std::size_t sitemap_limit = 1000;
constexpr std::size_t sitemap_length_limit = 8192;

/// No path that a crawler asks for is longer, so no longer rule could match.
constexpr std::size_t pattern_limit = 8192;

bool is_unreserved(char c) noexcept {
  return internal::is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/// One form for what RFC 9309 §2.2.2 calls the same: unreserved characters plain, others encoded if they were,
/// non-ASCII encoded, hexadecimal digits in upper case.
std::string normalised(std::string_view path) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string result;
  result.reserve(path.size());
  const auto encode = [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    result += '%';
    result += digits[byte >> 4];
    result += digits[byte & 15];
  };
  for (std::size_t i = 0; i < path.size(); ++i) {
    const auto c = path[i];
    if (c == '%' && i + 2 < path.size() && hex_digit(path[i + 1]) >= 0 && hex_digit(path[i + 2]) >= 0) {
      const auto decoded = static_cast<char>(hex_digit(path[i + 1]) * 16 + hex_digit(path[i + 2]));
      if (is_unreserved(decoded))
        result += decoded;
      else
        encode(decoded);
      i += 2;
    } else if (static_cast<unsigned char>(c) >= 0x80 || static_cast<unsigned char>(c) <= ' ') {
      encode(c);
    } else {
      result += c;
    }
  }
  return result;
}

/// Does a pattern match the start of a path? `*` is any number of characters, `$` at the end is the path's end.
bool matches(std::string_view pattern, std::string_view path) noexcept {
  const auto anchored = !pattern.empty() && pattern.back() == '$';
  if (anchored)
    pattern.remove_suffix(1);
  std::size_t p = 0;
  std::size_t i = 0;
  auto star = std::string_view::npos; // the last `*` passed, and how far its match reaches
  std::size_t star_end = 0;
  for (;;) {
    if (p == pattern.size()) {
      if (!anchored || i == path.size())
        return true;
    } else if (pattern[p] == '*') {
      star = p++;
      star_end = i;
      continue;
    } else if (i < path.size() && pattern[p] == path[i]) {
      ++p;
      ++i;
      continue;
    }
    // Only the last star needs another try: earlier ones matched as little as they could.
    if (star == std::string_view::npos || star_end >= path.size())
      return false;
    i = ++star_end;
    p = star + 1;
  }
}

std::optional<std::chrono::milliseconds> parse_delay(std::string_view text) {
  auto seconds = 0.0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), seconds, std::chars_format::fixed);
  if (code != std::errc{} || !(seconds >= 0))
    return std::nullopt;
  return std::chrono::milliseconds{static_cast<std::int64_t>(std::min(seconds, 3600.0) * 1000)};
}

} // namespace

/// Goes through a file line by line.
class robots_parser {
public:
  explicit robots_parser(std::string_view token) : token_(token) {}

  void line(std::string_view text) {
    text = text.substr(0, text.find('#'));
    const auto colon = text.find(':');
    if (colon == std::string_view::npos)
      return;
    const auto key = trimmed(text.substr(0, colon));
    const auto value = trimmed(text.substr(colon + 1));
    if (equal_ignoring_case(key, "user-agent"))
      user_agent(value);
    else if (equal_ignoring_case(key, "allow"))
      rule(value, true);
    else if (equal_ignoring_case(key, "disallow"))
      rule(value, false);
    else if (equal_ignoring_case(key, "crawl-delay"))
      delay(value);
    else if (equal_ignoring_case(key, "sitemap"))
      sitemap(value);
  }

  [[nodiscard]] robots_rules take() {
    auto& chosen = named_ ? own_ : any_;
    robots_rules result = std::move(chosen);
    result.sitemaps_ = std::move(sitemaps_);
    std::ranges::sort(result.rules_, [](const auto& a, const auto& b) {
      return a.pattern.size() != b.pattern.size() ? a.pattern.size() > b.pattern.size() : a.allow && !b.allow;
    });
    return result;
  }

private:
  void user_agent(std::string_view value) {
    // Consecutive user-agent lines share the rules that follow; one after a rule starts a new group.
    if (in_rules_) {
      in_rules_ = false;
      for_us_ = false;
      for_any_ = false;
    }
    if (value == "*") {
      for_any_ = true;
    } else if (!token_.empty() && equal_ignoring_case(product_token(value), token_)) {
      for_us_ = true;
      named_ = true;
    }
  }

  void rule(std::string_view path, bool allow) {
    in_rules_ = true;
    // An empty rule rules nothing: "Disallow:" is how a site allows all.
    if (path.empty() || path.size() > pattern_limit)
      return;
    // The RFC wants a slash at the start; without one the rule was meant as if it were there.
    auto pattern = normalised(path);
    if (path.front() != '/' && path.front() != '*')
      pattern.insert(pattern.begin(), '/');
    pattern.erase(std::unique(pattern.begin(), pattern.end(), [](char a, char b) { return a == '*' && b == '*'; }),
                  pattern.end());
    if (for_us_)
      own_.rules_.push_back({pattern, allow});
    if (for_any_)
      any_.rules_.push_back({std::move(pattern), allow});
  }

  void delay(std::string_view value) {
    in_rules_ = true;
    const auto parsed = parse_delay(value);
    if (!parsed)
      return;
    if (for_us_)
      own_.crawl_delay_ = std::max(own_.crawl_delay_.value_or(*parsed), *parsed);
    if (for_any_)
      any_.crawl_delay_ = std::max(any_.crawl_delay_.value_or(*parsed), *parsed);
  }

  void sitemap(std::string_view value) {
    if (!value.empty() && value.size() <= sitemap_length_limit && sitemaps_.size() < sitemap_limit)
      sitemaps_.emplace_back(value);
  }

  std::string_view token_;
  robots_rules own_;
  robots_rules any_;
  std::vector<std::string> sitemaps_;
  bool in_rules_ = false;
  bool for_us_ = false;
  bool for_any_ = false;
  bool named_ = false;
};

robots_rules robots_rules::disallow_all() {
  robots_rules result;
  result.rules_.push_back({"/", false});
  return result;
}

robots_rules robots_rules::parse(std::string_view file, std::string_view product_token) {
  if (file.size() > size_limit) {
    file = file.substr(0, size_limit);
    // A line that is cut could say the opposite of the whole one.
    const auto end = file.find_last_of("\r\n");
    file = file.substr(0, end == std::string_view::npos ? 0 : end);
  }
  if (file.starts_with("\xEF\xBB\xBF"))
    file.remove_prefix(3);
  robots_parser parser{product_token};
  while (!file.empty()) {
    const auto end = file.find_first_of("\r\n");
    parser.line(file.substr(0, end));
    file.remove_prefix(end == std::string_view::npos ? file.size() : end + 1);
  }
  return parser.take();
}

robots_rules robots_rules::for_response(int status, std::string_view body, std::string_view product_token) {
  if (is_unreachable(status))
    return disallow_all();
  if (status >= 200 && status < 300)
    return parse(body, product_token);
  return allow_all();
}

bool robots_rules::allowed(std::string_view target) const {
  if (rules_.empty())
    return true;
  const auto path = target.empty() ? std::string{"/"} : normalised(target.substr(0, target.find('#')));
  if (path == "/robots.txt")
    return true;
  for (const auto& x : rules_)
    if (matches(x.pattern, path))
      return x.allow;
  return true;
}

std::string_view product_token(std::string_view user_agent) noexcept {
  std::size_t end = 0;
  while (end < user_agent.size() &&
         (internal::is_alpha(user_agent[end]) || user_agent[end] == '-' || user_agent[end] == '_'))
    ++end;
  return user_agent.substr(0, end);
}

} // namespace services::scraper
