#include <actors/core/call_context.hpp>

#include <actors/core/service_ref.hpp>
#include <actors/core/trace_context.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace actors::detail {

namespace {

// The parts of an extension: a number, the length in two bytes, big-endian as all numbers in it, and the content.
constexpr std::uint64_t trace_part = 1; // trace id, span id, flags; later versions may add more
constexpr std::uint64_t state_part = 2; // the tracestate
constexpr std::size_t trace_part_size = 25;
constexpr std::size_t part_head_size = 3;

void append_number(caf::byte_buffer& out, std::uint64_t value, unsigned size) {
  for (unsigned i = size; i-- > 0;)
    out.push_back(static_cast<caf::byte>((value >> (8 * i)) & 0xffU));
}

std::uint64_t number_at(const caf::byte_buffer& bytes, std::size_t at, std::size_t size) {
  std::uint64_t result = 0;
  for (std::size_t i = 0; i < size; ++i)
    result = result << 8U | static_cast<std::uint8_t>(bytes[at + i]);
  return result;
}

} // namespace

caf::byte_buffer pack_extension(const call_context& context) {
  caf::byte_buffer out;
  if (!context.trace)
    return out;
  const auto& trace = *context.trace;
  append_number(out, trace_part, 1);
  append_number(out, trace_part_size, 2);
  append_number(out, trace.trace().high(), 8);
  append_number(out, trace.trace().low(), 8);
  append_number(out, trace.span().value(), 8);
  append_number(out, trace.flags(), 1);
  if (!trace.state().empty()) {
    append_number(out, state_part, 1);
    append_number(out, trace.state().size(), 2);
    for (const char c : trace.state())
      out.push_back(static_cast<caf::byte>(c));
  }
  return out;
}

bool unpack_extension(const caf::byte_buffer& bytes, call_context& context) {
  trace_id trace;
  span_id span;
  std::uint8_t flags = 0;
  std::string_view state;
  for (std::size_t at = 0; at < bytes.size();) {
    if (bytes.size() - at < part_head_size)
      return false;
    const auto part = number_at(bytes, at, 1);
    const auto size = static_cast<std::size_t>(number_at(bytes, at + 1, 2));
    at += part_head_size;
    if (bytes.size() - at < size)
      return false;
    if (part == trace_part) {
      if (size < trace_part_size)
        return false;
      trace = trace_id{number_at(bytes, at, 8), number_at(bytes, at + 8, 8)};
      span = span_id{number_at(bytes, at + 16, 8)};
      flags = static_cast<std::uint8_t>(bytes[at + 24]);
      if (!trace || !span)
        return false;
    } else if (part == state_part) {
      state = {reinterpret_cast<const char*>(bytes.data()) + at, size};
    }
    at += size;
  }
  context.trace = trace ? std::make_shared<const trace_context>(trace, span, flags, state) : nullptr;
  return true;
}

void register_core_types() {
  register_block<caf::id_block::actors_errors, true>(
      caf::detail::make_type_id_sequence<caf::id_block::actors_errors>{});
  register_block<caf::id_block::actors_calls, true>(caf::detail::make_type_id_sequence<caf::id_block::actors_calls>{});
}

} // namespace actors::detail
