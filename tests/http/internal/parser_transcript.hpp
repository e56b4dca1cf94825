#pragma once

#include <actors/http/internal/parser.hpp>

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

/// Runs bytes through a parser and writes down what came out, so that a test can compare two ways of splitting the same
/// input.
namespace actors::http::internal {

/// The input cut at these positions, which must rise.
inline std::vector<std::string_view> cut(std::string_view input, const std::vector<std::size_t>& positions) {
  std::vector<std::string_view> result;
  std::size_t begin = 0;
  for (const auto at : positions) {
    result.push_back(input.substr(begin, at - begin));
    begin = at;
  }
  result.push_back(input.substr(begin));
  return result;
}

inline std::vector<std::string_view> cut_everywhere(std::string_view input) {
  std::vector<std::string_view> result;
  for (std::size_t i = 0; i < input.size(); ++i)
    result.push_back(input.substr(i, 1));
  return result;
}

template <class Random>
std::vector<std::string_view> cut_randomly(std::string_view input, Random& random) {
  std::vector<std::string_view> result;
  while (!input.empty()) {
    const auto size = std::uniform_int_distribution<std::size_t>{1, std::min<std::size_t>(input.size(), 24)}(random);
    result.push_back(input.substr(0, size));
    input.remove_prefix(size);
  }
  return result;
}

inline std::string start_line(const request& r) {
  return std::string{to_string(r.method())} + ' ' + r.target();
}

inline std::string start_line(const response& r) {
  return std::to_string(code(r.status())) + ' ' + std::string{r.reason()};
}

/// Whether the parts of a parsed head are such that they could have been set one by one: nothing else must get in.
inline bool could_be_sent(const request& r) {
  return detail::valid_target(r.target()) && fields{}.assign_wire(std::string{r.fields().wire()});
}

inline bool could_be_sent(const response& r) {
  return detail::valid_reason(r.reason()) && fields{}.assign_wire(std::string{r.fields().wire()});
}

/// Whether two transcripts tell the same. At a failure, one may name a limit and the other a malformed byte behind it:
/// a parser sees that byte first when both come in one piece.
inline bool tell_the_same(const std::string& a, const std::string& b) {
  if (a == b)
    return true;
  const auto at = a.find("failed ");
  const auto is_limit = [at](const std::string& x) {
    return x.find("too_", at) != std::string::npos; // too_large, too_long, too_many
  };
  return at != std::string::npos && a.substr(0, at + 7) == b.substr(0, at + 7) && (is_limit(a) || is_limit(b));
}

/// What a transcript begins with that has a head which could not be sent.
inline const std::string unfit = "UNFIT\n";

/// All messages of the pieces and how the stream ended. Pieces of a body are joined, as their borders follow the
/// input's.
template <class Message>
std::string transcript(parser<Message>& p, const std::vector<std::string_view>& pieces) {
  std::string out;
  std::string body;
  bool is_fit = true;
  const auto record = [&](parse_event event) {
    switch (event) {
    case parse_event::head: {
      is_fit = is_fit && could_be_sent(p.head());
      out += "head " + start_line(p.head()) + (p.head().version() == version::http_1_1 ? " 1.1" : " 1.0");
      for (const auto [name, value] : p.head().fields())
        out += " | " + std::string{name} + "=" + std::string{value};
      out += p.keep_alive() ? " keep" : " close";
      out += p.upgrade() ? " upgrade" : "";
      out += p.content_length() ? " length " + std::to_string(*p.content_length()) : " length ?";
      break;
    }
    case parse_event::body:
      body += p.body();
      return;
    case parse_event::complete:
      out += "body " + body + "\n";
      body.clear();
      for (const auto [name, value] : p.trailers())
        out += "trailer " + std::string{name} + "=" + std::string{value} + "\n";
      out += "complete";
      break;
    case parse_event::end:
      out += "end";
      break;
    case parse_event::failed:
      // A body piece may or may not have been delivered before the failure, depending on the split.
      out += "failed " + std::string{to_string(p.failure().kind)};
      if (p.failure().missing)
        out += " missing " + std::to_string(*p.failure().missing);
      break;
    case parse_event::more:
      return;
    }
    out += '\n';
  };
  for (auto piece : pieces)
    for (;;) {
      const auto event = p.next(piece);
      record(event);
      if (event == parse_event::failed)
        return is_fit ? out : unfit + out;
      if (event == parse_event::more)
        break;
    }
  for (;;) {
    const auto event = p.finish();
    record(event);
    if (event == parse_event::end || event == parse_event::failed)
      return is_fit ? out : unfit + out;
  }
}

/// What a transcript says after "failed"; empty if nothing failed.
inline std::string failure_in(const std::string& transcript) {
  const auto at = transcript.find("failed ");
  return at == std::string::npos ? std::string{} : transcript.substr(at + 7, transcript.size() - at - 8);
}

} // namespace actors::http::internal
