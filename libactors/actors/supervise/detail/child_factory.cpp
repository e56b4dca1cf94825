#include <actors/supervise/detail/child_factory.hpp>

#include <actors/core/detail/service_actor.hpp>
#include <actors/core/error.hpp>
#include <actors/core/service.hpp>
#include <actors/supervise/internal/supervisor_core.hpp>

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>

namespace actors::supervise {

void started_signal::operator()() const {
  if (const auto core = core_.lock())
    core->child_started(child_, incarnation_);
}

} // namespace actors::supervise

namespace actors::supervise::detail {

namespace {

class service_factory final : public child_factory {
public:
  explicit service_factory(std::function<std::unique_ptr<service>()> make) : make_(std::move(make)) {}

  [[nodiscard]] bool launch(child_launch& start) const override {
    const auto make = make_;
    auto object = make();
    if (!object)
      throw misuse_error("the callable made no service");
    const auto actor = actors::detail::make_service(start.core(), start.origin(), std::move(object));
    auto& created = static_cast<actors::detail::service_actor&>(*actor->get());
    created.supervise(start.started());
    start.prepare(actor, child_actor::service);
    created.launch();
    return false;
  }

private:
  std::function<std::unique_ptr<service>()> make_;
};

class actor_factory final : public child_factory {
public:
  explicit actor_factory(std::function<caf::actor(caf::actor_system&)> make) : make_(std::move(make)) {}

  [[nodiscard]] bool launch(child_launch& start) const override {
    const auto make = make_;
    const auto actor = make(start.system());
    if (!actor)
      throw misuse_error("the callable made no actor");
    start.prepare(caf::actor_cast<caf::strong_actor_ptr>(actor), child_actor::plain);
    return true;
  }

private:
  std::function<caf::actor(caf::actor_system&)> make_;
};

} // namespace

std::shared_ptr<const child_factory> make_service_factory(std::function<std::unique_ptr<service>()> make) {
  return std::make_shared<service_factory>(std::move(make));
}

std::shared_ptr<const child_factory> make_actor_factory(std::function<caf::actor(caf::actor_system&)> make) {
  return std::make_shared<actor_factory>(std::move(make));
}

} // namespace actors::supervise::detail
