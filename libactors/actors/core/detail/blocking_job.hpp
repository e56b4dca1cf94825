#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace actors::detail {

/// A function on its way to, in, or back from a thread of the blocking pool.
class blocking_job {
public:
  blocking_job() = default;
  blocking_job(const blocking_job&) = delete;
  blocking_job& operator=(const blocking_job&) = delete;
  virtual ~blocking_job() = default;

  /// Runs on a pool thread.
  virtual void run() noexcept = 0;

  /// For reports about what does not stop.
  [[nodiscard]] virtual std::string name() const = 0;

  /// Pool: claims the job; false if it was withdrawn.
  [[nodiscard]] bool claim() noexcept { return advance(state::queued, state::running); }

  /// Anyone: withdraws a job that has not started; false if it has.
  [[nodiscard]] bool withdraw() noexcept { return advance(state::queued, state::withdrawn); }

private:
  enum class state : std::uint8_t { queued, running, withdrawn };

  bool advance(state from, state to) noexcept {
    return state_.compare_exchange_strong(from, to, std::memory_order_acq_rel);
  }

  std::atomic<state> state_{state::queued};
};

using blocking_job_ptr = std::shared_ptr<blocking_job>;

} // namespace actors::detail
