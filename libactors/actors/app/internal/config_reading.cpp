#include <actors/app/internal/config_reading.hpp>

#include <actors/app/internal/config_conversion.hpp>
#include <actors/app/internal/config_names.hpp>
#include <actors/app/internal/quantity.hpp>
#include <actors/app/internal/suggestion.hpp>
#include <actors/core/printable_text.hpp>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

namespace actors::app::internal {

using detail::config_key_base;

namespace {

std::string did_you_mean(std::optional<std::string_view> near, std::string_view before = "\"",
                         std::string_view after = "\"") {
  if (!near)
    return {};
  return "; did you mean " + std::string(before) + std::string(*near) + std::string(after) + "?";
}

bool is_within(std::string_view name, std::string_view section) {
  return name.starts_with(section) && (name.size() == section.size() || name[section.size()] == '.');
}

template <class Names>
bool belongs_to_any(std::string_view variable, const std::string& prefix, const Names& names) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return variable.starts_with(variable_name(prefix, name) + "_"); });
}

} // namespace

std::string position_text(const std::string& file, text_position at) {
  if (at.line == 0)
    return file;
  return file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

config_reading::config_reading(std::deque<config_section>& sections) : sections_(sections) {
  for (config_section& section : sections)
    section_names_.push_back(section.name());
}

void config_reading::complain(std::string place, std::string text) {
  if (!full())
    problems.push_back({std::move(place), std::move(text)});
}

void config_reading::read_file(const file_source& file, const name_set& ignored) {
  file_ = &file;
  ignored_ = &ignored;
  read_table(file.content, {});
}

void config_reading::read_flag(const flag_source& flag) {
  const std::size_t dot = flag.key.rfind('.');
  const std::string section_name = dot == std::string::npos ? std::string() : flag.key.substr(0, dot);
  const std::string key_name = dot == std::string::npos ? flag.key : flag.key.substr(dot + 1);
  config_section* section = find(section_name);
  if (section == nullptr) {
    if (dot == std::string::npos)
      return complain(flag.flag, "unknown key " + quoted_text(flag.key) + elsewhere(key_name));
    return complain(flag.flag, unknown_section(section_name));
  }
  config_key_base* key = section->find(key_name);
  if (key == nullptr)
    return complain(flag.flag, unknown_key(key_name, *section));
  read_text(flag.value, *section, *key, flag.flag, flag.flag);
}

void config_reading::read_variables(const environment& variables, const std::string& prefix, const name_set& reserved,
                                    const name_set& ignored) {
  std::map<std::string, std::pair<config_section*, config_key_base*>, std::less<>> known;
  for (config_section& section : sections_) {
    for (const auto& key : section.keys()) {
      const std::string name = variable_name(prefix, section.name() + "." + key->name());
      if (!known.emplace(name, std::pair(&section, key.get())).second || reserved.contains(name)) {
        throw std::logic_error("environment variable " + name + " stands for more than one configuration key");
      }
    }
  }
  for (const auto& [name, value] : variables) {
    if (full())
      return;
    const auto found = known.find(name);
    const std::string place = "environment variable " + printable_text(name, 200);
    if (found != known.end()) {
      read_text(value, *found->second.first, *found->second.second, place, "environment " + name);
    } else if (!reserved.contains(name) && !belongs_to_any(name, prefix, ignored)) {
      std::vector<std::string_view> names;
      names.reserve(known.size());
      for (const auto& [known_name, key] : known)
        names.push_back(known_name);
      const std::string hint = did_you_mean(nearest(name, names), "", "");
      if (belongs_to_any(name, prefix, section_names_)) {
        complain(place, "no configuration key has this name" + hint);
      } else if (warnings.size() < most_problems) {
        warnings.push_back({place, "is not used" + hint});
      }
    }
  }
}

void config_reading::read_defaults(const std::string& prefix) {
  for (config_section& section : sections_) {
    for (const auto& key : section.keys()) {
      if (full())
        return;
      if (given_.contains(key.get()))
        continue;
      const std::string dotted = section.name() + "." + key->name();
      if (key->is_required()) {
        std::string text = dotted + " must be given, in [" + section.name() + "] of a configuration file";
        if (!prefix.empty())
          text += ", or as " + variable_name(prefix, dotted);
        complain("", std::move(text));
        continue;
      }
      try {
        key->stage_default();
      } catch (const value_error& error) {
        complain("default", dotted + ": " + error.what());
      }
    }
  }
}

config_section* config_reading::find(std::string_view name) {
  for (config_section& section : sections_) {
    if (section.name() == name)
      return &section;
  }
  return nullptr;
}

bool config_reading::leads_to_section(std::string_view name) const {
  return std::any_of(section_names_.begin(), section_names_.end(),
                     [&](const std::string& section) { return is_within(section, name); });
}

std::string config_reading::unknown_section(const std::string& name) const {
  const std::vector<std::string_view> names(section_names_.begin(), section_names_.end());
  return "unknown section [" + printable_text(name, 80) + "]" + did_you_mean(nearest(name, names), "[", "]");
}

std::string config_reading::unknown_key(const std::string& name, const config_section& section) const {
  std::vector<std::string_view> names;
  for (const auto& key : section.keys())
    names.push_back(key->name());
  const auto near = nearest(name, names);
  return "unknown key " + quoted_text(name) + " in [" + section.name() + "]" +
         (near ? did_you_mean(near) : elsewhere(name));
}

/// Where a key of this name is, if it only stands in the wrong section.
std::string config_reading::elsewhere(const std::string& name) const {
  for (const config_section& section : sections_) {
    if (section.find(name) != nullptr)
      return "; it is a key of [" + section.name() + "]";
  }
  return {};
}

void config_reading::read_table(const toml_table& table, const std::string& path) {
  config_section* section = path.empty() ? nullptr : find(path);
  for (const toml_member& member : table) {
    if (full())
      return;
    const std::string dotted = path.empty() ? member.key : path + "." + member.key;
    const std::string place = position_text(file_->name, member.at);
    const bool is_table = std::holds_alternative<toml_table>(member.value.content);
    // A quoted key may have a dot in it, and is then no section and key.
    const bool is_name = is_config_name(member.key);
    if (is_name && ignored_->contains(dotted))
      continue;
    config_key_base* key = section == nullptr ? nullptr : section->find(member.key);
    if (key != nullptr) {
      read_value(member.value, *section, *key);
    } else if (is_name && leads_to_section(dotted)) {
      if (is_table) {
        read_table(std::get<toml_table>(member.value.content), dotted);
      } else {
        complain(place, quoted_text(dotted) + " is a section; write [" + dotted + "] and its keys below");
      }
    } else if (is_table) {
      complain(place, unknown_section(dotted));
    } else if (section != nullptr) {
      complain(place, unknown_key(member.key, *section));
    } else {
      complain(place, "unknown key " + quoted_text(dotted) + elsewhere(member.key));
    }
  }
}

void config_reading::read_value(const toml_value& value, const config_section& section, config_key_base& key) {
  const std::string dotted = section.name() + "." + key.name() + ": ";
  text_position at = value.at;
  given_.insert(&key);
  try {
    key.stage(from_toml(value, key));
    origins[&key] = file_->name + ":" + std::to_string(at.line);
  } catch (const conversion_error& error) {
    complain(position_text(file_->name, error.at()), dotted + error.what());
  } catch (const value_error& error) {
    complain(position_text(file_->name, at), dotted + error.what());
  }
}

void config_reading::read_text(std::string_view text, const config_section& section, config_key_base& key,
                               const std::string& place, const std::string& origin) {
  given_.insert(&key);
  try {
    key.stage(from_text(text, key));
    origins[&key] = origin;
  } catch (const value_error& error) {
    complain(place, section.name() + "." + key.name() + ": " + error.what());
  }
}

} // namespace actors::app::internal
