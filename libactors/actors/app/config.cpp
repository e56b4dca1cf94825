#include <actors/app/config.hpp>

#include <actors/app/internal/config_listing.hpp>
#include <actors/app/internal/config_names.hpp>
#include <actors/app/internal/config_reading.hpp>
#include <actors/app/internal/quantity.hpp>
#include <actors/app/internal/toml_document.hpp>
#include <actors/core/printable_text.hpp>

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <utility>

namespace actors::app {

namespace {

using internal::quoted_text;

std::string joined(const std::vector<config_problem>& problems) {
  std::string result;
  for (const config_problem& problem : problems) {
    if (!result.empty())
      result += '\n';
    result += to_string(problem);
  }
  return result;
}

} // namespace

struct config::implementation {
  explicit implementation(std::string prefix_arg) : prefix(std::move(prefix_arg)) {}

  std::string prefix;
  std::deque<config_section> sections;
  internal::name_set ignored;
  internal::name_set reserved;

  std::vector<internal::file_source> files;
  environment variables;
  std::vector<internal::flag_source> flags;
  std::vector<config_problem> problems_of_sources;
  bool file_is_missing = false; ///< one could not be read, so that what it holds is not known

  std::unordered_map<const detail::config_key_base*, std::string> origins;
  std::vector<config_problem> warnings;

  [[nodiscard]] const config_section* find_section(std::string_view name) const {
    const auto found = std::find_if(sections.begin(), sections.end(), [&](const auto& s) { return s.name() == name; });
    return found == sections.end() ? nullptr : &*found;
  }

  void add_document(const std::string& name, std::string_view text) {
    try {
      files.push_back({name, internal::parse_toml(text)});
    } catch (const internal::toml_error& error) {
      fail_file(internal::position_text(name, error.at()), error);
    }
  }

  void add_file(const std::filesystem::path& file, bool optional) {
    const std::string name = printable_text(file.string());
    try {
      add_document(name, internal::read_config_file(file));
    } catch (const internal::file_missing& error) {
      if (!optional)
        fail_file(name, error);
    } catch (const internal::toml_error& error) {
      fail_file(name, error);
    }
  }

  void fail_file(const std::string& place, const internal::toml_error& error) {
    problems_of_sources.push_back({place, error.what()});
    file_is_missing = true;
  }
};

std::string to_string(const config_problem& problem) {
  return problem.place.empty() ? problem.text : problem.place + ": " + problem.text;
}

config_error::config_error(std::vector<config_problem> problems)
    : std::runtime_error(joined(problems)), problems_(std::move(problems)) {}

config::config(std::string environment_prefix)
    : implementation_(std::make_unique<implementation>(std::move(environment_prefix))) {}

config::~config() = default;

config_section& config::section(const std::string& name, const std::string& help) {
  if (!internal::is_section_name(name)) {
    throw std::logic_error("configuration section \"" + name + "\": " + internal::config_name_rule);
  }
  for (config_section& known : implementation_->sections) {
    if (known.name() == name)
      return known;
  }
  return implementation_->sections.emplace_back(name, help);
}

void config::ignore_section(const std::string& name) {
  implementation_->ignored.insert(name);
}

void config::reserve_variable(const std::string& name) {
  implementation_->reserved.insert(implementation_->prefix + "_" + name);
}

void config::add_file(const std::filesystem::path& file) {
  implementation_->add_file(file, false);
}

void config::add_optional_file(const std::filesystem::path& file) {
  implementation_->add_file(file, true);
}

void config::add_text(std::string_view toml, const std::string& name) {
  implementation_->add_document(name, toml);
}

void config::add_environment(const environment& variables) {
  if (implementation_->prefix.empty())
    return;
  const std::string start = implementation_->prefix + "_";
  for (auto entry = variables.lower_bound(start); entry != variables.end() && entry->first.starts_with(start);
       ++entry) {
    implementation_->variables.insert_or_assign(entry->first, entry->second);
  }
}

void config::add_assignment(std::string_view assignment, const std::string& flag) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos) {
    implementation_->problems_of_sources.push_back(
        {flag, quoted_text(assignment) + " is not of the form section.key=value"});
    return;
  }
  add_flag(flag, internal::trimmed(assignment.substr(0, equals)), assignment.substr(equals + 1));
}

void config::add_flag(const std::string& flag, std::string_view key, std::string_view value) {
  implementation_->flags.push_back({flag, std::string(key), std::string(value)});
}

void config::apply() {
  implementation& self = *implementation_;
  for (const config_section& section : self.sections) {
    const std::size_t dot = section.name().rfind('.');
    if (dot == std::string::npos)
      continue;
    const config_section* outer = self.find_section(section.name().substr(0, dot));
    if (outer != nullptr && outer->find(section.name().substr(dot + 1)) != nullptr) {
      throw std::logic_error("configuration section [" + section.name() + "] has the name of a key");
    }
  }
  internal::config_reading read(self.sections);
  for (const config_problem& problem : self.problems_of_sources)
    read.complain(problem.place, problem.text);
  for (const internal::file_source& file : self.files)
    read.read_file(file, self.ignored);
  if (!self.prefix.empty())
    read.read_variables(self.variables, self.prefix, self.reserved, self.ignored);
  for (const internal::flag_source& flag : self.flags)
    read.read_flag(flag);
  // A file that could not be read may well have what seems to be missing now.
  if (!self.file_is_missing)
    read.read_defaults(self.prefix);
  self.warnings = std::move(read.warnings);
  if (!read.problems.empty()) {
    if (read.full())
      read.problems.push_back({"", "there may be more mistakes; the first " +
                                       std::to_string(internal::config_reading::most_problems) + " are shown"});
    throw config_error(std::move(read.problems));
  }
  self.origins = std::move(read.origins);
  for (config_section& section : self.sections) {
    for (const auto& key : section.keys())
      key->commit();
  }
}

const std::vector<config_problem>& config::warnings() const noexcept {
  return implementation_->warnings;
}

std::string config::effective() const {
  return internal::list_effective(implementation_->sections, [this](const detail::config_key_base& key) {
    const auto found = implementation_->origins.find(&key);
    return found == implementation_->origins.end() ? std::string("default") : found->second;
  });
}

std::string config::reference() const {
  return internal::list_reference(implementation_->sections, implementation_->prefix);
}

} // namespace actors::app
