#pragma once

#include <ostream>
#include <string>
#include <vector>

/// Requests that must not pass: each with the status that refuses it. What RFC 9112 calls malformed, and what the known
/// collections of request smuggling try on servers and on proxies in front of them.
namespace actors::http::test {

struct attack {
  std::string name;
  std::string sent;
  int answer;

  friend void PrintTo(const attack& what, std::ostream* out) { *out << what.name; }
};

/// A table for tests of the parser, of the server and of the server behind proxies.
[[nodiscard]] const std::vector<attack>& attacks();

/// Requests that look odd and are good, each with its number of messages.
[[nodiscard]] const std::vector<attack>& odd_but_good();

} // namespace actors::http::test
