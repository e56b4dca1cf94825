#include <actors/http/cookie.hpp>

#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/targets.hpp"
#include "tests/http/fuzz/field_value.hpp"

#include <actors/http/cookie_jar.hpp>
#include <actors/http/error.hpp>
#include <actors/http/fields.hpp>
#include <actors/http/url.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

using namespace actors::http;

namespace {

/// What is understood is either refused by the strict writer, or read again as the same.
void check_set_cookie(std::string_view input) {
  const auto one = set_cookie::parse(input);
  if (!one)
    return;
  FUZZ_EXPECT(one->name().size() + one->value().size() <= 4096);
  FUZZ_EXPECT(one->path().empty() || one->path().starts_with('/'));
  FUZZ_EXPECT(!one->max_age() || *one->max_age() >= std::chrono::seconds{0});
  std::string text;
  try {
    text = one->to_string();
  } catch (const error& problem) {
    FUZZ_EXPECT(problem.kind() == errc::invalid_cookie);
    return;
  }
  FUZZ_EXPECT_THAT(actors::fuzz::is_field_value(text), text);
  // Of a domain one dot is dropped each time.
  if (!one->domain().starts_with('.'))
    FUZZ_EXPECT_THAT(set_cookie::parse(text) == one, text);
}

/// The pairs can be written as one field, and are then the same.
void check_cookie_field(std::string_view input) {
  if (!actors::fuzz::is_field_value(input))
    return;
  fields all;
  all.add("Cookie", input);
  const auto pairs = parse_cookies(all);
  std::string text;
  for (const auto& [name, value] : pairs) {
    FUZZ_EXPECT(name.find_first_of("=;") == std::string_view::npos);
    FUZZ_EXPECT(value.find(';') == std::string_view::npos);
    FUZZ_EXPECT(cookie_value(all, name).has_value());
    text.append(text.empty() ? "" : "; ").append(name).append("=").append(value);
  }
  fields again;
  again.add("Cookie", text);
  FUZZ_EXPECT_THAT(parse_cookies(again) == pairs, text);
}

/// Whatever servers send: no cookie gets to a stranger, no secure one to plain http, and the jar stays small.
void check_jar(std::string_view input) {
  constexpr std::size_t most = 5;
  static const std::array from{url::parse("http://a.example.com/x/y"), url::parse("https://example.com/x"),
                               url::parse("https://b.example.com./"), url::parse("http://127.0.0.1/")};
  static const auto stranger = url::parse("https://example.org/x/y");
  static const auto address = url::parse("https://1.0.0.127/x/y");
  cookie_jar jar{cookie_jar_limits{}.per_domain(3).total(most),
                 [] { return std::chrono::sys_seconds{std::chrono::seconds{1'000'000'000}}; }};
  for (std::size_t i = 0; !input.empty(); ++i) {
    const auto line = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(input.size(), line.size() + 1));
    static_cast<void>(jar.store(from[i % from.size()], line));
    FUZZ_EXPECT(jar.size() <= most);
  }
  FUZZ_EXPECT_THAT(jar.field_for(stranger).empty(), jar.field_for(stranger));
  FUZZ_EXPECT_THAT(jar.field_for(address).empty(), jar.field_for(address));
  for (const auto& where : from) {
    const auto all = jar.cookies();
    const auto text = jar.field_for(where);
    FUZZ_EXPECT_THAT(actors::fuzz::is_field_value(text), text);
    std::size_t sent = 0;
    for (std::string_view rest = text; !rest.empty(); ++sent) {
      const auto piece = rest.substr(0, rest.find("; "));
      rest.remove_prefix(std::min(rest.size(), piece.size() + 2));
      const auto may_go = [piece, &where](const cookie& one) {
        const auto shown = one.name.empty() ? one.value : one.name + "=" + one.value;
        return shown == piece && (!one.secure || where.is_secure());
      };
      FUZZ_EXPECT_THAT(std::any_of(all.begin(), all.end(), may_go), text);
    }
    FUZZ_EXPECT(sent <= all.size());
  }
}

} // namespace

/// Set-Cookie and Cookie fields, dates, and the jar.
void actors::fuzz::http_cookie(std::string_view input) {
  check_set_cookie(input);
  check_cookie_field(input);
  check_jar(input);
  if (const auto date = parse_cookie_date(input)) {
    const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(*date)};
    FUZZ_EXPECT(day.ok() && day.year() >= std::chrono::year{1601} && day.year() <= std::chrono::year{9999});
  }
}
