#pragma once

#include <actors/web/values.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace actors::web::test {

/// What is said of a value that is to be a `T`: the value as JSON again, or one line a problem: where, type, message.
inline std::string told(const std::vector<validation_problem>& problems) {
  std::string result;
  for (const auto& problem : problems) {
    for (const auto& step : problem.location)
      result += (std::holds_alternative<std::string>(step) ? std::get<std::string>(step)
                                                           : std::to_string(std::get<std::size_t>(step))) +
                "/";
    result += (problem.location.empty() ? "" : " ") + problem.type + ": " + problem.message + "\n";
  }
  return result;
}

template <value T>
std::string outcome(const input& what, const value_rules& rules = {}) {
  T value{};
  validator to;
  const bool ok = value_traits<T>::read(what, value, rules, to);
  if (ok != to.ok())
    return "the reader says one thing and the validator another";
  return ok ? to_json_text(value) : told(to.take());
}

/// The same of JSON text.
template <value T>
std::string read(std::string_view json, const value_rules& rules = {}) {
  const auto node = nlohmann::json::parse(json);
  return outcome<T>(input{node}, rules);
}

/// The same of text from outside of JSON.
template <value T>
std::string read_text(std::string_view text, const value_rules& rules = {}) {
  return outcome<T>(input{text}, rules);
}

} // namespace actors::web::test
