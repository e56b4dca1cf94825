#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Which trace some work belongs to, and which span of it caused the work: the context of W3C Trace Context.
///
/// A trace is all the work that follows from one request, through services, processes and machines; a span is one piece
/// of it. The context travels with the task: what it spawns and asks continues the trace (see span.hpp, and
/// call_context.hpp for the wire). `parse` and `traceparent` turn it into the HTTP fields of that name and back.
///
/// Parsing is strict: lower-case hexadecimal only, ids of zeros refused, version 00 of exactly 55 characters. A later
/// version may be longer; what it has in common with version 00 is read, as the recommendation asks. A `tracestate`
/// that is malformed is dropped alone.
///
/// Threads: values like any others. Errors: `parse` gives nothing for bad input; the constructor throws `misuse_error`
/// for an id of zeros. Cost: 64 bytes, and an allocation for a state that is longer than a few characters.
///
/// Source: https://www.w3.org/TR/trace-context/ (levels 1 and 2).
namespace actors {

/// 128 bits that name a trace; all zeros for none.
class trace_id {
public:
  constexpr trace_id() noexcept = default;

  constexpr trace_id(std::uint64_t high, std::uint64_t low) noexcept : high_(high), low_(low) {}

  [[nodiscard]] constexpr std::uint64_t high() const noexcept { return high_; }

  [[nodiscard]] constexpr std::uint64_t low() const noexcept { return low_; }

  [[nodiscard]] constexpr explicit operator bool() const noexcept { return (high_ | low_) != 0; }

  friend constexpr auto operator<=>(const trace_id&, const trace_id&) noexcept = default;

private:
  std::uint64_t high_ = 0;
  std::uint64_t low_ = 0;
};

/// 64 bits that name a span inside its trace; all zeros for none.
class span_id {
public:
  constexpr span_id() noexcept = default;

  constexpr explicit span_id(std::uint64_t value) noexcept : value_(value) {}

  [[nodiscard]] constexpr std::uint64_t value() const noexcept { return value_; }

  [[nodiscard]] constexpr explicit operator bool() const noexcept { return value_ != 0; }

  friend constexpr auto operator<=>(const span_id&, const span_id&) noexcept = default;

private:
  std::uint64_t value_ = 0;
};

/// 32 lower-case hexadecimal digits.
[[nodiscard]] std::string to_string(trace_id id);

/// 16 lower-case hexadecimal digits.
[[nodiscard]] std::string to_string(span_id id);

class trace_context {
public:
  /// The flag that says that the spans of this trace are recorded.
  static constexpr std::uint8_t sampled_flag = 1;

  /// The flag that says that the trace id was drawn at random (level 2).
  static constexpr std::uint8_t random_flag = 2;

  /// Longest `tracestate` that is passed on; longer ones lose entries (see `parse`).
  static constexpr std::size_t longest_state = 512;

  /// `state` is dropped if malformed, as in `parse`. Throws `misuse_error` for an id of zeros.
  trace_context(trace_id trace, span_id span, std::uint8_t flags = 0, std::string_view state = {});

  /// Reads the two HTTP fields; nothing if `traceparent` is malformed. Several `tracestate` fields are to be joined
  /// with commas. Of a state longer than `longest_state` entries of more than 128 characters go first, then the last.
  [[nodiscard]] static std::optional<trace_context> parse(std::string_view traceparent,
                                                          std::string_view tracestate = {});

  /// The `traceparent` of version 00.
  [[nodiscard]] std::string traceparent() const;

  [[nodiscard]] trace_id trace() const noexcept { return trace_; }

  /// The span that what is done in this context is a child of.
  [[nodiscard]] span_id span() const noexcept { return span_; }

  [[nodiscard]] std::uint8_t flags() const noexcept { return flags_; }

  [[nodiscard]] bool sampled() const noexcept { return (flags_ & sampled_flag) != 0; }

  /// The `tracestate`: what tracing systems on the way have noted, passed on as it came.
  [[nodiscard]] const std::string& state() const noexcept { return state_; }

  /// The same trace with another span.
  [[nodiscard]] trace_context with_span(span_id span) const;

  friend bool operator==(const trace_context&, const trace_context&) = default;

private:
  trace_id trace_;
  span_id span_;
  std::uint8_t flags_ = 0;
  std::string state_;
};

/// True for a list of at most 32 distinct `key=value` entries that follows the recommendation; the empty list does.
[[nodiscard]] bool is_valid_tracestate(std::string_view text);

} // namespace actors
