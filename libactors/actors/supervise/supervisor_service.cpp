#include <actors/supervise/supervisor_service.hpp>

#include <actors/core/error.hpp>
#include <actors/core/service.hpp>
#include <actors/core/spawn.hpp>

#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <memory>
#include <mutex>
#include <tuple>
#include <vector>

namespace actors::supervise {

namespace {

constexpr std::size_t most_listeners = 1024;

std::string_view to_text(restart value) noexcept {
  switch (value) {
  case restart::permanent:
    return "permanent";
  case restart::transient:
    return "transient";
  case restart::temporary:
    return "temporary";
  }
  return "unknown";
}

/// Who gets the notices. Threads: the service and the task that sends them.
class listeners {
public:
  void add(const caf::actor& which) {
    const std::scoped_lock guard{mutex_};
    if (std::find(actors_.begin(), actors_.end(), which) != actors_.end())
      return;
    if (actors_.size() == most_listeners)
      throw misuse_error("a supervisor has at most " + std::to_string(most_listeners) + " listeners");
    actors_.push_back(which);
  }

  void remove(const caf::actor_addr& which) {
    const std::scoped_lock guard{mutex_};
    std::erase_if(actors_, [&](const auto& each) { return each.address() == which; });
  }

  void send(const child_notice& notice) const {
    const std::scoped_lock guard{mutex_};
    for (const auto& each : actors_)
      caf::anon_send(each, notice);
  }

private:
  mutable std::mutex mutex_;
  std::vector<caf::actor> actors_;
};

child_notice notice_of(const child_event& event, std::uint64_t missed) {
  child_notice result;
  result.supervisor = event.supervisor;
  result.child = event.child;
  result.what = to_string(event.kind);
  if (event.kind == child_event_kind::exited)
    result.exit = to_string(event.exit);
  result.actor = event.actor;
  if (event.error)
    result.error = actors::describe(event.error);
  result.delay_ns = event.delay.count();
  result.restarts = event.restarts;
  result.missed = missed;
  return result;
}

class supervisor_service final : public service {
public:
  supervisor_service(supervisor_ref target, const supervisor_service_options& options)
      : target_(std::move(target)), offers_(options.offers()), events_(target_.events(options.capacity())) {
    on([this](list_children_atom) { return list(); });
    on([this](find_child_atom, const std::string& name) { return target_.child(name).address(); });
    on([this](start_child_atom, std::string offer) { return start(std::move(offer)); });
    on([this](restart_child_atom, std::string name) { return restart(std::move(name)); });
    on([this](terminate_child_atom, std::string name) { return target_.terminate_child(std::move(name)); });
    on([this](delete_child_atom, std::string name) { return target_.delete_child(std::move(name)); });
    on([this](watch_children_atom, const caf::actor& listener) { watch(listener); });
    on([this](unwatch_children_atom, const caf::actor& listener) { listeners_->remove(listener.address()); });
  }

private:
  task<void> on_start() override {
    static_cast<void>(spawn(tell_listeners()));
    co_return;
  }

  task<void> tell_listeners() {
    for (;;) {
      const auto event = co_await events_.next();
      if (!event)
        break;
      listeners_->send(notice_of(*event, events_.missed()));
    }
    stop();
  }

  task<std::vector<child_status>> list() {
    std::vector<child_status> result;
    for (const auto& each : co_await target_.children()) {
      auto& status = result.emplace_back();
      status.name = each.name;
      status.state = to_string(each.state);
      status.restart = to_text(each.restart);
      status.restarts = each.restarts;
      status.actor = each.actor;
      if (each.last_error)
        status.last_error = actors::describe(each.last_error);
    }
    co_return result;
  }

  task<std::tuple<std::string, caf::actor>> start(std::string offer) {
    const auto found = offers_.find(offer);
    if (found == offers_.end())
      throw misuse_error("supervisor '" + target_.name() + "' offers no child '" + offer + "' to start");
    auto spec = found->second;
    const auto started = co_await target_.start_child(std::move(spec));
    co_return std::tuple<std::string, caf::actor>{started.name(), started.address()};
  }

  task<caf::actor> restart(std::string name) {
    const auto started = co_await target_.restart_child(std::move(name));
    co_return started.address();
  }

  void watch(const caf::actor& listener) {
    if (!listener)
      throw misuse_error("an empty actor cannot listen to a supervisor");
    listeners_->add(listener);
    // Runs at once if it has ended already.
    caf::actor_cast<caf::abstract_actor*>(listener)->attach_functor(
        [all = std::weak_ptr<listeners>{listeners_}, address = listener.address()] {
          if (const auto left = all.lock())
            left->remove(address);
        });
  }

  supervisor_ref target_;
  std::map<std::string, child_spec> offers_;
  event_stream events_;
  std::shared_ptr<listeners> listeners_ = std::make_shared<listeners>();
};

} // namespace

service_ref spawn_supervisor_service(const supervisor_ref& target, const supervisor_service_options& what,
                                     const spawn_options& options) {
  return spawn_service(std::make_unique<supervisor_service>(target, what), options);
}

service_ref spawn_supervisor_service(const runtime& owner, const supervisor_ref& target,
                                     const supervisor_service_options& what, const spawn_options& options) {
  return spawn_service(owner, std::make_unique<supervisor_service>(target, what), options);
}

} // namespace actors::supervise
