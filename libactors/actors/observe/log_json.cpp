#include <actors/observe/log_json.hpp>

#include <actors/core/log_fields.hpp>
#include <actors/core/trace_context.hpp>
#include <actors/observe/internal/json_text.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace actors::observe {

namespace {

using internal::append_json_string;

constexpr std::size_t text_limit = std::size_t{16} * 1024;
constexpr std::size_t name_limit = 256;
constexpr std::size_t most_fields = 128;

/// As it will be shown, for names that differ only in what is cut or replaced would be the same in the line.
std::string shown_name(std::string_view key) {
  std::string result;
  append_json_string(result, key, name_limit);
  return result;
}

struct shown_field {
  std::string name;
  std::string_view value;
};

std::vector<shown_field> fields_of(const log_record& record) {
  std::vector<shown_field> result;
  const auto set = [&](std::string_view key, std::string_view value, bool replaces) {
    auto name = shown_name(key);
    const auto known = std::ranges::find(result, name, &shown_field::name);
    if (known == result.end()) {
      if (result.size() < most_fields)
        result.push_back({std::move(name), value});
    } else if (replaces) {
      known->value = value;
    }
  };
  for (const auto& field : record.fields)
    set(field.key, field.value, true);
  if (record.origin.fields != nullptr)
    for (const auto& field : record.origin.fields->all())
      set(field.key, field.value, false);
  return result;
}

} // namespace

std::string format_log_json(const log_record& record) {
  std::string out;
  out.reserve(128 + record.component.size() + std::min(record.text.size(), text_limit));
  out += R"({"time":")";
  append_log_time(out, record.when);
  out += R"(","level":")";
  out += to_string(record.level);
  out += '"';
  if (!record.component.empty()) {
    out += R"(,"component":)";
    append_json_string(out, record.component, name_limit);
  }
  out += R"(,"text":)";
  append_json_string(out, record.text, text_limit);
  if (const auto fields = fields_of(record); !fields.empty()) {
    out += R"(,"fields":)";
    char before = '{';
    for (const auto& [name, value] : fields) {
      out += before;
      out += name;
      out += ':';
      append_json_string(out, value, text_limit);
      before = ',';
    }
    out += '}';
  }
  if (!record.origin.task.empty()) {
    out += R"(,"task":)";
    append_json_string(out, record.origin.task, name_limit);
  }
  if (const auto* const trace = record.origin.trace) {
    out += R"(,"trace_id":")" + to_string(trace->trace());
    out += R"(","span_id":")" + to_string(trace->span()) + '"';
  }
  out += '}';
  return out;
}

} // namespace actors::observe
