#pragma once

#include <actors/core/detail/spin_mutex.hpp>
#include <actors/core/fwd.hpp>

#include <caf/actor_control_block.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

/// What can be seen of a runtime from outside while it runs: its actors, what each waits for, and its counters.
///
/// Looking needs no worker: it reads atomics and lists under their own locks, from any thread, so it answers while
/// every worker is blocked. What it reads is not one moment's picture: an actor may have moved on before the next one
/// is looked at. References that are taken on the way keep an actor's memory, not its life.
///
/// The upper layers show this to people; see `<actors/observe/snapshot.hpp>`.
namespace actors::detail {

enum class actor_kind : std::uint8_t { task, service };

enum class actor_activity : std::uint8_t { ready, running, waiting, ended };

/// What a suspended stack of coroutines waits for; filled by `waiter::describe_wait`.
struct wait_view {
  /// Targets to list in one go: the lock that keeps the waiter in its place must not be held for long.
  static constexpr std::size_t batch = 4096;

  /// A word such as "sleep"; empty: the type of the waiter says it.
  std::string kind;
  /// The actors whose end or answer is awaited.
  std::vector<caf::strong_actor_ptr> targets;
  /// The targets belong to the waiting actor and are in no other list.
  bool owns_targets = false;
  /// References to give up after the lock has been released: the last one destroys an actor.
  std::vector<caf::strong_actor_ptr> keep;

  // For waiters with many targets: where to go on. `next` stays `SIZE_MAX` when all were listed.
  std::size_t from = 0;
  std::size_t next = SIZE_MAX;
};

/// One actor.
struct actor_view {
  caf::strong_actor_ptr self;
  actor_kind kind = actor_kind::task;
  actor_activity activity = actor_activity::ready;
  /// When the last step began or ended, to about 10 ms; before the beginning of time if there was none yet.
  time_point since{};
  std::uint64_t messages = 0; ///< handled
  std::uint64_t handled = 0;  ///< messages and wake-ups without one
  std::uint64_t mailbox = 0;  ///< messages not handled yet
  std::size_t calls = 0;      ///< calls that a service is handling
  std::vector<wait_view> waits;
  /// The actors that this one cancels and joins when it ends.
  std::vector<caf::strong_actor_ptr> children;
};

/// Looks at every task and service of a runtime once, each after its parent. `parent` is null for those that belong to
/// the runtime. False if the runtime has stopped.
[[nodiscard]] bool visit_actors(runtime_core& core,
                                const std::function<void(const actor_view& seen, const host_actor* parent)>& visit);

/// Asks the task or service with this id to end as if cancelled; false if there is none.
[[nodiscard]] bool cancel_actor(runtime_core& core, std::uint64_t id, std::string_view reason);

/// What is known of an actor by its address.
[[nodiscard]] std::string name_of_actor(const caf::strong_actor_ptr& actor);
[[nodiscard]] bool has_given_name(const host_actor& actor) noexcept;
[[nodiscard]] const std::source_location& spawn_place_of(const host_actor& actor) noexcept;

/// A plain CAF actor that is known: by its registered name, or because a worker runs it at this moment.
struct plain_actor_view {
  std::uint64_t id = 0;
  std::string name;
  bool running = false;
  time_point since{};
};

/// The plain CAF actors that can be known; `total` is how many CAF counts, known or not. Empty once the runtime has
/// stopped.
[[nodiscard]] std::vector<plain_actor_view> plain_actors(runtime_core& core, std::size_t& total);

/// The counters of a runtime, as of now.
struct runtime_statistics {
  struct worker {
    std::uint64_t jobs = 0;
    std::uint64_t steals = 0;
    std::uint64_t parks = 0;
    duration idle{};
    std::size_t queued = 0;
    std::size_t timers = 0;
    bool parked = false;
  };

  /// Upper ends of the buckets of `delays` but for the last, which has none.
  static constexpr std::size_t delay_buckets = 24;

  [[nodiscard]] static constexpr duration delay_limit(std::size_t bucket) noexcept {
    return std::chrono::microseconds{std::uint64_t{1} << bucket};
  }

  std::uint64_t tasks_started = 0;
  std::uint64_t tasks_completed = 0;
  std::uint64_t tasks_failed = 0;
  std::uint64_t tasks_cancelled = 0;
  std::uint64_t services_started = 0;
  std::uint64_t services_ended = 0;
  std::uint64_t services_failed = 0;
  std::uint64_t stalls = 0;
  std::array<std::uint64_t, delay_buckets> delays{};
  duration delay_sum{};
  duration uptime{};
  std::vector<worker> workers; ///< none on CAF's stock scheduler
  std::size_t injected = 0;    ///< jobs that no worker owns yet
  std::size_t timers = 0;      ///< of all workers
  std::size_t blocking_threads = 0;
  std::size_t blocking_idle = 0;
  std::size_t blocking_limit = 0;
  std::size_t blocking_queued = 0;
  std::size_t blocking_running = 0;
};

/// False once the runtime has stopped.
[[nodiscard]] bool read_statistics(runtime_core& core, runtime_statistics& result);

/// Calls `use` with the actor system; false, without a call, once the runtime has stopped.
[[nodiscard]] bool with_system(runtime_core& core, const std::function<void(caf::actor_system&)>& use);

} // namespace actors::detail
