#pragma once

#include <actors/sync/queue.hpp>

#include <cstddef>

namespace actors::sync {

/// A queue that gives the youngest item first. All else is as in `queue`.
template <class T>
class lifo_queue : public basic_queue<T, detail::last_in_first_out<T>> {
public:
  explicit lifo_queue(std::size_t maxsize = unbounded) : basic_queue<T, detail::last_in_first_out<T>>(maxsize) {}
};

} // namespace actors::sync
