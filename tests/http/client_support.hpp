#pragma once

#include "scripted_server.hpp"

#include <string>
#include <string_view>
#include <vector>

/// What the tests of the client's features share.
namespace actors::http::test {

/// A response with a Content-Length.
inline std::string answer(std::string_view line, std::string_view fields = {}, std::string_view body = {}) {
  return "HTTP/1.1 " + std::string{line} + "\r\n" + std::string{fields} +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
}

inline const std::string ok = answer("200 OK", "", "hello");

/// Answers each head with the next text, and keeps what it was asked.
inline scripted_server::script recorder(std::vector<std::string>& seen, std::vector<std::string> answers) {
  return [&seen, answers](net::stream& s) -> task<void> {
    for (const auto& one : answers) {
      seen.push_back(co_await read_until(s, "\r\n\r\n"));
      co_await s.write_all(one);
    }
    static_cast<void>(co_await read_to_end(s));
  };
}

inline std::string field_of(const std::string& head, const std::string& name) {
  const auto begin = head.find("\r\n" + name + ": ");
  if (begin == std::string::npos)
    return "-";
  const auto value = begin + name.size() + 4;
  return head.substr(value, head.find("\r\n", value) - value);
}

} // namespace actors::http::test
