#pragma once

#include <atomic>
#include <cstddef>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ACTORS_TEST_COUNTS_ALLOCATIONS
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ACTORS_TEST_COUNTS_ALLOCATIONS
#endif
#endif

#ifdef ACTORS_TEST_COUNTS_ALLOCATIONS
#include <sanitizer/allocator_interface.h>
#endif

namespace actors::http::test {

#ifdef ACTORS_TEST_COUNTS_ALLOCATIONS

/// The most memory that this process has held since `forget`, in bytes: what was allocated and not freed. A sanitizer
/// keeps what was freed for a while, and has memory of its own, so what is resident says nothing.
class peak_memory {
public:
  static void forget() {
    static const int installed = __sanitizer_install_malloc_and_free_hooks(&add, &remove);
    if (installed == 0)
      throw std::runtime_error("allocations cannot be counted");
    peak_ = live_.load();
  }

  [[nodiscard]] static std::size_t bytes() { return peak_; }

  [[nodiscard]] static std::size_t now() { return live_; }

private:
  static void add(const volatile void*, std::size_t size) {
    const auto live = live_.fetch_add(size) + size;
    for (auto peak = peak_.load(); peak < live && !peak_.compare_exchange_weak(peak, live);) {
    }
  }

  static void remove(const volatile void* what) {
    if (what != nullptr)
      live_ -=
          __sanitizer_get_allocated_size(const_cast<const void*>(what)); // NOLINT(*-const-cast): the interfaces differ
  }

  // What was allocated before the hooks came, and is freed now, must not take it below zero.
  static inline std::atomic<std::size_t> live_{std::size_t{1} << 40};
  static inline std::atomic<std::size_t> peak_{0};
};

#else

/// The most memory that this process has held since `forget`, in bytes: what was resident.
class peak_memory {
public:
  static void forget() { std::ofstream{"/proc/self/clear_refs"} << "5"; }

  [[nodiscard]] static std::size_t bytes() { return read("VmHWM:"); }

  [[nodiscard]] static std::size_t now() { return read("VmRSS:"); }

private:
  static std::size_t read(std::string_view name) {
    std::ifstream file{"/proc/self/status"};
    for (std::string line; std::getline(file, line);)
      if (line.starts_with(name))
        return std::stoull(line.substr(name.size())) * 1024;
    throw std::runtime_error("/proc/self/status has no " + std::string{name});
  }
};

#endif

} // namespace actors::http::test
