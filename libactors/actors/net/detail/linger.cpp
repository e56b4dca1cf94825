#include <actors/net/detail/linger.hpp>

#include <actors/core/timeout.hpp>
#include <actors/net/error.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

namespace actors::net::detail {

namespace {

constexpr auto longest = std::chrono::seconds(2);
constexpr std::size_t most = std::size_t{1} << 20;

} // namespace

task<void> discard_input(stream& from) {
  std::array<char, 4096> buffer{};
  std::size_t left = most;
  try {
    while (left > 0) {
      const auto size = co_await from.read_some(buffer);
      if (size == 0)
        break;
      left -= std::min(left, size);
    }
  } catch (const net_error&) {
    // It has gone.
  }
}

task<void> linger(stream& over) {
  try {
    over.shutdown_write();
  } catch (const net_error&) {
    co_return;
  }
  auto input = discard_input(over);
  static_cast<void>(co_await move_on_after(longest, std::move(input)));
}

} // namespace actors::net::detail
