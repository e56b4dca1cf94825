#include <actors/core/internal/timer_thread.hpp>

namespace actors::internal {

timer_thread::timer_thread() : thread_([this] { run(); }) {}

timer_thread::~timer_thread() {
  stop();
}

void timer_thread::stop() noexcept {
  if (!thread_.joinable())
    return;
  {
    const std::scoped_lock guard{mutex_};
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void timer_thread::run() {
  constexpr std::size_t budget = 1024;
  std::unique_lock guard{mutex_};
  while (!stopping_) {
    earlier_ = false;
    guard.unlock();
    fire(std::chrono::steady_clock::now(), budget);
    guard.lock();
    const auto woken = [this] { return stopping_ || earlier_; };
    if (const auto next = next_deadline(); next == time_point::max())
      changed_.wait(guard, woken);
    else
      changed_.wait_until(guard, next, woken);
  }
}

void timer_thread::on_earlier_deadline() {
  {
    const std::scoped_lock guard{mutex_};
    earlier_ = true;
  }
  changed_.notify_one();
}

} // namespace actors::internal
