#include <actors/core/detail/introspection.hpp>

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/error.hpp>
#include <actors/core/internal/reactor_scheduler.hpp>
#include <actors/core/internal/runtime_core.hpp>

#include <caf/actor_cast.hpp>
#include <caf/actor_registry.hpp>
#include <caf/actor_system.hpp>
#include <caf/local_actor.hpp>

#include <utility>

namespace actors::detail {

namespace {

struct entry {
  caf::strong_actor_ptr actor;
  caf::strong_actor_ptr parent;
};

host_actor& host_of(const caf::strong_actor_ptr& actor) noexcept {
  return static_cast<host_actor&>(*actor->get());
}

/// Calls `visit` for each actor until it returns false.
template <class F>
void walk(runtime_core& core, F visit) {
  std::vector<entry> open;
  for (auto& root : core.roots().members())
    open.push_back({std::move(root), nullptr});
  while (!open.empty()) {
    const auto next = std::move(open.back());
    open.pop_back();
    actor_view view;
    view.self = next.actor;
    host_of(next.actor).look(view);
    if (view.activity == actor_activity::ended)
      continue;
    if (!visit(std::as_const(view), next.parent ? &host_of(next.parent) : nullptr))
      return;
    for (auto& child : view.children)
      open.push_back({std::move(child), next.actor});
    // The children of a gather are in the gather's own list.
    for (auto& wait : view.waits)
      if (wait.owns_targets)
        for (auto& child : wait.targets)
          open.push_back({std::move(child), next.actor});
  }
}

} // namespace

bool visit_actors(runtime_core& core, const std::function<void(const actor_view&, const host_actor*)>& visit) {
  return core.while_standing([&] {
    walk(core, [&](const actor_view& view, const host_actor* parent) {
      visit(view, parent);
      return true;
    });
  });
}

bool cancel_actor(runtime_core& core, std::uint64_t id, std::string_view reason) {
  bool found = false;
  static_cast<void>(core.while_standing([&] {
    walk(core, [&](const actor_view& view, const host_actor*) {
      if (view.self->id() != id)
        return true;
      found = true;
      host_of(view.self).send_cancel(make_caf_error(errc::cancelled, reason));
      return false;
    });
  }));
  return found;
}

std::string name_of_actor(const caf::strong_actor_ptr& actor) {
  auto* const local = dynamic_cast<caf::local_actor*>(actor->get());
  if (local != nullptr)
    return local->name();
  auto* const host = dynamic_cast<caf::monitorable_actor*>(actor->get());
  return host != nullptr ? host->name() : "actor";
}

bool has_given_name(const host_actor& actor) noexcept {
  return actor.has_given_name();
}

const std::source_location& spawn_place_of(const host_actor& actor) noexcept {
  return actor.where();
}

std::vector<plain_actor_view> plain_actors(runtime_core& core, std::size_t& total) {
  std::vector<plain_actor_view> result;
  total = 0;
  static_cast<void>(core.while_standing([&] {
    auto& registry = core.system().registry();
    total = registry.running();
    for (const auto& [name, actor] : registry.named_actors())
      if (actor && dynamic_cast<host_actor*>(actor->get()) == nullptr)
        result.push_back({actor->id(), name, false, {}});
    if (auto* const scheduler = core.reactor())
      for (std::size_t i = 0; i < scheduler->worker_count(); ++i)
        if (auto running = scheduler->worker(i).plain_actor_of_job()) {
          auto known =
              std::find_if(result.begin(), result.end(), [&](const auto& one) { return one.id == running->id; });
          if (known == result.end())
            known = result.insert(result.end(), {running->id, std::move(running->name), false, {}});
          known->running = true;
        }
  }));
  return result;
}

bool read_statistics(runtime_core& core, runtime_statistics& result) {
  static_assert(runtime_statistics::delay_buckets == internal::counter_block::delay_buckets);
  return core.while_standing([&] {
    for (const auto& block : core.metrics()) {
      const auto add = [](std::uint64_t& sum, const std::atomic<std::uint64_t>& counter) {
        sum += counter.load(std::memory_order_relaxed);
      };
      add(result.tasks_started, block.tasks_started);
      add(result.tasks_completed, block.tasks_completed);
      add(result.tasks_failed, block.tasks_failed);
      add(result.tasks_cancelled, block.tasks_cancelled);
      add(result.services_started, block.services_started);
      add(result.services_ended, block.services_ended);
      add(result.services_failed, block.services_failed);
      for (std::size_t i = 0; i < block.delays.size(); ++i)
        add(result.delays[i], block.delays[i]);
      result.delay_sum += duration{static_cast<duration::rep>(block.delay_sum_ns.load(std::memory_order_relaxed))};
    }
    result.stalls = core.stalls();
    result.uptime = core.uptime();
    if (auto* const scheduler = core.reactor()) {
      for (std::size_t i = 0; i < scheduler->worker_count(); ++i) {
        auto& worker = scheduler->worker(i);
        const auto timers = worker.size() + worker.actions();
        result.workers.push_back({worker.jobs(), worker.steals(), worker.parks(), worker.idle_time(),
                                  worker.queue().size(), timers, scheduler->is_parked(i)});
        result.timers += timers;
      }
      result.injected = scheduler->injected();
    } else {
      result.timers = core.timers().size();
    }
    const auto blocking = core.blocking().look();
    result.blocking_threads = blocking.threads;
    result.blocking_idle = blocking.idle;
    result.blocking_limit = blocking.limit;
    result.blocking_queued = blocking.queued;
    result.blocking_running = blocking.running;
  });
}

bool with_system(runtime_core& core, const std::function<void(caf::actor_system&)>& use) {
  return core.while_standing([&] { use(core.system()); });
}

} // namespace actors::detail
