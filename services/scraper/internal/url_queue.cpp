#include <services/scraper/internal/url_queue.hpp>

namespace services::scraper::internal {

namespace {

constexpr std::size_t block_size = 4096;
constexpr std::size_t header_limit = 10; // two numbers of up to 32 bits, seven bits a byte

void put_number(std::string& out, std::uint32_t x) {
  while (x >= 0x80) {
    out += static_cast<char>(x | 0x80);
    x >>= 7;
  }
  out += static_cast<char>(x);
}

std::uint32_t get_number(const std::string& in, std::size_t& at) noexcept {
  std::uint32_t x = 0;
  for (auto shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(in[at++]);
    x |= static_cast<std::uint32_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0)
      return x;
  }
}

} // namespace

void url_queue::push(std::string_view text, std::uint32_t depth) {
  // Blocks of one host with few URLs stay small; full ones are not reallocated again.
  if (blocks_.empty() || blocks_.back().size() + text.size() + header_limit > block_size)
    blocks_.emplace_back();
  auto& block = blocks_.back();
  put_number(block, static_cast<std::uint32_t>(text.size()));
  put_number(block, depth);
  block += text;
  ++size_;
}

url_queue::header url_queue::read_front() const noexcept {
  const auto& block = blocks_.front();
  auto at = first_;
  const auto size = get_number(block, at);
  const auto depth = get_number(block, at);
  return {at, at + size, depth};
}

url_queue::item url_queue::front() const noexcept {
  const auto [begin, end, depth] = read_front();
  return {std::string_view{blocks_.front()}.substr(begin, end - begin), depth};
}

void url_queue::pop() noexcept {
  first_ = read_front().end;
  --size_;
  if (first_ == blocks_.front().size()) {
    blocks_.pop_front();
    first_ = 0;
  }
}

} // namespace services::scraper::internal
