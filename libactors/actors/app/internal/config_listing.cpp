#include <actors/app/internal/config_listing.hpp>

#include <actors/app/internal/config_names.hpp>

#include <algorithm>
#include <vector>

namespace actors::app::internal {

namespace {

/// A long value does not push all comments of its section to the right.
constexpr std::size_t widest_column = 48;

bool is_empty(const detail::config_value& value) {
  if (value.empty())
    return true;
  const auto* text = std::get_if<std::string>(&value.front());
  return value.size() == 1 && text != nullptr && text->empty();
}

std::string shown(const detail::config_value& value, const detail::config_key_base& key) {
  // That a secret is not set is no secret, and good to know.
  if (key.is_secret() && !is_empty(value))
    return "\"********\"";
  return detail::show(value, key.shape());
}

std::string type_text(const detail::config_shape& shape) {
  const auto name = [&]() -> std::string {
    switch (shape.kind) {
    case detail::config_kind::boolean:
      return "boolean";
    case detail::config_kind::integer:
      return "integer";
    case detail::config_kind::number:
      return "number";
    case detail::config_kind::text:
      return "text";
    case detail::config_kind::path:
      return "path";
    case detail::config_kind::duration:
      return "duration";
    case detail::config_kind::size:
      return "size";
    }
    return "value";
  };
  return (shape.list ? "list of " : "") + name() + (shape.optional ? ", optional" : "");
}

} // namespace

std::string list_effective(const std::deque<config_section>& sections,
                           const std::function<std::string(const detail::config_key_base&)>& source) {
  std::string result;
  for (const config_section& section : sections) {
    if (section.keys().empty())
      continue;
    if (!result.empty())
      result += '\n';
    result += "[" + section.name() + "]\n";
    std::vector<std::string> lines;
    std::size_t column = 0;
    for (const auto& key : section.keys()) {
      const detail::config_value value = key->current();
      const bool unset = key->shape().optional && value.empty();
      lines.push_back(unset ? "# " + key->name() + " is not set" : key->name() + " = " + shown(value, *key));
      if (lines.back().size() <= widest_column)
        column = std::max(column, lines.back().size());
    }
    for (std::size_t i = 0; i < lines.size(); ++i) {
      result += lines[i];
      if (lines[i].size() < column)
        result.append(column - lines[i].size(), ' ');
      result += "  # " + source(*section.keys()[i]) + "\n";
    }
  }
  return result;
}

std::string list_reference(const std::deque<config_section>& sections, const std::string& prefix) {
  std::string result;
  for (const config_section& section : sections) {
    if (section.keys().empty())
      continue;
    if (!result.empty())
      result += '\n';
    if (!section.help().empty())
      result += "# " + section.help() + "\n";
    result += "[" + section.name() + "]\n";
    for (const auto& key : section.keys()) {
      const std::string constraint = key->constraint();
      result += "\n# " + key->help() + "\n# " + type_text(key->shape());
      if (!constraint.empty())
        result += ": " + constraint;
      if (key->is_required())
        result += ", required";
      if (key->is_secret())
        result += ", secret";
      if (!prefix.empty())
        result += "; " + variable_name(prefix, section.name() + "." + key->name());
      const bool has_default = !key->is_required() && !(key->shape().optional && key->default_value().empty());
      result += "\n#" + key->name() + " =" + (has_default ? " " + shown(key->default_value(), *key) : "") + "\n";
    }
  }
  return result;
}

} // namespace actors::app::internal
