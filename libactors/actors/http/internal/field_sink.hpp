#pragma once

#include <actors/http/fields.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace actors::http::internal {

/// Lets the parser append a field, whole or in pieces, straight into the buffer of a `fields` and without the checks of
/// `fields::add`: llhttp has made them already. Until `finish()` the piece-wise field is invisible. The parser keeps
/// the section far below 4 GiB.
class field_sink {
public:
  /// A whole field; `value` without spaces behind it. Both lie in one input that goes up to `end`: where its line is
  /// written as most are, it is copied in one go.
  static void line(fields& target, std::string_view name, std::string_view value, const char* end) {
    auto& [wire, entries] = target.own();
    const auto offset = wire.size();
    const char* const begin = name.data();
    const char* const behind = value.data() + value.size();
    const bool is_usual = !value.empty() && value.data() == begin + name.size() + 2 && begin[name.size() + 1] == ' ' &&
                          end - behind >= 2 && behind[0] == '\r' && behind[1] == '\n';
    if (is_usual) {
      wire.append(begin, behind + 2);
    } else {
      wire.reserve(offset + name.size() + value.size() + 4);
      wire.append(name).append(": ", 2).append(value).append("\r\n", 2);
    }
    entries.push_back({static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(name.size()),
                       static_cast<std::uint32_t>(value.size())});
  }

  static void text(fields& target, std::string_view piece) { target.own().wire.append(piece); }

  /// Ends the name, whose start and size the caller knows.
  static void end_name(fields& target) { target.own().wire.append(": ", 2); }

  /// Ends the field that began at `offset` with a name of `name_size` bytes; drops spaces behind the value, which
  /// llhttp leaves.
  static field_view finish(fields& target, std::size_t offset, std::size_t name_size) {
    auto& [wire, entries] = target.own();
    const std::size_t value_offset = offset + name_size + 2;
    std::size_t end = wire.size();
    while (end > value_offset && (wire[end - 1] == ' ' || wire[end - 1] == '\t'))
      --end;
    wire.resize(end);
    wire.append("\r\n", 2);
    entries.push_back({static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(name_size),
                       static_cast<std::uint32_t>(end - value_offset)});
    return target.content_->at(entries.size() - 1);
  }

  [[nodiscard]] static std::size_t size(const fields& target) noexcept { return target.wire().size(); }

  /// Leaves the memory to whichever section of the thread needs some next.
  static void let_go(fields& target) noexcept { target.content_.reset(); }
};

} // namespace actors::http::internal
