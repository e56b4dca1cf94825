#pragma once

#include <actors/core/detail/timer_queue.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace actors::internal {

/// The timers of a runtime on CAF's stock scheduler, whose workers have no place for them.
class timer_thread final : public detail::timer_queue {
public:
  timer_thread();
  ~timer_thread() override;

  /// Waits for the wake-up that is under way, if any; none follows.
  void stop() noexcept;

private:
  void run();
  void on_earlier_deadline() override;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool earlier_ = false;
  std::thread thread_;
};

} // namespace actors::internal
