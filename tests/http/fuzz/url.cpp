#include <actors/http/url.hpp>

#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/targets.hpp"

#include <actors/http/query.hpp>

using namespace actors::http;

namespace {

void check_url(const url& u) {
  FUZZ_EXPECT_THAT(url::try_parse(u.to_string()) == u, u.to_string());
  const auto normal = u.normalized();
  FUZZ_EXPECT_THAT(normal.normalized() == normal, normal.to_string());
  FUZZ_EXPECT_THAT(url::try_parse(normal.to_string()) == normal, normal.to_string());
  FUZZ_EXPECT(u.without_fragment().without_fragment() == u.without_fragment());
  FUZZ_EXPECT(!u.without_userinfo().to_string().empty());
  if (u.is_http()) {
    FUZZ_EXPECT_THAT(!u.host().empty() && u.target().starts_with('/'), u.to_string());
    FUZZ_EXPECT_THAT(u.target().find_first_of(" \r\n\t") == std::string::npos, u.target());
    const auto again = url::try_parse(u.origin() + u.target());
    FUZZ_EXPECT_THAT(again && again->host() == u.host() && again->port() == u.port(), u.to_string());
  }
}

} // namespace

/// URLs, links and queries: what is printed is parsed as the same, and normalising once is enough.
void actors::fuzz::http_url(std::string_view input) {
  if (const auto u = url::try_parse(input)) {
    // Only the marks of an empty port and of an empty user are dropped.
    FUZZ_EXPECT(u->to_string().size() <= input.size() && u->to_string().size() + 2 >= input.size());
    check_url(*u);
  }
  const auto base = url::parse("http://user@example.com:8080/a/b;c/d?q#f");
  if (const auto u = base.try_resolve(input))
    check_url(*u);
  if (const auto u = base.resolve_link(input))
    check_url(*u);
  FUZZ_EXPECT(percent_decode(percent_encode(input)) == input);
  try {
    const auto params = query_params::parse(input, 50);
    FUZZ_EXPECT_THAT(query_params::parse(params.to_string(), 50) == params, params.to_string());
  } catch (const std::exception&) { // too many
  }
}
