#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

namespace actors::sync::detail {

/// An item with its place in the order in which items were put.
template <class T>
struct numbered {
  std::uint64_t number;
  T value;
};

/// Takes the item with this number out of entries whose numbers grow, if it is still there.
template <class Entries>
[[nodiscard]] std::optional<typename Entries::value_type> withdraw_numbered(Entries& entries, std::uint64_t number) {
  // It is among the youngest.
  const auto found = std::find_if(entries.rbegin(), entries.rend(), [&](const auto& e) { return e.number == number; });
  if (found == entries.rend())
    return std::nullopt;
  std::optional<typename Entries::value_type> result{std::move(*found)};
  entries.erase(std::next(found).base());
  return result;
}

/// Which item a queue gives next: the oldest.
template <class T>
class first_in_first_out {
public:
  using entry = numbered<T>;

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

  void put(entry&& item) { entries_.push_back(std::move(item)); }

  /// There must be one.
  [[nodiscard]] entry take() {
    entry result{std::move(entries_.front())};
    entries_.pop_front();
    return result;
  }

  /// Puts what `take` gave last in front again.
  void put_back(entry&& item) { entries_.push_front(std::move(item)); }

  /// Takes out the item with this number if it is still there.
  [[nodiscard]] std::optional<entry> withdraw(std::uint64_t number) {
    return withdraw_numbered(entries_, number);
  }

private:
  std::deque<entry> entries_;
};

/// The youngest.
template <class T>
class last_in_first_out {
public:
  using entry = numbered<T>;

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

  void put(entry&& item) { entries_.push_back(std::move(item)); }

  [[nodiscard]] entry take() {
    entry result{std::move(entries_.back())};
    entries_.pop_back();
    return result;
  }

  void put_back(entry&& item) { entries_.push_back(std::move(item)); }

  [[nodiscard]] std::optional<entry> withdraw(std::uint64_t number) {
    return withdraw_numbered(entries_, number);
  }

private:
  std::vector<entry> entries_;
};

/// The one that `Compare` puts before all others; among equals the oldest.
template <class T, class Compare>
class best_first {
public:
  using entry = numbered<T>;

  explicit best_first(Compare compare) : behind_(std::move(compare)) {}

  [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }

  void put(entry&& item) {
    heap_.push_back(std::move(item));
    std::push_heap(heap_.begin(), heap_.end(), behind_);
  }

  [[nodiscard]] entry take() {
    std::pop_heap(heap_.begin(), heap_.end(), behind_);
    entry result{std::move(heap_.back())};
    heap_.pop_back();
    return result;
  }

  void put_back(entry&& item) { put(std::move(item)); }

  [[nodiscard]] std::optional<entry> withdraw(std::uint64_t number) {
    const auto found = std::find_if(heap_.begin(), heap_.end(), [&](const auto& e) { return e.number == number; });
    if (found == heap_.end())
      return std::nullopt;
    std::optional<entry> result{std::move(*found)};
    if (std::next(found) != heap_.end())
      *found = std::move(heap_.back());
    heap_.pop_back();
    std::make_heap(heap_.begin(), heap_.end(), behind_);
    return result;
  }

private:
  /// The order of the heap functions, which keep the greatest in front.
  class behind {
  public:
    explicit behind(Compare compare) : compare_(std::move(compare)) {}

    [[nodiscard]] bool operator()(const entry& a, const entry& b) const {
      if (compare_(b.value, a.value))
        return true;
      return !compare_(a.value, b.value) && b.number < a.number;
    }

  private:
    [[no_unique_address]] Compare compare_;
  };

  std::vector<entry> heap_;
  behind behind_;
};

} // namespace actors::sync::detail
