#include <actors/testing/internal/memory_pipe.hpp>

#include <algorithm>
#include <utility>

namespace actors::testing::internal {

memory_pipe::memory_pipe(std::size_t capacity, const stream_faults& faults)
    : capacity_(capacity), faults_(faults), random_(faults.seed()) {}

std::size_t memory_pipe::next_piece(std::size_t wanted) {
  auto most = faults_.largest_piece();
  if (faults_.has_random_pieces())
    most = 1 + random_() % most;
  return std::min(wanted, most);
}

memory_pipe::read_result memory_pipe::read(std::span<char> buffer, time_point now) {
  read_result result;
  if (segments_.empty() || segments_.front().arrival > now) {
    if (segments_.empty() && state_ != state::open && end_arrival_ <= now)
      result.state_after = state_;
    return result;
  }
  const auto wanted = next_piece(buffer.size());
  while (result.count < wanted && !segments_.empty() && segments_.front().arrival <= now) {
    auto& front = segments_.front();
    const auto count = std::min(wanted - result.count, front.bytes.size() - front.taken);
    std::copy_n(front.bytes.begin() + static_cast<std::ptrdiff_t>(front.taken), count,
                buffer.begin() + static_cast<std::ptrdiff_t>(result.count));
    front.taken += count;
    result.count += count;
    queued_ -= count;
    if (front.taken == front.bytes.size())
      segments_.pop_front();
  }
  return result;
}

std::size_t memory_pipe::write(std::string_view data, time_point now) {
  auto count = std::min(data.size(), capacity_ - queued_);
  if (count == 0)
    return 0;
  count = next_piece(count);
  count = static_cast<std::size_t>(std::min<std::uint64_t>(count, faults_.cut_after() - written_));
  std::string bytes{data.substr(0, count)};
  const auto& corrupted = faults_.corrupted();
  for (auto i = std::lower_bound(corrupted.begin(), corrupted.end(), written_);
       i != corrupted.end() && *i < written_ + count; ++i)
    bytes[static_cast<std::size_t>(*i - written_)] ^= '\xff';
  written_ += count;
  queued_ += count;
  segments_.emplace_back(std::move(bytes), saturating_add(now, faults_.delay()));
  return count;
}

std::optional<time_point> memory_pipe::readable_at() const noexcept {
  if (!segments_.empty())
    return segments_.front().arrival;
  if (state_ != state::open)
    return end_arrival_;
  return std::nullopt;
}

void memory_pipe::end(state how, time_point now) noexcept {
  if (state_ != state::open)
    return;
  state_ = how;
  end_arrival_ = saturating_add(now, faults_.delay());
}

void memory_pipe::abandon() noexcept {
  reader_gone_ = true;
  segments_.clear();
  queued_ = 0;
}

} // namespace actors::testing::internal
