#include <actors/net/detail/stream_turns.hpp>

#include <actors/core/detail/at_end.hpp>

#include <algorithm>

namespace actors::net::detail {

namespace {

constexpr std::uint64_t largest_read = std::uint64_t{1} << 20;
constexpr std::size_t most_bytes_waiting = std::size_t{16} << 20;

} // namespace

task<std::string> read_turns::read(stream& from, std::uint64_t most) {
  const auto turn = co_await mutex_.lock();
  std::string buffer(static_cast<std::size_t>(std::min(most, largest_read)), '\0');
  const auto count = co_await from.read_some(buffer);
  buffer.resize(count);
  co_return buffer;
}

std::optional<std::size_t> write_turns::too_many(std::size_t size) const noexcept {
  if (waiting_ == 0 || size <= most_bytes_waiting - std::min(waiting_, most_bytes_waiting))
    return std::nullopt;
  return waiting_;
}

task<void> write_turns::write(stream& to, std::string data) {
  waiting_ += data.size();
  const actors::detail::at_end uncount([this, size = data.size()] { waiting_ -= size; });
  const auto turn = co_await mutex_.lock();
  co_await to.write_all(data);
}

} // namespace actors::net::detail
