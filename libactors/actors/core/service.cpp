#include <actors/core/service.hpp>

#include <actors/core/detail/make_task.hpp>
#include <actors/core/error.hpp>

#include <caf/actor_cast.hpp>
#include <caf/actor_config.hpp>
#include <caf/actor_storage.hpp>

namespace actors {

task<void> service::on_start() {
  co_return;
}

task<void> service::on_stop() {
  co_return;
}

service_ref service::self() const {
  if (actor_ == nullptr)
    throw misuse_error("a service has no address before it was spawned");
  return service_ref{caf::actor_cast<caf::actor>(caf::strong_actor_ptr{actor_->ctrl()})};
}

void service::stop() {
  if (actor_ == nullptr)
    throw misuse_error("a service cannot be stopped before it was spawned");
  actor_->send_cancel(make_caf_error(errc::cancelled, "the service stopped itself"));
}

void service::fail(const std::exception_ptr& error) {
  if (actor_ == nullptr)
    throw misuse_error("a service cannot fail before it was spawned");
  if (!error)
    throw misuse_error("a service cannot fail without an error");
  if (is_cancelled(error))
    throw misuse_error("a service cannot fail with a cancellation; stop() ends it without an error");
  actor_->fail(error);
}

std::exception_ptr service::failure() const {
  return actor_ != nullptr ? actor_->reported_failure() : nullptr;
}

} // namespace actors

namespace actors::detail {

caf::strong_actor_ptr make_service(runtime_core& core, const task_origin& origin, std::unique_ptr<service> object) {
  if (!object)
    throw misuse_error("spawn_service was given no service");
  auto identity = next_identity(core);
  caf::actor_config config;
  auto* storage = new caf::actor_storage<service_actor>(identity.id, std::move(identity.node), identity.system, config,
                                                        core, origin, std::move(object));
  return caf::strong_actor_ptr{&storage->ctrl, false};
}

service_ref launch_service(runtime_core& core, const task_origin& origin, std::unique_ptr<service> object) {
  const auto actor = make_service(core, origin, std::move(object));
  auto& created = static_cast<service_actor&>(*actor->get());
  if (!origin.parent->adopt(created))
    throw_not_adopted();
  created.launch();
  return service_ref{caf::actor_cast<caf::actor>(actor)};
}

service_ref launch_child_service(std::unique_ptr<service> object, const spawn_options& options,
                                 std::source_location where) {
  auto& parent = require_running_context();
  return launch_service(parent.host().core(), child_origin(parent, options, where), std::move(object));
}

service_ref launch_root_service(runtime_core& core, std::unique_ptr<service> object, const spawn_options& options,
                                std::source_location where) {
  const launch_permit permit{core};
  task_origin origin;
  origin.parent = &root_family(core);
  origin.name = &options.name();
  origin.where = where;
  origin.home = choose_home(core, nullptr, options.run_on());
  return launch_service(core, origin, std::move(object));
}

} // namespace actors::detail
