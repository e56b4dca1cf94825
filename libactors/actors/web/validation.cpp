#include <actors/web/validation.hpp>

#include <algorithm>
#include <utility>

namespace actors::web {

namespace {

/// What is told to people: where, and what.
std::string describe(const std::vector<validation_problem>& problems) {
  std::string result;
  for (const auto& problem : problems) {
    if (!result.empty())
      result += "; ";
    bool first = true;
    for (const auto& step : problem.location) {
      if (!std::exchange(first, false))
        result += '.';
      result += std::holds_alternative<std::string>(step) ? std::get<std::string>(step)
                                                          : std::to_string(std::get<std::size_t>(step));
    }
    result.append(": ").append(problem.message);
  }
  return result;
}

nlohmann::json to_json(const validation_problem& problem) {
  auto location = nlohmann::json::array();
  for (const auto& step : problem.location)
    std::visit([&](const auto& value) { location.push_back(value); }, step);
  nlohmann::json result{
      {"type", problem.type}, {"loc", std::move(location)}, {"msg", problem.message}, {"input", problem.input}};
  if (!problem.context.is_null())
    result["ctx"] = problem.context;
  return result;
}

} // namespace

validation_error::validation_error(std::vector<validation_problem> problems)
    : std::runtime_error(describe(problems)), problems_(std::move(problems)) {}

nlohmann::json validation_error::to_json() const {
  auto all = nlohmann::json::array();
  for (const auto& problem : problems_)
    all.push_back(web::to_json(problem));
  return {{"detail", std::move(all)}};
}

namespace {

/// What a problem shows of its input, in bytes and in values: whoever sends something big need not get it back.
constexpr std::size_t max_shown_text = 1024;
constexpr std::size_t max_shown_values = 64;

nlohmann::json shown_text(const std::string& text) {
  if (text.size() <= max_shown_text)
    return text;
  auto end = max_shown_text;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end;
  return text.substr(0, end) + "…";
}

/// A copy of as much as may be shown. NOLINTNEXTLINE(misc-no-recursion): as deep as its reader has let it be
nlohmann::json shown(const nlohmann::json& node, std::size_t& left) {
  if (left > 0)
    --left;
  if (node.is_string())
    return shown_text(node.get_ref<const std::string&>());
  if (node.is_array()) {
    auto result = nlohmann::json::array();
    for (const auto& each : node) {
      if (left == 0)
        break;
      result.push_back(shown(each, left));
    }
    return result;
  }
  if (node.is_object()) {
    auto result = nlohmann::json::object();
    for (const auto& [key, value] : node.get_ref<const nlohmann::json::object_t&>()) {
      if (left == 0 || key.size() > max_shown_text)
        break;
      result[key] = shown(value, left);
    }
    return result;
  }
  return node;
}

nlohmann::json shown(const input& what) {
  auto left = max_shown_values;
  if (what.node() != nullptr)
    return shown(*what.node(), left);
  return shown_text(std::string{what.text()});
}

} // namespace

nlohmann::json input::to_json() const {
  return node_ != nullptr ? *node_ : nlohmann::json(text_);
}

void validator::report(std::string_view type, std::string message, const input& what, nlohmann::json context) {
  ++count_;
  if (problems_.size() >= max_problems_)
    return;
  validation_problem problem;
  problem.type = type;
  problem.message = std::move(message);
  problem.input = shown(what);
  problem.context = std::move(context);
  for (const auto& step : location_) {
    if (const auto* name = std::get_if<std::string_view>(&step))
      problem.location.emplace_back(std::string{*name});
    else
      problem.location.emplace_back(std::get<std::size_t>(step));
  }
  problems_.push_back(std::move(problem));
}

std::vector<validation_problem> validator::take() noexcept {
  count_ = 0;
  return std::exchange(problems_, {});
}

void validator::forget_since(std::size_t count) noexcept {
  if (problems_.size() > count)
    problems_.resize(count);
  count_ = std::min(count_, count);
}

void validator::throw_if_wrong() {
  if (!ok())
    throw validation_error{take()};
}

} // namespace actors::web
