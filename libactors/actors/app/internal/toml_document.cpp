#include <actors/app/internal/toml_document.hpp>

#include <actors/core/detail/unique_fd.hpp>
#include <actors/core/printable_text.hpp>

#include <toml++/toml.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace actors::app::internal {

namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 20U;
constexpr unsigned most_dots = 15;
constexpr std::size_t shown_bytes = 200;

text_position position(const toml::source_position& at) {
  return {at.line, at.column};
}

text_position position_of_byte(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  text_position at;
  at.line = static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  // Characters, not bytes: continuation bytes do not count.
  const std::string_view line = before.substr(line_start);
  const auto starts = [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; };
  at.column = static_cast<std::uint32_t>(std::count_if(line.begin(), line.end(), starts)) + 1;
  return at;
}

/// Finds a key with more dots than allowed. toml++ 3.3 has no limit of its own and makes one nested table a dot, whose
/// destructor then recurses: a long line of `a.a.a.…` would overflow the stack.
class dot_counter {
public:
  explicit dot_counter(std::string_view text) : text_(text) {}

  void check() {
    while (at_ < text_.size()) {
      step();
      at_ = std::min(at_, text_.size());
    }
  }

private:
  [[nodiscard]] bool starts_with(std::string_view what) const {
    return at_ < text_.size() && text_.substr(at_).starts_with(what);
  }

  void step() {
    switch (text_[at_]) {
    case '#':
      at_ = std::min(text_.find('\n', at_), text_.size());
      return;
    case '"':
      skip_string(starts_with(R"(""")") ? R"(""")" : "\"", true);
      return;
    case '\'':
      skip_string(starts_with("'''") ? "'''" : "'", false);
      return;
    case '.':
      if (++dots_ > most_dots)
        throw toml_error("a key has more than 16 levels", position_of_byte(text_, at_));
      break;
    case '\n':
    case '=':
    case ',':
    case '[':
    case ']':
    case '{':
    case '}':
      dots_ = 0;
      break;
    default:
      break;
    }
    ++at_;
  }

  void skip_string(std::string_view delimiter, bool escapes) {
    at_ += delimiter.size();
    while (at_ < text_.size() && !starts_with(delimiter)) {
      // An unclosed string ends with its line: what follows is looked at as if it were keys.
      if (delimiter.size() == 1 && text_[at_] == '\n')
        return;
      at_ += escapes && text_[at_] == '\\' ? 2 : 1;
    }
    at_ += delimiter.size();
    // Up to two quotes may precede the closing three.
    for (int i = 0; delimiter.size() == 3 && i < 2 && starts_with(delimiter.substr(0, 1)); ++i)
      ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  unsigned dots_ = 0;
};

toml_value convert(const toml::node& node);

toml_table convert_table(const toml::table& table) {
  toml_table result;
  result.reserve(table.size());
  for (const auto& [key, node] : table) {
    result.push_back({std::string(key.str()), position(key.source().begin), convert(node)});
  }
  // toml++ sorts by name; people expect mistakes in the order of the file.
  std::stable_sort(result.begin(), result.end(), [](const toml_member& a, const toml_member& b) {
    return std::pair(a.at.line, a.at.column) < std::pair(b.at.line, b.at.column);
  });
  return result;
}

toml_value convert(const toml::node& node) {
  toml_value result;
  result.at = position(node.source().begin);
  switch (node.type()) {
  case toml::node_type::boolean:
    result.content = node.as_boolean()->get();
    break;
  case toml::node_type::integer:
    result.content = node.as_integer()->get();
    break;
  case toml::node_type::floating_point:
    result.content = node.as_floating_point()->get();
    break;
  case toml::node_type::string:
    result.content = node.as_string()->get();
    break;
  case toml::node_type::array: {
    toml_array items;
    for (const toml::node& item : *node.as_array())
      items.push_back(convert(item));
    result.content = std::move(items);
    break;
  }
  case toml::node_type::table:
    result.content = convert_table(*node.as_table());
    break;
  case toml::node_type::date:
    result.content = toml_other{"a date"};
    break;
  case toml::node_type::time:
    result.content = toml_other{"a time of day"};
    break;
  case toml::node_type::date_time:
    result.content = toml_other{"a date and time"};
    break;
  case toml::node_type::none:
    result.content = toml_other{"nothing"};
    break;
  }
  return result;
}

[[noreturn]] void fail_to_read(int error) {
  throw toml_error("cannot be read: " + std::generic_category().message(error), {});
}

} // namespace

std::string read_config_file(const std::filesystem::path& file) {
  const actors::detail::unique_fd descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (descriptor.get() < 0) {
    if (errno == ENOENT)
      throw file_missing("there is no such file", {});
    fail_to_read(errno);
  }
  struct stat status{};
  if (::fstat(descriptor.get(), &status) != 0)
    fail_to_read(errno);
  if (S_ISDIR(status.st_mode))
    throw toml_error("is a directory, not a file", {});
  std::string text;
  std::array<char, 16'384> buffer{};
  while (true) {
    const ssize_t count = ::read(descriptor.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      fail_to_read(errno);
    if (count == 0)
      return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > most_bytes)
      throw toml_error("is larger than 1 MiB, too large for a configuration", {});
  }
}

toml_table parse_toml(std::string_view text) {
  if (text.size() > most_bytes)
    throw toml_error("is larger than 1 MiB, too large for a configuration", {});
  if (const auto invalid = find_invalid_utf8(text)) {
    throw toml_error("is not UTF-8 text (byte " + printable_text(text.substr(*invalid, 1)) + ")",
                     position_of_byte(text, *invalid));
  }
  dot_counter(text).check();
  try {
    return convert_table(toml::parse(text));
  } catch (const toml::parse_error& error) {
    throw toml_error("is not valid TOML: " + printable_text(error.description(), shown_bytes),
                     position(error.source().begin));
  }
}

toml_value parse_toml_value(std::string_view text) {
  toml_table table = parse_toml("value = " + std::string(text));
  // More than one member: a line break and another assignment were smuggled in.
  if (table.size() != 1 || table.front().key != "value")
    throw toml_error("is not one TOML value", {});
  return std::move(table.front().value);
}

} // namespace actors::app::internal
