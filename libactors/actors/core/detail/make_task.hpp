#pragma once

#include <actors/core/detail/task_actor.hpp>
#include <actors/core/spawn_options.hpp>

#include <caf/actor_storage.hpp>

#include <source_location>
#include <utility>

namespace actors::detail {

/// A reference to a task's actor that knows the type of its result.
template <class T>
class task_ref {
public:
  task_ref() noexcept = default;

  explicit task_ref(caf::strong_actor_ptr actor) noexcept : actor_(std::move(actor)) {}

  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(actor_); }

  [[nodiscard]] typed_task<T>& operator*() const noexcept { return static_cast<typed_task<T>&>(*actor_->get()); }

  [[nodiscard]] typed_task<T>* operator->() const noexcept { return &**this; }

  [[nodiscard]] const caf::strong_actor_ptr& actor() const noexcept { return actor_; }

  friend bool operator==(const task_ref& a, const task_ref& b) noexcept { return a.actor_ == b.actor_; }

private:
  caf::strong_actor_ptr actor_;
};

/// The identity of the next actor of a runtime.
struct actor_identity {
  caf::actor_id id;
  caf::node_id node;
  caf::actor_system* system;
};

[[nodiscard]] actor_identity next_identity(runtime_core& core);

/// The worker that a new task is bound to, if any.
[[nodiscard]] worker_binding choose_home(runtime_core& core, const host_actor* parent, affinity wish);

/// The context of the task or handler that runs here. Throws `misuse_error` outside of both.
[[nodiscard]] task_context& require_running_context();

/// What a child of `parent` starts from.
[[nodiscard]] task_origin child_origin(task_context& parent, const spawn_options& options, std::source_location where);

/// Throws `misuse_error` if there is no coroutine in the task.
void require_coroutine(bool present);

/// The task has no parent to adopt it: throws `stopping_error`.
[[noreturn]] void throw_not_adopted();

/// Creates the actor of a task; not launched yet.
template <class T>
[[nodiscard]] task_ref<T> make_task(runtime_core& core, const task_origin& origin, task<T>&& root) {
  require_coroutine(static_cast<bool>(root));
  auto identity = next_identity(core);
  caf::actor_config config;
  auto* storage = new caf::actor_storage<typed_task<T>>(identity.id, std::move(identity.node), identity.system, config,
                                                        core, origin, std::move(root));
  return task_ref<T>{caf::strong_actor_ptr{&storage->ctrl, false}};
}

/// Creates and launches a task as a child of `origin.parent`.
template <class T>
task_ref<T> launch_task(runtime_core& core, const task_origin& origin, task<T>&& root) {
  auto result = make_task(core, origin, std::move(root));
  if (origin.parent != nullptr && !origin.parent->adopt(*result))
    throw_not_adopted();
  if (origin.eager)
    result->launch_eagerly();
  else
    result->launch();
  return result;
}

} // namespace actors::detail
