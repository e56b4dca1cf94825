#pragma once

#include <actors/core/task.hpp>
#include <actors/net/stream.hpp>
#include <actors/sync/mutex.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

/// How messages share a stream: those that read, and those that write, one after the other in the order in which they
/// came. For the handlers of one actor.
namespace actors::net::detail {

class read_turns {
public:
  /// What is there, at most `most` bytes and 1 MiB; waits if there is nothing. Empty at the end of the stream.
  [[nodiscard]] task<std::string> read(stream& from, std::uint64_t most);

private:
  sync::mutex mutex_;
};

class write_turns {
public:
  /// The bytes that wait already, if `size` more would be over 16 MiB. The first to wait may be of any size.
  [[nodiscard]] std::optional<std::size_t> too_many(std::size_t size) const noexcept;

  [[nodiscard]] task<void> write(stream& to, std::string data);

  /// Waits until all writes from before are done, and holds back those that come until the guard goes.
  [[nodiscard]] task<sync::mutex::guard> next() { return mutex_.lock(); }

private:
  sync::mutex mutex_;
  std::size_t waiting_ = 0;
};

} // namespace actors::net::detail
