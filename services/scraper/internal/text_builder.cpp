#include <services/scraper/internal/text_builder.hpp>

#include <services/scraper/internal/ascii.hpp>

#include <utility>

namespace services::scraper::internal {

namespace {

constexpr std::string_view no_break_space = "\xC2\xA0";

/// The length of the white space at the start of `text`. No-break spaces are for layout; a reader searches for plain
/// ones.
std::size_t space_length(std::string_view text) noexcept {
  std::size_t length = 0;
  while (length < text.size()) {
    if (is_space(text[length]))
      ++length;
    else if (text.substr(length, 2) == no_break_space)
      length += 2;
    else
      break;
  }
  return length;
}

bool starts_space(std::string_view text, std::size_t at) noexcept {
  return is_space(text[at]) || (text[at] == '\xC2' && at + 1 < text.size() && text[at + 1] == '\xA0');
}

/// The length of the words at the start of `text` that are already as they should be: with single spaces between them.
std::size_t clean_length(std::string_view text) noexcept {
  std::size_t length = 0;
  while (length < text.size()) {
    // Above '?' and below 0x80 are most letters; asking for them first makes it twice as fast.
    const auto c = text[length];
    if (c < '?' && starts_space(text, length)) {
      if (c != ' ' || length + 1 == text.size() || starts_space(text, length + 1))
        break;
    }
    ++length;
  }
  return length;
}

} // namespace

void text_builder::add(std::string_view text) {
  while (!text.empty()) {
    if (const auto length = space_length(text); length > 0) {
      if (gap_ == gap::none)
        gap_ = gap::space;
      text.remove_prefix(length);
      continue;
    }
    const auto length = clean_length(text);
    word(text.substr(0, length));
    text.remove_prefix(length);
  }
}

void text_builder::add_preformatted(std::string_view text) {
  if (fresh_ && !text.empty()) {
    fresh_ = false;
    if (text.front() == '\n')
      text.remove_prefix(1);
    else if (text.starts_with("\r\n"))
      text.remove_prefix(2);
  }
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r')
      line.remove_suffix(1);
    if (!line.empty())
      word(line);
    if (end == std::string_view::npos)
      break;
    // An empty line is kept, but not several, and none at the end.
    if (gap_ == gap::line && !text_.empty() && text_.back() != '\n')
      put("\n");
    gap_ = gap::line;
    text.remove_prefix(end + 1);
  }
}

void text_builder::word(std::string_view text) {
  if (!text_.empty()) {
    switch (gap_) {
    case gap::none:
      break;
    case gap::space:
      if (!is_space(text_.back()))
        put(" ");
      break;
    case gap::cell:
      put("\t");
      break;
    case gap::line:
      put("\n");
      break;
    }
  }
  gap_ = gap::none;
  put(text);
}

void text_builder::put(std::string_view text) {
  if (full_)
    return;
  if (text.size() > limit_ - text_.size()) {
    full_ = true;
    auto room = limit_ - text_.size();
    // Not in the middle of a character.
    while (room > 0 && (static_cast<unsigned char>(text[room]) & 0xC0) == 0x80)
      --room;
    text = text.substr(0, room);
  }
  text_.append(text);
}

std::string text_builder::take() {
  while (!text_.empty() && is_space(text_.back()))
    text_.pop_back();
  return std::exchange(text_, {});
}

} // namespace services::scraper::internal
