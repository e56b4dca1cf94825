#include <actors/supervise/child_spec.hpp>

#include <actors/supervise/internal/settings.hpp>

#include <stdexcept>
#include <utility>

namespace actors::supervise {

namespace {

std::string named(const std::string& name) {
  return "child '" + name + "'";
}

} // namespace

child_spec::child_spec(std::string name, std::shared_ptr<const detail::child_factory> factory)
    : name_(std::move(name)), factory_(std::move(factory)) {
  if (name_.empty())
    throw std::invalid_argument("child of a supervisor: the name is empty");
  // A tree below must not be cut off while it stops in order.
  if (factory_->makes_supervisors())
    stop_within_ = forever;
}

child_spec& child_spec::stop_within(duration value) {
  internal::require_positive(named(name_), "stop_within (kill_at_once is for children that are not asked)", value);
  stop_within_ = value;
  return *this;
}

child_spec& child_spec::start_within(duration value) {
  internal::require_positive(named(name_), "start_within", value);
  start_within_ = value;
  return *this;
}

child_spec& child_spec::backoff(backoff_policy policy, std::optional<duration> stable_after) {
  stable_after_ = internal::stable_after(named(name_), policy, stable_after);
  backoff_ = policy;
  return *this;
}

child_spec& child_spec::register_as(std::string name) {
  if (name.empty())
    throw std::invalid_argument(named(name_) + ": the name to register it under is empty");
  registered_name_ = std::move(name);
  return *this;
}

} // namespace actors::supervise
