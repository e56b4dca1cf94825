#include <actors/app/dependency_order.hpp>

#include <actors/app/internal/suggestion.hpp>

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <queue>
#include <string_view>
#include <unordered_map>

namespace actors::app {

namespace {

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string result;
  for (const std::string& part : parts) {
    if (!result.empty())
      result += between;
    result += part;
  }
  return result;
}

using resolution = std::vector<std::vector<std::optional<std::size_t>>>;

/// Finds who meets each need, and says what is wrong with the needs.
class resolver {
public:
  resolver(std::span<const component_node> components, std::vector<std::string>& problems)
      : components_(components), problems_(problems) {
    for (std::size_t i = 0; i < components.size(); ++i) {
      const component_node& component = components[i];
      if (component.name.empty())
        problems.push_back("component " + std::to_string(i + 1) + " has no name");
      if (!by_name_.emplace(component.name, i).second && !component.name.empty()) {
        problems.push_back("two components are named \"" + component.name + "\"");
      }
      for (const std::type_index type : component.types) {
        auto& providers = by_type_[type];
        if (providers.empty() || providers.back() != i)
          providers.push_back(i);
      }
    }
  }

  resolution run() {
    resolution result(components_.size());
    for (std::size_t i = 0; i < components_.size(); ++i) {
      for (const dependency& need : components_[i].dependencies) {
        result[i].push_back(need.name.empty() ? find_by_type(i, need) : find_by_name(i, need));
      }
    }
    return result;
  }

private:
  void complain(std::size_t who, const std::string& what) {
    problems_.push_back("component \"" + components_[who].name + "\" needs " + what);
  }

  std::optional<std::size_t> find_by_name(std::size_t who, const dependency& need) {
    const auto found = by_name_.find(need.name);
    if (found == by_name_.end()) {
      if (!need.optional)
        complain(who, "\"" + need.name + "\", which does not exist" + suggestion(need.name));
      return std::nullopt;
    }
    const component_node& provider = components_[found->second];
    const bool provides = need.type == typeid(void) ||
                          std::find(provider.types.begin(), provider.types.end(), need.type) != provider.types.end();
    if (!provides) {
      complain(who, "\"" + need.name + "\" to be a " + type_name(need.type) + ", which it is not");
      return std::nullopt;
    }
    return found->second;
  }

  std::optional<std::size_t> find_by_type(std::size_t who, const dependency& need) {
    const auto found = by_type_.find(need.type);
    if (found == by_type_.end()) {
      if (!need.optional)
        complain(who, "a " + type_name(need.type) + ", which no component provides");
      return std::nullopt;
    }
    if (found->second.size() > 1) {
      std::vector<std::string> names;
      for (const std::size_t provider : found->second)
        names.push_back("\"" + components_[provider].name + "\"");
      complain(who, "a " + type_name(need.type) + ", which several provide (" + joined(names, ", ") + "): name one");
      return std::nullopt;
    }
    return found->second.front();
  }

  [[nodiscard]] std::string suggestion(std::string_view name) const {
    std::vector<std::string_view> names;
    for (const component_node& component : components_)
      names.push_back(component.name);
    const auto near = internal::nearest(name, names);
    return near ? "; did you mean \"" + std::string(*near) + "\"?" : std::string();
  }

  std::span<const component_node> components_;
  std::vector<std::string>& problems_;
  std::unordered_map<std::string_view, std::size_t> by_name_;
  std::unordered_map<std::type_index, std::vector<std::size_t>> by_type_;
};

/// Kahn's algorithm; among those that could start next, the first declared. Leaves out whoever is in or behind a cycle.
std::vector<std::size_t> sorted(const resolution& needs) {
  std::vector<std::size_t> waiting_for(needs.size(), 0);
  std::vector<std::vector<std::size_t>> needed_by(needs.size());
  for (std::size_t i = 0; i < needs.size(); ++i) {
    for (const auto& provider : needs[i]) {
      if (!provider)
        continue;
      ++waiting_for[i];
      needed_by[*provider].push_back(i);
    }
  }
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t i = 0; i < needs.size(); ++i) {
    if (waiting_for[i] == 0)
      ready.push(i);
  }
  std::vector<std::size_t> result;
  result.reserve(needs.size());
  while (!ready.empty()) {
    const std::size_t next = ready.top();
    ready.pop();
    result.push_back(next);
    for (const std::size_t user : needed_by[next]) {
      if (--waiting_for[user] == 0)
        ready.push(user);
    }
  }
  return result;
}

/// Names the cycles among those that could not be ordered: each of them needs another of them, so that following needs
/// ends in a cycle. Cycles that share a component are named once.
void describe_cycles(std::span<const component_node> components, const resolution& needs,
                     const std::vector<std::size_t>& ordered, std::vector<std::string>& problems) {
  constexpr std::size_t unvisited = 0;
  std::vector<bool> left(components.size(), true);
  for (const std::size_t i : ordered)
    left[i] = false;
  std::vector<std::size_t> visited_in_walk(components.size(), unvisited);
  for (std::size_t origin = 0; origin < components.size(); ++origin) {
    const std::size_t walk = origin + 1;
    std::vector<std::size_t> path;
    std::size_t at = origin;
    while (left[at] && visited_in_walk[at] == unvisited) {
      visited_in_walk[at] = walk;
      path.push_back(at);
      for (const auto& provider : needs[at]) {
        if (provider && left[*provider]) {
          at = *provider;
          break;
        }
      }
    }
    if (path.empty() || visited_in_walk[at] != walk)
      continue;
    path.erase(path.begin(), std::find(path.begin(), path.end(), at));
    std::rotate(path.begin(), std::min_element(path.begin(), path.end()), path.end());
    std::string text = "components need each other: ";
    for (const std::size_t member : path)
      text += components[member].name + " → ";
    problems.push_back(text + components[path.front()].name);
  }
}

} // namespace

dependency_error::dependency_error(std::vector<std::string> problems)
    : std::runtime_error(joined(problems, "\n")), problems_(std::move(problems)) {}

dependency_order::dependency_order(std::span<const component_node> components) {
  std::vector<std::string> problems;
  resolved_ = resolver(components, problems).run();
  start_ = sorted(resolved_);
  if (start_.size() != components.size())
    describe_cycles(components, resolved_, start_, problems);
  if (!problems.empty())
    throw dependency_error(std::move(problems));
  stop_.assign(start_.rbegin(), start_.rend());
}

std::string type_name(std::type_index type) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> readable(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free);
  return status == 0 && readable ? std::string(readable.get()) : std::string(type.name());
}

} // namespace actors::app
