#include <actors/app/supervision.hpp>

#include <actors/app/internal/component_run.hpp>
#include <actors/core/error.hpp>

namespace actors::app {

namespace {

void require_positive(const char* what, duration value) {
  if (value <= duration::zero())
    throw std::invalid_argument(std::string{"supervision of a component: "} + what + " must be above zero");
}

// What a component gets after the time that it was given, before it is killed.
constexpr duration grace = std::chrono::seconds{1};

} // namespace

supervision& supervision::check_every(duration value) {
  require_positive("check_every", value);
  check_every_ = value;
  return *this;
}

supervision& supervision::check_within(duration value) {
  require_positive("check_within", value);
  check_within_ = value;
  return *this;
}

supervision& supervision::bad_checks(std::size_t value) {
  if (value == 0)
    throw std::invalid_argument("supervision of a component: bad_checks must be at least 1");
  bad_checks_ = value;
  return *this;
}

supervision& supervision::start_within(duration value) {
  require_positive("start_within", value);
  start_within_ = value;
  return *this;
}

supervision& supervision::stop_within(duration value) {
  require_positive("stop_within", value);
  stop_within_ = value;
  return *this;
}

void supervision::apply_to(supervise::child_spec& child) const {
  child.restart(restart_).start_within(start_within_);
  child.stop_within(stop_within_ < forever - grace ? stop_within_ + grace : forever);
  if (backoff_)
    child.backoff(*backoff_);
}

namespace detail {

task<void> run_component(std::unique_ptr<component> target, std::string name, supervision how,
                         supervise::started_signal started) {
  if (!target)
    throw misuse_error("the callable made no component");
  internal::component_run::set_name(*target, std::move(name));
  internal::component_run run{*target, how};
  co_await run.live(std::move(started));
}

} // namespace detail

} // namespace actors::app
