#include <actors/core/detail/make_task.hpp>

#include <actors/core/error.hpp>
#include <actors/core/internal/reactor_scheduler.hpp>
#include <actors/core/internal/runtime_core.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_handle.hpp>

namespace actors::detail {

actor_identity next_identity(runtime_core& core) {
  auto& system = core.system();
  return {system.next_actor_id(), system.node(), &system};
}

worker_binding choose_home(runtime_core& core, const host_actor* parent, affinity wish) {
  if (wish == affinity::any_worker || core.reactor() == nullptr)
    return {};
  if (wish == affinity::inherit) {
    if (parent != nullptr)
      return parent->binding();
    // Who asks for one worker wants one task to run at a time, even while it is late.
    return core.options().workers() == 1 ? worker_binding{&core.reactor()->worker(0), true} : worker_binding{};
  }
  const bool alone = wish == affinity::same_worker;
  if (parent != nullptr && parent->home() != nullptr)
    return {parent->home(), alone};
  auto* worker = reactor_worker::current();
  if (worker != nullptr && &worker->scheduler() == core.reactor())
    return {worker, alone};
  return {&core.reactor()->next_home(), alone};
}

task_context& require_running_context() {
  auto* context = running_context();
  if (context == nullptr)
    throw misuse_error("spawn outside of a task: from a plain thread use runtime::spawn");
  return *context;
}

task_origin child_origin(task_context& parent, const spawn_options& options, std::source_location where) {
  task_origin origin;
  origin.parent = &parent.host();
  origin.name = &options.name();
  origin.where = where;
  origin.home = choose_home(parent.host().core(), &parent.host(), options.run_on());
  origin.eager = options.eager();
  origin.deadline = parent.deadline();
  origin.values = parent.values();
  return origin;
}

void require_coroutine(bool present) {
  if (!present)
    throw misuse_error("an empty task (default-constructed or moved from) cannot run");
}

void throw_not_adopted() {
  throw stopping_error("a task cannot be spawned: the runtime or the task that would own it is ending");
}

launch_permit::launch_permit(runtime_core& core) : core_(&core) {
  if (!core.begin_launch())
    throw stopping_error("nothing can be started: the runtime is stopping");
}

launch_permit::~launch_permit() {
  core_->end_launch();
}

family& root_family(runtime_core& core) noexcept {
  return core.roots();
}

void check_awaitable(const task_context& context, const task_actor& target) {
  const auto& host = context.host();
  if (static_cast<const host_actor*>(&target) == &host)
    throw misuse_error(std::string{"task "} + target.name() + " awaits itself");
  if (&target.core() != &host.core())
    throw misuse_error(std::string{"task "} + target.name() + " belongs to another runtime");
}

} // namespace actors::detail
