#include <actors/http/internal/request_rules.hpp>

#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/targets.hpp"
#include "tests/http/fuzz/field_value.hpp"

#include <actors/http/fields.hpp>
#include <actors/http/internal/ascii.hpp>
#include <actors/http/internal/parser.hpp>
#include <actors/http/url.hpp>

#include <algorithm>
#include <string>

using namespace actors::http;
using namespace actors::http::internal;

namespace {

/// Whether the parser takes this text as one whole request.
bool is_request(const std::string& text) {
  request_parser parser;
  std::string_view input = text;
  return parser.next_whole(input) == parse_event::complete && input.empty();
}

/// A host that is let in is one that cannot be read in two ways.
void check_authority(std::string_view input) {
  const bool is_good = is_authority(input);
  FUZZ_EXPECT(!is_good || (consists_of(host_char, input) && input.find_first_of("@,/?#") == std::string_view::npos));
  if (actors::fuzz::is_field_value(input)) {
    const auto text = "GET / HTTP/1.1\r\nHost: " + std::string{input} + "\r\n\r\n";
    FUZZ_EXPECT_THAT(!is_request(text) || trim(input).empty() || is_authority(trim(input)), text);
    FUZZ_EXPECT_THAT(!is_good || is_request(text), text);
  }
}

/// What is taken for the host of a target that is let in is what a URL's host is.
void check_absolute_target(std::string_view input) {
  if (!actors::http::detail::valid_target(input))
    return;
  const auto where = url::try_parse(input);
  for (const auto what : {method::get, method::options, method::connect}) {
    const auto breach = check_target(what, input);
    FUZZ_EXPECT(!breach || breach->kind == errc::bad_start_line);
    if (breach)
      continue;
    FUZZ_EXPECT(input.find('#') == std::string_view::npos);
    if (what == method::connect)
      FUZZ_EXPECT(is_authority(input));
    else if (!input.starts_with('/') && input != "*")
      FUZZ_EXPECT_THAT(!where || (where->is_http() && where->userinfo().empty()), std::string{input});
  }
}

void check_transfer_coding_field(std::string_view input) {
  const auto breach = check_transfer_coding(input);
  FUZZ_EXPECT(breach.has_value() != iequals(input, "chunked"));
  FUZZ_EXPECT(!breach || breach->kind == errc::unsupported_transfer_coding || breach->kind == errc::bad_framing);
  if (actors::fuzz::is_field_value(input)) {
    const auto text = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: " + std::string{input} + "\r\n\r\n0\r\n\r\n";
    FUZZ_EXPECT_THAT(is_request(text) == iequals(trim(input), "chunked"), text);
  }
}

void check_trailer(std::string_view input) {
  if (!consists_of(token_char, input))
    return;
  std::string shouted{input};
  std::transform(shouted.begin(), shouted.end(), shouted.begin(), upper);
  FUZZ_EXPECT(may_be_trailer(shouted) == may_be_trailer(input));
  const auto text = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + shouted + ": v\r\n\r\n";
  FUZZ_EXPECT_THAT(may_be_trailer(input) || !is_request(text), text);
}

} // namespace

/// The rules for hosts, targets, transfer codings and trailers, each by itself and as the parser applies it.
void actors::fuzz::http_request_rules(std::string_view input) {
  if (input.size() > 2000)
    return; // limits are the matter of http_request
  check_authority(input);
  check_absolute_target(input);
  check_transfer_coding_field(input);
  check_trailer(input);
}
