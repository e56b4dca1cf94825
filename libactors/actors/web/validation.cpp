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
  problem.input = what.to_json();
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
