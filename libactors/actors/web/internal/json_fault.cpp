#include <actors/web/internal/json_fault.hpp>

#include <algorithm>

namespace actors::web::internal {

namespace {

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

constexpr bool is_hex(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Walks over a value; each step is false as soon as something was found.
class fault_finder {
public:
  fault_finder(std::string_view text, std::size_t max_depth) noexcept : text_(text), max_depth_(max_depth) {}

  bool document() {
    if (text_.starts_with("\xef\xbb\xbf"))
      at_ = 3;
    skip_space();
    if (!value())
      return false;
    skip_space();
    return at_ == text_.size() || fail(at_, "Extra data");
  }

  [[nodiscard]] json_fault found() const noexcept {
    const auto before = text_.substr(0, position_);
    const auto is_first = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
    return {static_cast<std::size_t>(std::count_if(before.begin(), before.end(), is_first)), what_};
  }

private:
  bool fail(std::size_t at, std::string_view what) noexcept {
    position_ = at;
    what_ = what;
    return false;
  }

  [[nodiscard]] char peek(std::size_t at) const noexcept { return at < text_.size() ? text_[at] : '\0'; }

  void skip_space() noexcept {
    while (at_ < text_.size() && std::string_view{" \t\n\r"}.find(text_[at_]) != std::string_view::npos)
      ++at_;
  }

  bool value() { // NOLINT(misc-no-recursion): nested as deep as the caller lets it be
    switch (peek(at_)) {
    case '{':
    case '[': {
      if (depth_ == max_depth_)
        return fail(at_, "");
      ++depth_;
      const bool ok = text_[at_] == '{' ? object() : array();
      --depth_;
      return ok;
    }
    case '"':
      return string();
    default:
      break;
    }
    for (const std::string_view word : {"null", "true", "false"})
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return true;
      }
    return number();
  }

  bool number() noexcept {
    auto end = at_ + (peek(at_) == '-' ? 1 : 0);
    if (!is_digit(peek(end)))
      return fail(at_, "Expecting value");
    if (peek(end) == '0')
      ++end;
    else
      end = digits(end);
    if (peek(end) == '.' && is_digit(peek(end + 1)))
      end = digits(end + 1);
    if (peek(end) == 'e' || peek(end) == 'E') {
      const auto sign = end + 1;
      const auto first = sign + (peek(sign) == '-' || peek(sign) == '+' ? 1 : 0);
      if (is_digit(peek(first)))
        end = digits(first);
    }
    at_ = end;
    return true;
  }

  [[nodiscard]] std::size_t digits(std::size_t at) const noexcept {
    while (is_digit(peek(at)))
      ++at;
    return at;
  }

  bool string() noexcept {
    const auto begin = at_++;
    for (;; ++at_) {
      if (at_ >= text_.size())
        return fail(begin, "Unterminated string starting at");
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20)
        return fail(at_, "Invalid control character at");
      if (c == '\\' && !escape(begin))
        return false;
    }
  }

  bool escape(std::size_t begin) noexcept {
    const auto backslash = at_++;
    if (at_ >= text_.size())
      return fail(begin, "Unterminated string starting at");
    if (text_[at_] != 'u')
      return std::string_view{"\"\\/bfnrt"}.find(text_[at_]) != std::string_view::npos ||
             fail(backslash, "Invalid \\escape");
    for (std::size_t i = 1; i <= 4; ++i)
      if (!is_hex(peek(at_ + i)))
        return fail(at_, "Invalid \\uXXXX escape");
    at_ += 4;
    return true;
  }

  bool array() { // NOLINT(misc-no-recursion)
    ++at_;
    skip_space();
    if (peek(at_) == ']') {
      ++at_;
      return true;
    }
    for (;;) {
      if (!value())
        return false;
      skip_space();
      if (peek(at_) == ']')
        break;
      if (peek(at_) != ',')
        return fail(at_, "Expecting ',' delimiter");
      ++at_;
      skip_space();
    }
    ++at_;
    return true;
  }

  bool object() { // NOLINT(misc-no-recursion)
    ++at_;
    skip_space();
    if (peek(at_) == '}') {
      ++at_;
      return true;
    }
    for (;;) {
      if (peek(at_) != '"')
        return fail(at_, "Expecting property name enclosed in double quotes");
      if (!string())
        return false;
      skip_space();
      if (peek(at_) != ':')
        return fail(at_, "Expecting ':' delimiter");
      ++at_;
      skip_space();
      if (!value())
        return false;
      skip_space();
      if (peek(at_) == '}')
        break;
      if (peek(at_) != ',')
        return fail(at_, "Expecting ',' delimiter");
      ++at_;
      skip_space();
    }
    ++at_;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t max_depth_;
  std::size_t depth_ = 0;
  std::size_t position_ = 0;
  std::string_view what_;
};

} // namespace

std::optional<json_fault> find_json_fault(std::string_view text, std::size_t max_depth) {
  fault_finder finder{text, max_depth};
  if (finder.document() || finder.found().what.empty())
    return std::nullopt;
  return finder.found();
}

} // namespace actors::web::internal
