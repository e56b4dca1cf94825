#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace actors::sync::detail {

/// An item with its place in the order in which items were put. Can be assigned even if the item cannot.
template <class T>
struct numbered {
  numbered(std::uint64_t place, T&& item) : number(place), value(std::move(item)) {}

  numbered(numbered&&) = default;

  numbered& operator=(numbered&& other) noexcept {
    number = other.number;
    if constexpr (std::is_move_assignable_v<T>) {
      value = std::move(other.value);
    } else if (this != &other) {
      std::destroy_at(&value);
      std::construct_at(&value, std::move(other.value));
    }
    return *this;
  }

  ~numbered() = default;

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
  [[nodiscard]] std::optional<entry> withdraw(std::uint64_t number) { return withdraw_numbered(entries_, number); }

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

  [[nodiscard]] std::optional<entry> withdraw(std::uint64_t number) { return withdraw_numbered(entries_, number); }

private:
  std::vector<entry> entries_;
};

/// The one that `Compare` puts before all others; among equals the oldest. A binary heap that compares first and moves
/// then, so that a comparison that throws changes nothing.
template <class T, class Compare>
class best_first {
public:
  using entry = numbered<T>;

  explicit best_first(Compare compare) : compare_(std::move(compare)) {}

  [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }

  void put(entry&& item) {
    const auto place = place_above(heap_.size(), item);
    heap_.push_back(std::move(item));
    for (auto at = heap_.size() - 1; at != place; at = parent(at))
      std::swap(heap_[at], heap_[parent(at)]);
  }

  [[nodiscard]] entry take() { return take_at(0); }

  void put_back(entry&& item) { put(std::move(item)); }

  [[nodiscard]] std::optional<entry> withdraw(std::uint64_t number) {
    const auto found = std::find_if(heap_.begin(), heap_.end(), [&](const auto& e) { return e.number == number; });
    if (found == heap_.end())
      return std::nullopt;
    return take_at(static_cast<std::size_t>(found - heap_.begin()));
  }

private:
  [[nodiscard]] static std::size_t parent(std::size_t at) noexcept { return (at - 1) / 2; }

  [[nodiscard]] bool before(const entry& a, const entry& b) const {
    if (compare_(a.value, b.value))
      return true;
    return a.number < b.number && !compare_(b.value, a.value);
  }

  /// Where `item` comes to rest when it rises from `at`.
  [[nodiscard]] std::size_t place_above(std::size_t at, const entry& item) const {
    while (at > 0 && before(item, heap_[parent(at)]))
      at = parent(at);
    return at;
  }

  /// Where `item` comes to rest when it sinks from `at` in a heap of `size`.
  [[nodiscard]] std::size_t place_below(std::size_t at, const entry& item, std::size_t size) const {
    for (;;) {
      auto child = 2 * at + 1;
      if (child >= size)
        return at;
      if (child + 1 < size && before(heap_[child + 1], heap_[child]))
        ++child;
      if (!before(heap_[child], item))
        return at;
      at = child;
    }
  }

  /// The last one fills the gap: it rises from there or sinks.
  [[nodiscard]] entry take_at(std::size_t gap) {
    const auto last = heap_.size() - 1;
    const auto above = gap == last ? gap : place_above(gap, heap_[last]);
    const auto below = gap == last || above != gap ? gap : place_below(gap, heap_[last], last);
    entry result{std::move(heap_[gap])};
    if (gap != last)
      heap_[gap] = std::move(heap_[last]);
    heap_.pop_back();
    for (auto at = gap; at != above; at = parent(at))
      std::swap(heap_[at], heap_[parent(at)]);
    rotate_up(gap, below);
    return result;
  }

  /// Moves what is at `top` down to `bottom`, and those on the way up.
  void rotate_up(std::size_t top, std::size_t bottom) noexcept {
    if (top == bottom)
      return;
    const auto over = parent(bottom);
    rotate_up(top, over);
    std::swap(heap_[over], heap_[bottom]);
  }

  std::vector<entry> heap_;
  [[no_unique_address]] Compare compare_;
};

} // namespace actors::sync::detail
