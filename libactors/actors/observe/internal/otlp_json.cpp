#include <actors/observe/internal/otlp_json.hpp>

#include <actors/observe/internal/json_text.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <type_traits>

// In OTLP's JSON encoding numbers of 64 bits are strings, ids are hexadecimal and enumerations numbers.
namespace actors::observe::internal {

namespace {

void append_name(std::string& out, std::string_view name) {
  out += '"';
  out += name;
  out += "\":";
}

void append_value(std::string& out, const attribute_value& value) {
  const auto append = [&out](const auto& held) {
    using type = std::decay_t<decltype(held)>;
    if constexpr (std::is_same_v<type, std::string>) {
      append_name(out, "stringValue");
      append_json_string(out, held);
    } else if constexpr (std::is_same_v<type, bool>) {
      append_name(out, "boolValue");
      out += held ? "true" : "false";
    } else if constexpr (std::is_same_v<type, double>) {
      append_name(out, "doubleValue");
      if (std::isfinite(held)) {
        std::array<char, 32> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), held).ptr;
        out.append(digits.data(), end);
      } else {
        // protobuf's JSON mapping
        out += std::isnan(held) ? R"("NaN")" : held > 0 ? R"("Infinity")" : R"("-Infinity")";
      }
    } else {
      append_name(out, "intValue");
      out += '"' + std::to_string(held) + '"';
    }
  };
  out += '{';
  std::visit(append, value.get());
  out += '}';
}

void append_attributes(std::string& out, const std::vector<span_attribute>& attributes) {
  append_name(out, "attributes");
  out += '[';
  for (const auto& each : attributes) {
    if (&each != attributes.data())
      out += ',';
    out += R"({"key":)";
    append_json_string(out, each.key);
    out += R"(,"value":)";
    append_value(out, each.value);
    out += '}';
  }
  out += ']';
}

void append_time(std::string& out, std::string_view name, std::chrono::system_clock::time_point when) {
  using std::chrono::nanoseconds;
  append_name(out, name);
  out += '"' + std::to_string(std::chrono::duration_cast<nanoseconds>(when.time_since_epoch()).count()) + '"';
}

void append_event(std::string& out, const span_event& event) {
  out += '{';
  append_time(out, "timeUnixNano", event.when);
  out += R"(,"name":)";
  append_json_string(out, event.name);
  if (!event.attributes.empty()) {
    out += ',';
    append_attributes(out, event.attributes);
  }
  out += '}';
}

void append_count(std::string& out, std::string_view name, std::uint32_t count) {
  if (count == 0)
    return;
  out += ',';
  append_name(out, name);
  out += std::to_string(count);
}

void append_span(std::string& out, const span_record& span) {
  out += R"({"traceId":")" + to_string(span.context.trace());
  out += R"(","spanId":")" + to_string(span.context.span()) + '"';
  if (!span.context.state().empty()) {
    out += R"(,"traceState":)";
    append_json_string(out, span.context.state());
  }
  if (span.parent)
    out += R"(,"parentSpanId":")" + to_string(span.parent) + '"';
  out += R"(,"flags":)" + std::to_string(span.context.flags());
  out += R"(,"name":)";
  append_json_string(out, span.name);
  out += R"(,"kind":)" + std::to_string(static_cast<int>(span.kind)) + ',';
  append_time(out, "startTimeUnixNano", span.start);
  out += ',';
  append_time(out, "endTimeUnixNano", span.end);
  if (!span.attributes.empty()) {
    out += ',';
    append_attributes(out, span.attributes);
  }
  append_count(out, "droppedAttributesCount", span.dropped_attributes);
  if (!span.events.empty()) {
    out += R"(,"events":[)";
    for (const auto& each : span.events) {
      if (&each != span.events.data())
        out += ',';
      append_event(out, each);
    }
    out += ']';
  }
  append_count(out, "droppedEventsCount", span.dropped_events);
  out += R"(,"status":{)";
  // Only what has a status has something to say about it.
  if (span.status != span_status::unset)
    out += R"("code":)" + std::to_string(static_cast<int>(span.status));
  if (span.status != span_status::unset && !span.status_message.empty()) {
    out += R"(,"message":)";
    append_json_string(out, span.status_message);
  }
  out += "}}";
}

} // namespace

std::string otlp_json(const std::string& service, const std::vector<span_attribute>& resource,
                      std::span<const span_record> spans) {
  std::vector<span_attribute> attributes;
  attributes.reserve(resource.size() + 1);
  attributes.emplace_back("service.name", service);
  attributes.insert(attributes.end(), resource.begin(), resource.end());
  std::string out = R"({"resourceSpans":[{"resource":{)";
  append_attributes(out, attributes);
  out += R"(},"scopeSpans":[{"scope":{"name":"libactors"},"spans":[)";
  for (const auto& each : spans) {
    if (&each != spans.data())
      out += ',';
    append_span(out, each);
  }
  out += "]}]}]}";
  return out;
}

} // namespace actors::observe::internal
