#include <actors/core/detail/frame_memory.hpp>

#include <array>
#include <cstdint>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ACTORS_FRAMES_FROM_HEAP 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define ACTORS_FRAMES_FROM_HEAP 1
#endif
#endif

namespace actors::detail {

namespace {

constexpr std::size_t granularity = 64;
constexpr std::size_t classes = 16;
constexpr std::uint32_t most_of_a_class = 64;

struct free_frame {
  free_frame* next;
};

/// The frames that a thread has at hand. Trivial, so that it can be used to the very end of the thread.
struct frame_lists {
  struct list {
    free_frame* first;
    std::uint32_t count;
  };

  std::array<list, classes> all;
  bool is_over; // the thread ends: what comes now goes to the heap
};

constinit thread_local frame_lists at_hand{};

/// Frees them when the thread ends.
struct frame_janitor {
  frame_janitor() noexcept = default;
  frame_janitor(const frame_janitor&) = delete;
  frame_janitor& operator=(const frame_janitor&) = delete;

  ~frame_janitor() {
    at_hand.is_over = true;
    for (auto& each : at_hand.all)
      while (each.first != nullptr) {
        auto* const frame = each.first;
        each.first = frame->next;
        ::operator delete(frame);
      }
  }

  void be_there() const noexcept {}
};

thread_local const frame_janitor janitor;

constexpr std::size_t class_of(std::size_t size) noexcept {
  return (size - 1) / granularity;
}

#ifdef ACTORS_FRAMES_FROM_HEAP
constexpr bool keeps_frames = false;
#else
constexpr bool keeps_frames = true;
#endif

} // namespace

void* take_frame(std::size_t size) {
  const auto index = class_of(size);
  if (!keeps_frames || index >= classes)
    return ::operator new(size);
  auto& list = at_hand.all[index];
  if (auto* const frame = list.first) {
    list.first = frame->next;
    --list.count;
    return frame;
  }
  return ::operator new((index + 1) * granularity);
}

void give_frame(void* frame, std::size_t size) noexcept {
  const auto index = class_of(size);
  if (!keeps_frames || index >= classes || at_hand.is_over) {
    ::operator delete(frame);
    return;
  }
  auto& list = at_hand.all[index];
  if (list.count == 0)
    janitor.be_there(); // made with the thread's first use
  if (list.count == most_of_a_class) {
    ::operator delete(frame);
    return;
  }
  list.first = ::new (frame) free_frame{list.first};
  ++list.count;
}

} // namespace actors::detail
