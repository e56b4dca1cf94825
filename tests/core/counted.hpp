#pragma once

#include <atomic>
#include <memory>
#include <utility>

namespace core_test {

/// Counts the live copies of itself: put into a coroutine as a local or an argument, it tells whether the frame was
/// destroyed, once.
class counted {
public:
  explicit counted(std::atomic<int>& live) noexcept : live_(&live) { live_->fetch_add(1); }

  counted(const counted& other) noexcept : counted(*other.live_) {}

  counted& operator=(const counted&) = delete;

  ~counted() { live_->fetch_sub(1); }

private:
  std::atomic<int>* live_;
};

} // namespace core_test
