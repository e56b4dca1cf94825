#pragma once

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/detail/make_task.hpp>
#include <actors/core/detail/timer.hpp>
#include <actors/core/runtime.hpp>

#include <caf/actor_config.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/actor_storage.hpp>

#include <cstdint>
#include <functional>
#include <utility>

namespace core_test {

/// An actor that is never launched and calls back for each of its wake-ups, on the thread that wakes it.
class wake_recorder final : public actors::detail::host_actor {
public:
  using callback = std::function<void(std::uint64_t)>;

  wake_recorder(caf::actor_config& config, actors::detail::runtime_core& core,
                const actors::detail::task_origin& origin, callback on_wake)
      : host_actor(config, core, origin), on_wake_(std::move(on_wake)) {}

  using host_actor::enqueue;

  bool enqueue(caf::mailbox_element_ptr element, caf::execution_unit*) override {
    on_wake_(element->mid.request_id().integer_value());
    return true;
  }

private:
  void on_start() override {}

  void on_cancel_request(const caf::error&) override {}

  void on_kill_request() override {}

  void on_family_deserted() override {}

  void on_end(caf::execution_unit*) override {}

  void look_inside(actors::detail::actor_view&) const override {}

  callback on_wake_;
};

/// Something to set timers for.
class alarmed_actor {
public:
  alarmed_actor(actors::runtime& home, wake_recorder::callback on_wake) {
    auto& core = home.core();
    auto identity = actors::detail::next_identity(core);
    caf::actor_config config;
    const actors::detail::task_origin origin;
    auto* storage = new caf::actor_storage<wake_recorder>(identity.id, std::move(identity.node), identity.system,
                                                          config, core, origin, std::move(on_wake));
    actor_ = caf::strong_actor_ptr{&storage->ctrl, false};
  }

  /// Makes a timer wake this actor under `id`, when it is put into a queue.
  void aim(actors::detail::timer& timer, std::uint64_t id) const {
    timer.arm(static_cast<actors::detail::host_actor&>(*actor_->get()), id, actors::time_point::max());
    timer.disarm();
  }

private:
  caf::strong_actor_ptr actor_;
};

} // namespace core_test
