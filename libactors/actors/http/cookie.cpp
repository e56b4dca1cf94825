#include <actors/http/cookie.hpp>

#include <actors/http/date.hpp>
#include <actors/http/error.hpp>
#include <actors/http/internal/ascii.hpp>
#include <actors/http/internal/quoted.hpp>

#include <algorithm>
#include <array>

namespace actors::http {

namespace {

using internal::iequals;
using internal::trim;

constexpr std::size_t max_name_and_value = 4096;
constexpr std::size_t max_attribute_value = 1024;

/// A cookie must not outlive this, whatever the server says (RFC 6265bis §5.5).
constexpr std::chrono::seconds longest_life = std::chrono::hours(24 * 400);

bool is_control(char c) noexcept {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

/// RFC 6265 §4.1.1: cookie-octet.
bool is_cookie_octet(char c) noexcept {
  return c > 0x20 && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
}

std::string lowered(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(), internal::lower);
  return result;
}

/// What stands before the first `;`, which goes too.
std::string_view take_piece(std::string_view& text) noexcept {
  const auto piece = text.substr(0, text.find(';'));
  text.remove_prefix(std::min(text.size(), piece.size() + 1));
  return piece;
}

// -- dates -------------------------------------------------------------------------------------------------------------

bool is_date_delimiter(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x09 || (byte >= 0x20 && byte <= 0x2f) || (byte >= 0x3b && byte <= 0x40) ||
         (byte >= 0x5b && byte <= 0x60) || (byte >= 0x7b && byte <= 0x7e);
}

/// So many digits, followed by anything else or nothing.
std::optional<int> leading_number(std::string_view text, std::size_t least, std::size_t most) noexcept {
  std::size_t size = 0;
  int value = 0;
  while (size < text.size() && internal::is_digit(text[size])) {
    if (size == most)
      return std::nullopt;
    value = value * 10 + (text[size] - '0');
    ++size;
  }
  if (size < least)
    return std::nullopt;
  return value;
}

struct date_parts {
  std::optional<std::array<int, 3>> time;
  std::optional<int> day;
  std::optional<int> month;
  std::optional<int> year;
};

std::optional<std::array<int, 3>> read_time(std::string_view token) noexcept {
  std::array<int, 3> result{};
  for (std::size_t i = 0; i < result.size(); ++i) {
    const bool is_last = i + 1 == result.size();
    const auto end = is_last ? token.size() : token.find(':');
    if (end == std::string_view::npos)
      return std::nullopt;
    const auto piece = token.substr(0, end);
    const auto value = leading_number(piece, 1, 2);
    // Only behind the seconds may there be anything else.
    if (!value || (!is_last && !std::all_of(piece.begin(), piece.end(), internal::is_digit)))
      return std::nullopt;
    result[i] = *value;
    token.remove_prefix(is_last ? end : end + 1);
  }
  return result;
}

std::optional<int> read_month(std::string_view token) noexcept {
  constexpr std::array<std::string_view, 12> names{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};
  for (std::size_t i = 0; i < names.size(); ++i)
    if (iequals(token.substr(0, 3), names[i]))
      return static_cast<int>(i) + 1;
  return std::nullopt;
}

/// Each token is the first thing that it can be and that is still missing.
void read_token(std::string_view token, date_parts& date) noexcept {
  if (!date.time) {
    date.time = read_time(token);
    if (date.time)
      return;
  }
  if (!date.day) {
    date.day = leading_number(token, 1, 2);
    if (date.day)
      return;
  }
  if (!date.month) {
    date.month = read_month(token);
    if (date.month)
      return;
  }
  if (!date.year)
    date.year = leading_number(token, 2, 4);
}

} // namespace

std::optional<std::chrono::sys_seconds> parse_cookie_date(std::string_view text) {
  date_parts date;
  while (!text.empty()) {
    const auto end = std::find_if(text.begin(), text.end(), is_date_delimiter);
    const auto size = static_cast<std::size_t>(end - text.begin());
    if (size > 0)
      read_token(text.substr(0, size), date);
    text.remove_prefix(std::min(text.size(), size + 1));
  }
  if (!date.time || !date.day || !date.month || !date.year)
    return std::nullopt;
  int year = *date.year;
  if (year >= 70 && year <= 99)
    year += 1900;
  else if (year <= 69)
    year += 2000;
  const auto [hour, minute, second] = *date.time;
  const std::chrono::year_month_day day{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(*date.month)},
                                        std::chrono::day{static_cast<unsigned>(*date.day)}};
  if (!day.ok() || year < 1601 || hour > 23 || minute > 59 || second > 59)
    return std::nullopt;
  return std::chrono::sys_days{day} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         std::chrono::seconds{second};
}

// -- Set-Cookie --------------------------------------------------------------------------------------------------------

