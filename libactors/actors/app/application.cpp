#include <actors/app/application.hpp>

#include <actors/core/detail/io_worker.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/error.hpp>
#include <actors/core/this_task.hpp>
#include <actors/core/timeout.hpp>

#include <algorithm>
#include <exception>

namespace actors::app {

namespace {

constexpr duration health_patience = std::chrono::seconds(1);

} // namespace

// -- component -----------------------------------------------------------------------------------------------------------

void component::declare(config&) {}

task<void> component::start() {
  co_return;
}

task<void> component::stop() {
  co_return;
}

task<health> component::check_health() {
  co_return health::good();
}

component& component::find(std::type_index type) const {
  if (application_ == nullptr)
    throw misuse_error("a component has nothing to get before it was added to an application");
  return application_->dependency_of(*this, type);
}

// -- application ---------------------------------------------------------------------------------------------------------

application::application(std::string environment_prefix) : settings_(std::move(environment_prefix)) {}

application::~application() = default;

void application::add_component(component_node node, std::unique_ptr<component> created) {
  if (order_)
    throw misuse_error("component " + node.name + " was added after the application was started");
  created->name_ = node.name;
  created->application_ = this;
  created->declare(settings_);
  nodes_.push_back(std::move(node));
  components_.push_back(std::move(created));
}

component& application::dependency_of(const component& asking, std::type_index type) const {
  if (!order_)
    throw misuse_error("component " + asking.name() + " asked for " + type_name(type) + " before the start");
  const auto found =
      std::find_if(components_.begin(), components_.end(), [&](const auto& entry) { return entry.get() == &asking; });
  const auto index = static_cast<std::size_t>(found - components_.begin());
  const auto& needs = nodes_[index].dependencies;
  const auto& met = order_->dependencies_of(index);
  for (std::size_t i = 0; i < needs.size(); ++i)
    if (needs[i].type == type && met[i])
      return *components_[*met[i]];
  throw misuse_error("component " + asking.name() + " asked for " + type_name(type) +
                     ", which it has not declared to need");
}

task<void> application::start() {
  if (order_)
    throw misuse_error("an application was started twice");
  order_ = std::make_unique<dependency_order>(nodes_);
  std::exception_ptr failure;
  for (const auto index : order_->start()) {
    auto& starting = *components_[index];
    try {
      co_await starting.start();
      started_.push_back(index);
    } catch (const std::exception& error) {
      failure = std::make_exception_ptr(start_error(starting.name() + " could not start: " + error.what()));
    } catch (...) {
      failure = std::current_exception();
    }
    if (failure)
      break;
  }
  if (!failure)
    co_return;
  static_cast<void>(co_await stop());
  std::rethrow_exception(failure);
}

task<std::vector<std::string>> application::stop(duration patience) {
  std::vector<std::string> problems;
  auto self = co_await this_task();
  const auto deadline = saturating_add(self.now(), patience);
  while (!started_.empty()) {
    auto& stopping = *components_[started_.back()];
    started_.pop_back();
    // The last ones get a moment too when those before have used the time up.
    const auto left = std::max<duration>(deadline - self.now(), std::chrono::milliseconds(100));
    try {
      co_await with_timeout(left, stopping.stop());
    } catch (const timeout_error&) {
      problems.push_back(stopping.name() + " did not stop in time");
    } catch (const std::exception& error) {
      problems.push_back(stopping.name() + " failed to stop: " + error.what());
    }
  }
  co_return problems;
}

task<std::vector<application::component_health>> application::health_report() {
  std::vector<component_health> report;
  const auto asked = started_;
  for (const auto index : asked) {
    auto& target = *components_[index];
    auto state = health::bad("unknown");
    try {
      state = co_await with_timeout(health_patience, target.check_health());
    } catch (const std::exception& error) {
      state = health::bad(error.what());
    }
    report.push_back({target.name(), std::move(state)});
  }
  co_return report;
}

std::vector<std::string> application::started() const {
  std::vector<std::string> names;
  for (const auto index : started_)
    names.push_back(components_[index]->name());
  return names;
}

} // namespace actors::app
