#include <actors/http/internal/url_text.hpp>

#include <actors/http/internal/ascii.hpp>
#include <actors/http/internal/quoted.hpp>

#include <algorithm>

namespace actors::http::internal {

namespace {

constexpr std::string_view sub_delims = "!$&'()*+,;=";
constexpr char upper_hex[] = "0123456789ABCDEF";

bool is_escape(std::string_view text, std::size_t at) noexcept {
  return at + 2 < text.size() && hex_value(text[at + 1]) >= 0 && hex_value(text[at + 2]) >= 0;
}

bool is_pchar(char c) noexcept {
  return is(unreserved_char, c) || c == ':' || c == '@' || sub_delims.find(c) != std::string_view::npos;
}

} // namespace

std::string remove_dot_segments(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  const bool is_rooted = path.starts_with('/');
  while (!path.empty()) {
    // A segment is taken with its leading slash; only the first of a rootless path has none.
    const auto end = std::min(path.find('/', 1), path.size());
    const auto segment = path.substr(0, end);
    const auto name = segment.starts_with('/') ? segment.substr(1) : segment;
    const bool is_last = end == path.size();
    path.remove_prefix(end);
    if (name == "." || name == "..") {
      if (name == "..")
        out.resize(out.rfind('/') == std::string::npos ? 0 : out.rfind('/'));
      if (is_last && (is_rooted || !out.empty()))
        out.push_back('/');
    } else if (out.empty() && !is_rooted) {
      out.append(name);
    } else {
      out.append(segment);
    }
  }
  return out;
}

std::string normalize_escapes(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%' || !is_escape(text, i)) {
      out.push_back(text[i]);
      continue;
    }
    const char decoded = static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
    if (is(unreserved_char, decoded)) {
      out.push_back(decoded);
    } else {
      out.push_back('%');
      out.push_back(upper(text[i + 1]));
      out.push_back(upper(text[i + 2]));
    }
    i += 2;
  }
  return out;
}

std::size_t scheme_size(std::string_view text) noexcept {
  if (text.empty() || !is_alpha(text.front()))
    return 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == ':')
      return i;
    if (!is_alpha(text[i]) && !is_digit(text[i]) && text[i] != '+' && text[i] != '-' && text[i] != '.')
      return 0;
  }
  return 0;
}

std::string character_problem(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' ? !is_escape(text, i)
                       : !is_pchar(text[i]) && std::string_view{"/?#[]"}.find(text[i]) == std::string_view::npos)
      return (text[i] == '%' ? "has a broken percent-escape" : "has the character " + quoted(text.substr(i, 1))) +
             " at position " + std::to_string(i);
  }
  return {};
}

std::string escape_link(std::string_view link) {
  const auto is_around = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
  while (!link.empty() && is_around(link.front()))
    link.remove_prefix(1);
  while (!link.empty() && is_around(link.back()))
    link.remove_suffix(1);
  std::string text{link};
  std::erase_if(text, [](char c) { return c == '\t' || c == '\n' || c == '\r'; });

  std::string out;
  out.reserve(text.size() + 16);
  const auto scheme = scheme_size(text);
  std::size_t i = scheme == 0 ? 0 : scheme + 1;
  if (std::string_view{text}.substr(i).starts_with("//"))
    i = std::min(text.find_first_of("/?#", i + 2), text.size());
  out.append(text, 0, i);
  // A colon in the first segment would make a scheme of it (RFC 3986 §4.2).
  if (i == 0 && text.find(':') < text.find_first_of("/?#"))
    out.append("./");
  char component = '/';
  for (; i < text.size(); ++i) {
    const char c = text[i];
    const bool opens = (c == '?' && component == '/') || (c == '#' && component != '#');
    if (opens)
      component = c;
    if (opens || is_pchar(c) || c == '/' || (c == '?' && component != '/') || (c == '%' && is_escape(text, i))) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(upper_hex[static_cast<unsigned char>(c) >> 4]);
      out.push_back(upper_hex[static_cast<unsigned char>(c) & 15]);
    }
  }
  return out;
}

} // namespace actors::http::internal
