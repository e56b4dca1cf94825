#pragma once

#include <actors/app/config.hpp>
#include <actors/app/internal/toml_document.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace actors::app::internal {

using name_set = std::set<std::string, std::less<>>;

struct file_source {
  std::string name;
  toml_table content;
};

struct flag_source {
  std::string flag;
  std::string key;
  std::string value;
};

/// `file:line:column`, or the file alone if the position is not known.
[[nodiscard]] std::string position_text(const std::string& file, text_position at);

/// One run over all sources: finds each value's key, stages it, remembers where it is from, collects what is wrong.
/// Sources are read from the weakest to the strongest, since of several values the last staged counts.
class config_reading {
public:
  static constexpr std::size_t most_problems = 100;

  explicit config_reading(std::deque<config_section>& sections);

  void read_file(const file_source& file, const name_set& ignored);
  /// Throws `std::logic_error` if one variable stands for two keys.
  void read_variables(const environment& variables, const std::string& prefix, const name_set& reserved,
                      const name_set& ignored);
  void read_flag(const flag_source& flag);
  /// Keys that no source gives.
  void read_defaults(const std::string& prefix);

  void complain(std::string place, std::string text);

  /// No further problem is taken.
  [[nodiscard]] bool full() const { return problems.size() >= most_problems; }

  std::vector<config_problem> problems;
  std::vector<config_problem> warnings;
  std::unordered_map<const detail::config_key_base*, std::string> origins;

private:
  [[nodiscard]] config_section* find(std::string_view name);
  [[nodiscard]] bool leads_to_section(std::string_view name) const;
  [[nodiscard]] std::string unknown_section(const std::string& name) const;
  [[nodiscard]] std::string unknown_key(const std::string& name, const config_section& section) const;
  [[nodiscard]] std::string elsewhere(const std::string& name) const;
  void read_table(const toml_table& table, const std::string& path);
  void read_value(const toml_value& value, const config_section& section, detail::config_key_base& key);
  void read_text(std::string_view text, const config_section& section, detail::config_key_base& key,
                 const std::string& place, const std::string& origin);

  std::deque<config_section>& sections_;
  std::vector<std::string> section_names_;
  std::set<const detail::config_key_base*> given_;
  const file_source* file_ = nullptr;
  const name_set* ignored_ = nullptr;
};

} // namespace actors::app::internal
