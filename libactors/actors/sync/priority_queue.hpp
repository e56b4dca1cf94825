#pragma once

#include <actors/sync/queue.hpp>

#include <cstddef>
#include <functional>
#include <utility>

namespace actors::sync {

/// A queue that gives the item first which `Compare` puts before all others: with `std::less` the smallest, as
/// asyncio's `PriorityQueue` and unlike `std::priority_queue`. Equal items come in the order in which they were put.
/// All else is as in `queue`; putting and taking are O(log n). An error that `Compare` throws comes out of the
/// operation that compared.
template <class T, class Compare = std::less<T>>
class priority_queue : public basic_queue<T, detail::best_first<T, Compare>> {
public:
  explicit priority_queue(std::size_t maxsize = unbounded, Compare compare = Compare{})
      : basic_queue<T, detail::best_first<T, Compare>>(maxsize, detail::best_first<T, Compare>{std::move(compare)}) {}
};

} // namespace actors::sync
