#include <actors/observe/internal/json_text.hpp>

#include <actors/core/printable_text.hpp>

namespace actors::observe::internal {

namespace {

void append_escaped(std::string& out, char c) {
  static constexpr char digits[] = "0123456789abcdef";
  switch (c) {
  case '"':
    out += "\\\"";
    return;
  case '\\':
    out += "\\\\";
    return;
  case '\n':
    out += "\\n";
    return;
  case '\r':
    out += "\\r";
    return;
  case '\t':
    out += "\\t";
    return;
  default:
    out += "\\u00";
    out += digits[static_cast<unsigned char>(c) >> 4U];
    out += digits[static_cast<unsigned char>(c) & 0xfU];
  }
}

} // namespace

void append_json_string(std::string& out, std::string_view text, std::size_t limit) {
  out += '"';
  for (std::size_t i = 0; i < text.size();) {
    const auto rest = text.substr(i);
    const auto valid = utf8_sequence_length(rest);
    const auto length = valid == 0 ? std::size_t{1} : valid;
    if (length > limit || i > limit - length) {
      out += "… (";
      out += std::to_string(rest.size());
      out += rest.size() == 1 ? " more byte)" : " more bytes)";
      break;
    }
    const auto first = static_cast<unsigned char>(rest.front());
    if (valid == 0)
      out += "\xEF\xBF\xBD";
    else if (first < 0x20 || first == 0x7f || first == '"' || first == '\\')
      append_escaped(out, rest.front());
    else
      out += rest.substr(0, valid);
    i += length;
  }
  out += '"';
}

} // namespace actors::observe::internal
