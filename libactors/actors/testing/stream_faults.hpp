#pragma once

#include <actors/core/fwd.hpp>
#include <actors/testing/fault_points.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace actors::testing {

/// How a connection is cut.
enum class cut {
  /// Both sides find the end of the stream, as if the other had closed.
  end,
  /// Both sides get "connection reset by peer".
  reset,
};

/// What one direction of an in-memory connection does to the bytes. Settings combine; offsets count the bytes of that
/// direction from 0.
class stream_faults {
public:
  stream_faults() = default;

  /// Every byte, and the end of the stream, arrives so much later, on the clock of the runtime.
  stream_faults& delay(duration value) noexcept {
    delay_ = value;
    return *this;
  }

  /// A read gives, and a write takes, at most so many bytes at a time; at least 1.
  stream_faults& pieces(std::size_t most) noexcept {
    most_ = std::max<std::size_t>(most, 1);
    return *this;
  }

  /// As `pieces`, but each has its own size between 1 and `most`, drawn from a generator with this seed.
  stream_faults& random_pieces(std::uint64_t seed, std::size_t most) noexcept {
    random_ = true;
    seed_ = seed;
    return pieces(most);
  }

  /// Inverts all bits of the byte at this offset. Call again for more bytes.
  stream_faults& corrupt(std::uint64_t offset) {
    corrupted_.insert(std::upper_bound(corrupted_.begin(), corrupted_.end(), offset), offset);
    return *this;
  }

  /// Lets so many bytes through, then breaks the connection in both directions.
  stream_faults& cut_after(std::uint64_t bytes, cut how = cut::reset) noexcept {
    cut_after_ = bytes;
    cut_ = how;
    return *this;
  }

  /// Each write is an operation of the fault point `name.write`, each read of these bytes one of `name.read`. One that
  /// has to fail throws `net_error` with the point's code and changes nothing; the connection lives on.
  stream_faults& points(fault_points value, const std::string& name) {
    points_ = std::move(value);
    write_point_ = name + ".write";
    read_point_ = name + ".read";
    return *this;
  }

  [[nodiscard]] duration delay() const noexcept { return delay_; }

  [[nodiscard]] std::size_t largest_piece() const noexcept { return most_; }

  [[nodiscard]] bool has_random_pieces() const noexcept { return random_; }

  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }

  /// In rising order.
  [[nodiscard]] const std::vector<std::uint64_t>& corrupted() const noexcept { return corrupted_; }

  [[nodiscard]] std::uint64_t cut_after() const noexcept { return cut_after_; }

  [[nodiscard]] cut kind_of_cut() const noexcept { return cut_; }

  /// What a read, or a write, has to fail with; counts it.
  [[nodiscard]] std::optional<std::error_code> hit_read() const {
    return points_ ? points_->hit(read_point_) : std::nullopt;
  }

  [[nodiscard]] std::optional<std::error_code> hit_write() const {
    return points_ ? points_->hit(write_point_) : std::nullopt;
  }

private:
  std::optional<fault_points> points_;
  std::string write_point_;
  std::string read_point_;
  duration delay_{0};
  std::size_t most_ = std::numeric_limits<std::size_t>::max();
  bool random_ = false;
  std::uint64_t seed_ = 0;
  std::vector<std::uint64_t> corrupted_;
  std::uint64_t cut_after_ = std::numeric_limits<std::uint64_t>::max();
  cut cut_ = cut::reset;
};

} // namespace actors::testing
