#pragma once

#include <cstddef>
#include <new>

namespace actors::net::internal {

/// Room for one asynchronous operation at a time, so that waiting for a socket allocates nothing. A larger or second
/// operation comes from the heap.
///
/// Threads: the caller sees to it that one operation has ended before the next begins.
class handler_memory {
public:
  handler_memory() = default;
  handler_memory(const handler_memory&) = delete;
  handler_memory& operator=(const handler_memory&) = delete;

  [[nodiscard]] void* allocate(std::size_t size) {
    if (in_use_ || size > sizeof storage_)
      return ::operator new(size);
    in_use_ = true;
    return &storage_;
  }

  void deallocate(void* pointer) noexcept {
    if (pointer == &storage_)
      in_use_ = false;
    else
      ::operator delete(pointer);
  }

private:
  alignas(std::max_align_t) std::byte storage_[160];
  bool in_use_ = false;
};

/// What Asio takes as the associated allocator of a handler.
template <class T>
class handler_allocator {
public:
  using value_type = T;

  explicit handler_allocator(handler_memory& memory) noexcept : memory_(&memory) {}

  template <class U>
  explicit(false) handler_allocator(const handler_allocator<U>& other) noexcept : memory_(other.memory_) {}

  [[nodiscard]] T* allocate(std::size_t count) { return static_cast<T*>(memory_->allocate(sizeof(T) * count)); }

  void deallocate(T* pointer, std::size_t) noexcept { memory_->deallocate(pointer); }

  friend bool operator==(const handler_allocator&, const handler_allocator&) = default;

private:
  template <class>
  friend class handler_allocator;

  handler_memory* memory_;
};

} // namespace actors::net::internal
