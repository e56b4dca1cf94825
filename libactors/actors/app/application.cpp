#include <actors/app/application.hpp>

#include <actors/app/internal/component_run.hpp>
#include <actors/core/detail/io_worker.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/error.hpp>
#include <actors/core/this_task.hpp>
#include <actors/core/timeout.hpp>

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <exception>

namespace actors::app {

namespace {

constexpr duration health_patience = std::chrono::seconds(1);

// Of the components that nobody has asked to supervise.
supervision unwatched() {
  return supervision{}.check_every(forever);
}

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

void component::fail(const std::exception_ptr& error) {
  if (!error)
    throw misuse_error("component " + name_ + " failed without an error");
  {
    const std::scoped_lock guard{failure_mutex_};
    if (failure_)
      return;
    failure_ = error;
  }
  failed_.set();
}

std::exception_ptr component::failure() const {
  const std::scoped_lock guard{failure_mutex_};
  return failure_;
}

void component::forget_failure() {
  const std::scoped_lock guard{failure_mutex_};
  failure_ = nullptr;
  failed_.clear();
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

application& application::supervise(const std::string& component, const supervision& how) {
  if (order_)
    throw misuse_error("component " + component + " was to be supervised after the application was started");
  const auto found =
      std::find_if(nodes_.begin(), nodes_.end(), [&](const auto& node) { return node.name == component; });
  if (found == nodes_.end())
    throw misuse_error("component " + component + " was to be supervised, but there is none of this name");
  supervised_.insert_or_assign(static_cast<std::size_t>(found - nodes_.begin()), how);
  return *this;
}

application& application::restart_intensity(std::size_t restarts, duration period) {
  if (order_)
    throw misuse_error("the restart intensity was set after the application was started");
  intensity_ = actors::supervise::restart_intensity{restarts, period};
  return *this;
}

task<void> application::ended() const {
  if (!supervisor_)
    throw misuse_error("an application without supervision, or that was not started, has no end to wait for");
  return supervisor_.ended();
}

task<void> application::start_supervised() {
  actors::supervise::supervisor_spec spec{"application", actors::supervise::strategy::rest_for_one};
  spec.intensity(intensity_);
  for (const auto index : order_->start()) {
    const auto found = supervised_.find(index);
    const auto how = found != supervised_.end() ? found->second : unwatched();
    auto* const run = runs_.emplace_back(std::make_unique<internal::component_run>(*components_[index], how)).get();
    auto child = actors::supervise::task_child(
        components_[index]->name(), [run](actors::supervise::started_signal started) { return run->live(started); });
    how.apply_to(child);
    spec.child(std::move(child));
  }
  supervisor_ = actors::supervise::spawn_supervisor(std::move(spec));
  std::exception_ptr failure;
  try {
    co_await supervisor_.started();
  } catch (const actors::supervise::start_error& error) {
    failure = std::make_exception_ptr(start_error(error.child() + " could not start: " + describe(error.cause())));
  } catch (...) {
    failure = std::current_exception();
  }
  if (!failure)
    co_return;
  static_cast<void>(co_await stop());
  std::rethrow_exception(failure);
}

task<std::vector<std::string>> application::stop_supervised(duration patience) {
  std::vector<std::string> problems;
  const auto address = supervisor_.address();
  bool in_time = true;
  // A supervisor that was killed says `cancelled`, and so does every wait of this task when somebody cancels it.
  const auto self = co_await this_task();
  const auto is_cancelled_itself = [self, before = self.cancel_requests()] { return self.cancel_requests() != before; };
  try {
    in_time = co_await move_on_after(patience, supervisor_.stop("the application stops"));
  } catch (const actors::supervise::start_error&) {
    // Known to those who have started it.
  } catch (const std::exception& error) {
    problems.emplace_back(error.what());
  } catch (const cancelled&) {
    if (is_cancelled_itself())
      throw;
  }
  if (!in_time) {
    for (auto run = runs_.rbegin(); run != runs_.rend(); ++run)
      if ((*run)->runs())
        problems.push_back((*run)->target().name() + " did not stop in time");
    if (address)
      caf::anon_send_exit(address, caf::exit_reason::kill);
    try {
      co_await supervisor_.ended();
    } catch (...) {
      if (is_cancelled_itself())
        throw;
    }
  }
  for (auto run = runs_.rbegin(); run != runs_.rend(); ++run)
    for (auto& problem : (*run)->take_problems())
      problems.push_back(std::move(problem));
  co_return problems;
}

task<void> application::start() {
  if (order_)
    throw misuse_error("an application was started twice");
  order_ = std::make_unique<dependency_order>(nodes_);
  if (!supervised_.empty()) {
    co_await start_supervised();
    co_return;
  }
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
  if (supervisor_)
    co_return co_await stop_supervised(patience);
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
  for (const auto& run : runs_) {
    auto state = co_await run->state(health_patience);
    report.push_back({run->target().name(), std::move(state)});
  }
  const auto asked = started_;
  for (const auto index : asked) {
    auto& target = *components_[index];
    auto state = health::bad("unknown");
    if (const auto failure = target.failure())
      state = health::bad(describe(failure));
    else
      state = co_await internal::health_of(target, health_patience);
    report.push_back({target.name(), std::move(state)});
  }
  co_return report;
}

std::vector<std::string> application::started() const {
  std::vector<std::string> names;
  for (const auto& run : runs_)
    if (run->runs())
      names.push_back(run->target().name());
  for (const auto index : started_)
    names.push_back(components_[index]->name());
  return names;
}

} // namespace actors::app
