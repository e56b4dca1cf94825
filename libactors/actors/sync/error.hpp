#pragma once

#include <stdexcept>
#include <string>

/// What the operations of `actors::sync` throw when they cannot succeed any more.
///
/// Misuse (one `task_done` too many, a release above the limit of a bounded semaphore, waiting on an object while it is
/// destroyed) is a `misuse_error`, as everywhere in the library.
namespace actors::sync {

/// A queue was shut down: it takes no more items, or has none left to give.
class queue_shut_down : public std::runtime_error {
public:
  queue_shut_down();
};

/// Why a channel cannot be used. The three kinds have different causes and call for different answers.
class channel_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// This end of the channel was closed by its own side.
class channel_closed : public channel_error {
public:
  explicit channel_closed(const std::string& end);
};

/// Nobody can receive any more: all receivers of the channel are closed.
class broken_channel : public channel_error {
public:
  broken_channel();
};

/// Everything was received, and nobody can send any more: all senders of the channel are closed.
class end_of_channel : public channel_error {
public:
  end_of_channel();
};

/// A barrier was aborted, or reset while tasks waited for it.
class broken_barrier : public std::runtime_error {
public:
  broken_barrier();
};

} // namespace actors::sync
