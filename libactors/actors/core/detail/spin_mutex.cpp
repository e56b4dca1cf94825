#include <actors/core/detail/spin_mutex.hpp>

#include <thread>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace actors::detail {

void spin_mutex::relax(int spins) noexcept {
  // After a hundred rounds the holder is probably not running.
  if (spins > 100) {
    std::this_thread::yield();
    return;
  }
#if defined(__x86_64__) || defined(__i386__)
  _mm_pause();
#endif
}

} // namespace actors::detail