std::optional<set_cookie> set_cookie::parse(std::string_view text) {
  if (std::any_of(text.begin(), text.end(), is_control))
    return std::nullopt;
  const auto pair = take_piece(text);
  const auto equals = pair.find('=');
  set_cookie result;
  result.name_ = equals == std::string_view::npos ? std::string_view{} : trim(pair.substr(0, equals));
  result.value_ = trim(equals == std::string_view::npos ? pair : pair.substr(equals + 1));
  const auto size = result.name_.size() + result.value_.size();
  if (size == 0 || size > max_name_and_value)
    return std::nullopt;
  while (!text.empty()) {
    const auto attribute = take_piece(text);
    const auto mark = std::min(attribute.size(), attribute.find('='));
    const auto value = trim(attribute.substr(std::min(attribute.size(), mark + 1)));
    if (value.size() <= max_attribute_value)
      result.apply(trim(attribute.substr(0, mark)), value);
  }
  return result;
}

void set_cookie::apply(std::string_view name, std::string_view value) {
  if (iequals(name, "expires")) {
    if (const auto date = parse_cookie_date(value))
      expires_ = date;
  } else if (iequals(name, "max-age")) {
    const bool is_negative = value.starts_with('-');
    const auto digits = value.substr(is_negative ? 1 : 0);
    if (digits.empty() || !std::all_of(digits.begin(), digits.end(), internal::is_digit))
      return;
    std::chrono::seconds age{0};
    for (const char c : digits)
      age = std::min(longest_life, age * 10 + std::chrono::seconds{c - '0'});
    max_age_ = is_negative ? std::chrono::seconds{0} : age;
  } else if (iequals(name, "domain")) {
    domain_ = lowered(value.substr(value.starts_with('.') ? 1 : 0));
  } else if (iequals(name, "path")) {
    path_ = value.starts_with('/') ? value : std::string_view{};
  } else if (iequals(name, "secure")) {
    secure_ = true;
  } else if (iequals(name, "httponly")) {
    http_only_ = true;
  } else if (iequals(name, "samesite")) {
    same_site_ = iequals(value, "strict") ? same_site::strict
                 : iequals(value, "lax")  ? same_site::lax
                 : iequals(value, "none") ? same_site::none
                                          : same_site::unspecified;
  }
}

std::string set_cookie::to_string() const {
  const auto refuse = [this](std::string_view why) {
    throw error{errc::invalid_cookie, "cookie " + internal::quoted(name_) + ": " + std::string{why}};
  };
  const auto is_good_attribute = [](std::string_view text) {
    if (text.starts_with(' ') || text.ends_with(' '))
      return false; // readers drop it
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f && c != ';'; });
  };
  if (!internal::consists_of(internal::token_char, name_))
    refuse("the name is no token");
  std::string_view inner = value_;
  if (inner.size() >= 2 && inner.front() == '"' && inner.back() == '"')
    inner = inner.substr(1, inner.size() - 2);
  if (!std::all_of(inner.begin(), inner.end(), is_cookie_octet))
    refuse("the value " + internal::quoted(value_) + " holds a character that is not allowed; encode it");
  if (name_.size() + value_.size() > max_name_and_value)
    refuse("name and value have more than " + std::to_string(max_name_and_value) + " bytes");
  if (!is_good_attribute(domain_) || !is_good_attribute(path_))
    refuse("the domain or path holds a character that is not allowed");
  const auto begins = [this](std::string_view prefix) { return iequals(name_.substr(0, prefix.size()), prefix); };
  if (begins("__Secure-") && !secure_)
    refuse("the name promises that it is secure, and it is not");
  if (begins("__Host-") && (!secure_ || !domain_.empty() || path_ != "/"))
    refuse("the name promises that it is secure, for one host and for the path /, and it is not");
  std::string result = name_ + "=" + value_;
  if (expires_)
    result += "; Expires=" + format_date(*expires_);
  if (max_age_)
    result += "; Max-Age=" + std::to_string(std::max(max_age_->count(), std::chrono::seconds::rep{0}));
  if (!domain_.empty())
    result += "; Domain=" + domain_;
  if (!path_.empty())
    result += "; Path=" + path_;
  if (secure_)
    result += "; Secure";
  if (http_only_)
    result += "; HttpOnly";
  if (same_site_ == same_site::strict)
    result += "; SameSite=Strict";
  else if (same_site_ == same_site::lax)
    result += "; SameSite=Lax";
  else if (same_site_ == same_site::none)
    result += "; SameSite=None";
  return result;
}

// -- Cookie ------------------------------------------------------------------------------------------------------------

std::vector<std::pair<std::string_view, std::string_view>> parse_cookies(const fields& of) {
  std::vector<std::pair<std::string_view, std::string_view>> result;
  for (auto text : of.get_all("Cookie"))
    while (!text.empty()) {
      const auto piece = trim(take_piece(text));
      const auto equals = piece.find('=');
      if (piece.empty())
        continue;
      if (equals == std::string_view::npos)
        result.emplace_back(std::string_view{}, piece);
      else
        result.emplace_back(trim(piece.substr(0, equals)), trim(piece.substr(equals + 1)));
    }
  return result;
}

std::optional<std::string_view> cookie_value(const fields& of, std::string_view name) {
  for (const auto& [found, value] : parse_cookies(of))
    if (found == name)
      return value;
  return std::nullopt;
}

} // namespace actors::http
