#pragma once

#include <actors/process/exit_status.hpp>

#include <caf/actor_control_block.hpp>

#include <sys/types.h>

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace actors::process::internal {

/// A child process: shared by its handle, those who wait for its end, and the one who collects its exit status.
///
/// Threads: all members from any thread. A signal is only sent while the exit status has not been collected, under the
/// same lock, so it never reaches a process that has got the number meanwhile.
class child_state {
public:
  child_state(pid_t pid, bool leads_group, std::string program) noexcept
      : pid_(pid), leads_group_(leads_group), program_(std::move(program)) {}

  child_state(const child_state&) = delete;
  child_state& operator=(const child_state&) = delete;
  ~child_state() = default;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

  [[nodiscard]] const std::string& program() const noexcept { return program_; }

  /// Sends a signal to the child, or to its group if it leads one. False if it has ended. Throws `process_error`.
  bool signal(int number);

  /// SIGKILL, if it has not ended.
  void kill() noexcept;

  /// Collects the exit status if the child has ended, and wakes those who wait. False if it still runs.
  bool collect() noexcept;

  /// Whether the end is known.
  [[nodiscard]] bool ended() const noexcept;

  /// The status, nothing while it runs. Throws `process_error` if somebody else has collected it.
  [[nodiscard]] std::optional<exit_status> status() const;

  /// Notes a task that waits for the end. False if there is no need to.
  [[nodiscard]] bool wait(caf::strong_actor_ptr waiter, std::uint64_t id);
  void withdraw(std::uint64_t id, const caf::actor_control_block* waiter) noexcept;

private:
  struct entry {
    caf::strong_actor_ptr actor;
    std::uint64_t id;
  };

  [[nodiscard]] int send(int number) const noexcept;

  const pid_t pid_;
  const bool leads_group_;
  const std::string program_;
  mutable std::mutex mutex_;
  bool ended_ = false;
  std::optional<exit_status> status_;
  std::vector<entry> waiting_;
};

} // namespace actors::process::internal
