#include <actors/supervise/supervisor_spec.hpp>

#include <actors/supervise/internal/settings.hpp>

#include <stdexcept>
#include <unordered_set>
#include <utility>

namespace actors::supervise {

restart_intensity::restart_intensity(std::size_t restarts, duration period) : restarts_(restarts), period_(period) {
  if (period <= duration::zero())
    throw std::invalid_argument("restart intensity: the period must be above zero, not " + internal::seconds(period));
}

restart_intensity restart_intensity::unlimited() noexcept {
  restart_intensity result;
  result.unlimited_ = true;
  return result;
}

supervisor_spec::supervisor_spec(std::string name, supervise::strategy how) : name_(std::move(name)), strategy_(how) {
  if (name_.empty())
    throw std::invalid_argument("supervisor: the name is empty");
}

supervisor_spec& supervisor_spec::backoff(backoff_policy policy, std::optional<duration> stable_after) {
  stable_after_ = internal::stable_after("supervisor '" + name_ + "'", policy, stable_after);
  backoff_ = policy;
  return *this;
}

void supervisor_spec::check(const child_spec& child) const {
  if (!child.is_significant())
    return;
  const auto who = "supervisor '" + name_ + "', child '" + child.name() + "': ";
  if (child.restart() == restart::permanent)
    throw std::invalid_argument(who + "a permanent child cannot be significant, because it never ends for good");
  if (auto_shutdown_ == supervise::auto_shutdown::never)
    throw std::invalid_argument(who + "a significant child needs a supervisor with auto_shutdown");
}

void supervisor_spec::check() const {
  std::unordered_set<std::string_view> names;
  for (const auto& each : children_) {
    if (!each.is_numbered() && !names.insert(each.name()).second)
      throw std::invalid_argument("supervisor '" + name_ + "': two children have the name '" + each.name() + "'");
    check(each);
  }
}

} // namespace actors::supervise
