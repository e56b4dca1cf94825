#pragma once

#include <tests/http/internal/parser_transcript.hpp>

#include <string>
#include <string_view>

/// Short forms for the tests of the request parser.
namespace actors::http::internal {

inline std::string run(std::string_view input, const message_limits& limits = {}) {
  request_parser p{limits};
  return transcript(p, {input});
}

inline std::string run_bytewise(std::string_view input, const message_limits& limits = {}) {
  request_parser p{limits};
  return transcript(p, cut_everywhere(input));
}

/// How the input fails, the same whether it comes at once or byte by byte; "" if it does not.
inline std::string failure(std::string_view input, const message_limits& limits = {}) {
  const auto whole = failure_in(run(input, limits));
  const auto bytewise = failure_in(run_bytewise(input, limits));
  return whole == bytewise ? whole : whole + " at once, but bytewise " + bytewise;
}

/// A POST request with these header lines and this body.
inline std::string post(std::string_view fields, std::string_view body = "") {
  return std::string{"POST / HTTP/1.1\r\nHost: h\r\n"}.append(fields).append("\r\n").append(body);
}

} // namespace actors::http::internal
