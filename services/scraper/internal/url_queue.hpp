#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

namespace services::scraper::internal {

/// A FIFO queue of URLs of one origin with their depths, packed into blocks: a few bytes more than the text behind the
/// origin each, where a `std::deque<std::string>` needs 32 bytes and an allocation more.
class url_queue {
public:
  struct item {
    std::string_view text;
    std::uint32_t depth;
  };

  void push(std::string_view text, std::uint32_t depth);

  /// The oldest item; valid until the next change. There must be one.
  [[nodiscard]] item front() const noexcept;

  /// Removes the oldest item.
  void pop() noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

private:
  /// Where the text of the oldest item starts and ends, and its depth.
  struct header {
    std::size_t begin;
    std::size_t end;
    std::uint32_t depth;
  };

  [[nodiscard]] header read_front() const noexcept;

  std::deque<std::string> blocks_;
  std::size_t first_ = 0; // offset of the oldest item in the first block
  std::size_t size_ = 0;
};

} // namespace services::scraper::internal
