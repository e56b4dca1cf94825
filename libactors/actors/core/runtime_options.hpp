#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/log.hpp>
#include <actors/core/span_record.hpp>

#include <caf/fwd.hpp>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace actors {

/// What schedules the actors of a runtime.
enum class scheduler_kind : std::uint8_t {
  /// The library's own: workers that are Asio reactors, with work stealing. The default.
  reactor,
  /// CAF's work-stealing scheduler. Core only, no I/O: there to compare with.
  stock,
};

/// What the clock of a runtime shows.
enum class clock_kind : std::uint8_t {
  /// The monotonic clock of the system.
  system,
  /// Virtual time: whenever nothing can run, the clock jumps to the next timer, so sleeping costs nothing. One worker;
  /// no real I/O.
  virtual_time,
};

/// A handler that holds its worker for too long, seen while it does.
struct stall_report {
  std::string actor; ///< name and id
  duration busy{};   ///< so far
  /// Where it is: functions from the innermost outwards, up to the library's scheduler. Empty if that cannot be known.
  std::vector<std::string> stack;
};

/// How a runtime is built. Every setting has a default that suits a server.
class runtime_options {
public:
  using stall_handler = std::function<void(const stall_report& stall)>;
  using caf_hook = std::function<void(caf::actor_system_config&)>;

  /// Number of workers; 0 (default): one for each CPU that the process may use (affinity mask and cgroup quota). At
  /// most 64.
  ///
  /// Exactly 1 gives tasks what one asyncio loop gives: between two awaits of one task no other runs, except for those
  /// with `affinity::any_worker` or `same_reactor`.
  runtime_options& workers(std::size_t value) noexcept { return set(workers_, value); }

  runtime_options& scheduler(scheduler_kind value) noexcept { return set(scheduler_, value); }

  runtime_options& clock(clock_kind value) noexcept { return set(clock_, value); }

  /// With virtual time: what is ready runs in an order drawn from this seed, one message at a time, instead of in the
  /// order in which it became ready. The same seed and program give the same order, so a test that fails under one of
  /// many seeds can be run again as it was. Not set by default.
  runtime_options& schedule_seed(std::uint64_t value) noexcept { return set(schedule_seed_, std::optional{value}); }

  /// Most threads for calls that block (`to_thread`, files, SQLite); 64 by default, started when needed.
  runtime_options& blocking_threads(std::size_t value) noexcept { return set(blocking_threads_, value); }

  /// Where the library logs; standard error by default.
  runtime_options& log_to(std::shared_ptr<log_sink> value) noexcept { return set(log_, std::move(value)); }

  /// Takes the spans of the runtime's tasks (span.hpp); nobody by default, then none are made.
  runtime_options& trace_to(std::shared_ptr<span_sink> value) noexcept { return set(trace_, std::move(value)); }

  /// Which part of the traces that begin here is recorded, 0 to 1; all by default. A trace that came from elsewhere is
  /// recorded if it says so itself.
  runtime_options& trace_ratio(double value) noexcept { return set(trace_ratio_, value); }

  /// A handler that holds its worker for longer is reported; 100 ms by default.
  runtime_options& stall_threshold(duration value) noexcept { return set(stall_threshold_, value); }

  /// The signal by which the stack of a stalled handler is taken; the third last of the realtime signals by default, 0
  /// for no stacks. It is used only when something stalls, and left alone if the program has a handler for it. A call
  /// such as `poll` or `nanosleep` in the stalled handler then returns EINTR once.
  runtime_options& stall_signal(int value) noexcept { return set(stall_signal_, value); }

  /// Called for each stall, on a thread of the library; the default logs a warning. What it throws is logged.
  runtime_options& on_stall(stall_handler value) { return set(on_stall_, std::move(value)); }

  /// How long the destructor waits for an orderly end; 10 s by default.
  runtime_options& stop_deadline(duration value) noexcept { return set(stop_deadline_, value); }

  /// Changes the configuration of the underlying CAF actor system before it starts, for example to load its I/O module.
  runtime_options& configure_caf(caf_hook value) {
    caf_hooks_.push_back(std::move(value));
    return *this;
  }

  [[nodiscard]] std::size_t workers() const noexcept { return workers_; }

  [[nodiscard]] scheduler_kind scheduler() const noexcept { return scheduler_; }

  [[nodiscard]] clock_kind clock() const noexcept { return clock_; }

  [[nodiscard]] const std::optional<std::uint64_t>& schedule_seed() const noexcept { return schedule_seed_; }

  [[nodiscard]] std::size_t blocking_threads() const noexcept { return blocking_threads_; }

  [[nodiscard]] const std::shared_ptr<log_sink>& log() const noexcept { return log_; }

  [[nodiscard]] const std::shared_ptr<span_sink>& trace() const noexcept { return trace_; }

  [[nodiscard]] double trace_ratio() const noexcept { return trace_ratio_; }

  [[nodiscard]] duration stall_threshold() const noexcept { return stall_threshold_; }

  [[nodiscard]] int stall_signal() const noexcept { return stall_signal_; }

  [[nodiscard]] const stall_handler& on_stall() const noexcept { return on_stall_; }

  [[nodiscard]] duration stop_deadline() const noexcept { return stop_deadline_; }

  [[nodiscard]] const std::vector<caf_hook>& caf_hooks() const noexcept { return caf_hooks_; }

private:
  template <class T>
  runtime_options& set(T& member, T value) {
    member = std::move(value);
    return *this;
  }

  std::size_t workers_ = 0;
  std::size_t blocking_threads_ = 64;
  scheduler_kind scheduler_ = scheduler_kind::reactor;
  clock_kind clock_ = clock_kind::system;
  std::optional<std::uint64_t> schedule_seed_;
  std::shared_ptr<log_sink> log_;
  std::shared_ptr<span_sink> trace_;
  double trace_ratio_ = 1;
  duration stall_threshold_ = std::chrono::milliseconds(100);
  int stall_signal_ = SIGRTMAX - 2;
  stall_handler on_stall_;
  duration stop_deadline_ = std::chrono::seconds(10);
  std::vector<caf_hook> caf_hooks_;
};

} // namespace actors
