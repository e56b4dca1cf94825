#pragma once

#include <actors/core/trace_context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

/// What a finished span says, and who takes it.
///
/// A `span_sink` is handed to a runtime (`runtime_options::trace_to`) and takes every recorded span when it has ended.
/// One that writes them as OTLP/JSON is in `<actors/observe/otlp.hpp>`.
///
/// Threads: `write` and `flush` may be called from any thread, also concurrently. Errors: a sink never fails its
/// caller: what it cannot keep it drops, and counts where it can. Units: times are system time; under virtual time they
/// count from 2000-01-01.
namespace actors {

/// What a span is to others. The numbers are OTLP's.
enum class span_kind : std::uint8_t { internal = 1, server = 2, client = 3, producer = 4, consumer = 5 };

/// What came of it. The numbers are OTLP's.
enum class span_status : std::uint8_t { unset = 0, ok = 1, error = 2 };

/// A text, a whole number, a number or a truth value.
class attribute_value {
public:
  using variant = std::variant<std::string, std::int64_t, double, bool>;

  // NOLINTBEGIN(google-explicit-constructor): what it holds is what is written
  attribute_value(std::string value) : value_(std::move(value)) {}

  attribute_value(std::string_view value) : value_(std::string{value}) {}

  attribute_value(const char* value) : value_(std::string{value}) {}

  template <class T>
    requires std::is_arithmetic_v<T>
  attribute_value(T value) noexcept : value_(store(value)) {}

  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] const variant& get() const noexcept { return value_; }

  [[nodiscard]] variant& get() noexcept { return value_; }

  friend bool operator==(const attribute_value&, const attribute_value&) = default;

private:
  template <class T>
  static variant store(T value) noexcept {
    if constexpr (std::is_same_v<T, bool>)
      return variant{std::in_place_type<bool>, value};
    else if constexpr (std::is_floating_point_v<T>)
      return variant{std::in_place_type<double>, static_cast<double>(value)};
    else
      return variant{std::in_place_type<std::int64_t>, static_cast<std::int64_t>(value)};
  }

  variant value_;
};

struct span_attribute {
  span_attribute(std::string key_arg, attribute_value value_arg)
      : key(std::move(key_arg)), value(std::move(value_arg)) {}

  std::string key;
  attribute_value value;
};

/// Something that happened at one moment of a span.
struct span_event {
  span_event(std::string name_arg, std::chrono::system_clock::time_point when_arg,
             std::vector<span_attribute> attributes_arg)
      : name(std::move(name_arg)), when(when_arg), attributes(std::move(attributes_arg)) {}

  std::string name;
  std::chrono::system_clock::time_point when;
  std::vector<span_attribute> attributes;
};

/// A finished span.
struct span_record {
  explicit span_record(trace_context context_arg) : context(std::move(context_arg)) {}

  trace_context context; ///< its trace and its own id
  span_id parent;        ///< all zeros for the root of a trace
  std::string name;
  span_kind kind = span_kind::internal;
  std::chrono::system_clock::time_point start;
  std::chrono::system_clock::time_point end;
  std::vector<span_attribute> attributes;
  std::vector<span_event> events;
  span_status status = span_status::unset;
  std::string status_message;
  std::uint32_t dropped_attributes = 0; ///< those over the limit
  std::uint32_t dropped_events = 0;
};

class span_sink {
public:
  span_sink() = default;
  span_sink(const span_sink&) = delete;
  span_sink& operator=(const span_sink&) = delete;
  virtual ~span_sink() = default;

  /// Takes a span that has ended.
  virtual void write(span_record finished) noexcept = 0;

  /// Returns when all that was written before has left the process's own buffers. A runtime calls it when it has ended.
  virtual void flush() noexcept {}
};

} // namespace actors
