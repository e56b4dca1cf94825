#pragma once

#include <actors/http/internal/spare_of_thread.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace actors::http::internal {

/// Where a connection of the server reads to. A connection that waits for input holds none where its stream can wait
/// without (`net::detail::input`): the thread has one at hand, which many connections use in turn and which so stays in
/// the cache. For other streams it is small, and grows for clients that send more than it takes.
class read_buffer {
public:
  static constexpr std::size_t small = std::size_t{2} * 1024;
  static constexpr std::size_t big = std::size_t{16} * 1024;

  /// Empty without room.
  [[nodiscard]] std::span<char> room() noexcept { return {bytes_.get(), size_}; }

  /// A big one, of the thread if it has one.
  void borrow() {
    if (size_ == big)
      return;
    bytes_ = spare_of_thread<std::unique_ptr<char[]>, 2>::take();
    if (!bytes_)
      bytes_ = std::make_unique_for_overwrite<char[]>(big);
    size_ = big;
  }

  void release() noexcept {
    if (std::exchange(size_, 0) == big)
      spare_of_thread<std::unique_ptr<char[]>, 2>::give(std::move(bytes_));
    bytes_.reset();
  }

  /// Of exactly this size; what was in it is gone if it was another.
  void resize(std::size_t size) {
    if (size == size_)
      return;
    bytes_ = std::make_unique_for_overwrite<char[]>(size);
    size_ = size;
  }

private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
};

} // namespace actors::http::internal
