#pragma once

#include <actors/http/fields.hpp>
#include <actors/http/internal/ascii.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace actors::http::internal {

/// Lets the parser append a field in pieces, straight into the buffer of a `fields` and without the checks of
/// `fields::add`: llhttp has made them already. Until `finish()` the piece-wise field is invisible. The parser keeps
/// the section far below 4 GiB.
class field_sink {
public:
  static void name(fields& target, std::string_view piece) { target.wire_.append(piece); }

  /// Ends the name, whose start and size the caller knows.
  static void end_name(fields& target) { target.wire_.append(": ", 2); }

  static void value(fields& target, std::string_view piece) { target.wire_.append(piece); }

  /// Ends the field that began at `offset` with a name of `name_size` bytes; drops spaces behind the value, which
  /// llhttp leaves.
  static field_view finish(fields& target, std::size_t offset, std::size_t name_size) {
    auto& wire = target.wire_;
    const std::size_t value_offset = offset + name_size + 2;
    std::size_t end = wire.size();
    while (end > value_offset && (wire[end - 1] == ' ' || wire[end - 1] == '\t'))
      --end;
    wire.resize(end);
    wire.append("\r\n", 2);
    target.entries_.push_back({static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(name_size),
                               static_cast<std::uint32_t>(end - value_offset)});
    return target.view(target.entries_.back());
  }

  [[nodiscard]] static std::size_t size(const fields& target) noexcept { return target.wire_.size(); }
};

} // namespace actors::http::internal
