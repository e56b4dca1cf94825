#include <actors/app/byte_size.hpp>

#include <actors/app/internal/quantity.hpp>
#include <actors/app/value_error.hpp>

#include <array>

namespace actors::app {

namespace {

constexpr std::string_view prefixes = "kmgtpe";
constexpr std::array<std::string_view, 6> shown_units{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

/// Bytes in a unit in lower case; 0 if there is no such unit.
std::uint64_t find_unit(std::string_view name) {
  if (name.empty() || name == "b" || name == "byte" || name == "bytes")
    return 1;
  const std::size_t power = prefixes.find(name.front());
  if (power == std::string_view::npos)
    return 0;
  const std::string_view rest = name.substr(1);
  if (rest != "b" && rest != "ib")
    return 0;
  const std::uint64_t base = rest == "b" ? 1000 : 1024;
  std::uint64_t size = 1;
  for (std::size_t i = 0; i <= power; ++i)
    size *= base;
  return size;
}

bool is_lone_prefix(std::string_view name) {
  return name.size() == 1 && prefixes.find(name.front()) != std::string_view::npos;
}

} // namespace

byte_size parse_byte_size(std::string_view text) {
  const auto fail = [&](std::string_view why) { return value_error(internal::quoted_text(text) + std::string(why)); };
  std::string_view rest = internal::trimmed(text);
  const auto number = internal::take_decimal(rest);
  if (!number)
    throw fail(R"( is not a size in bytes, such as "64 KiB", "10 MB" or "4096")");
  const std::string name = internal::take_unit(rest);
  if (!rest.empty())
    throw fail(R"( is not a size in bytes, such as "64 KiB", "10 MB" or "4096")");
  if (is_lone_prefix(name)) {
    const std::string letter(1, static_cast<char>(name.front() - 'a' + 'A'));
    throw fail(" is ambiguous: write " + letter + "iB (powers of 1024) or " + (letter == "K" ? "k" : letter) +
               "B (powers of 1000)");
  }
  const std::uint64_t size = find_unit(name);
  if (size == 0)
    throw fail(": " + internal::quoted_text(name) + " is not a unit of size (B, KiB, MiB, GiB, kB, MB, GB)");
  std::uint64_t bytes = 0;
  switch (internal::scale(*number, size, bytes)) {
  case internal::scaling::exact:
    break;
  case internal::scaling::too_large:
    throw fail(" is too large (less than 8 EiB)");
  case internal::scaling::inexact:
    throw fail(" is not a whole number of bytes");
  }
  return byte_size(bytes);
}

std::string format_byte_size(byte_size size) {
  std::uint64_t count = size.bytes();
  std::string_view unit = "B";
  for (const std::string_view larger : shown_units) {
    if (count == 0 || count % 1024 != 0)
      break;
    count /= 1024;
    unit = larger;
  }
  return std::to_string(count) + " " + std::string(unit);
}

} // namespace actors::app
