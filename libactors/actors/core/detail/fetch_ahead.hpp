#pragma once

#include <cstddef>

namespace actors::detail {

/// Asks the processor to bring memory into its cache. Reads nothing: any address will do; null asks for nothing.
inline void fetch_ahead(const void* begin, std::size_t size) noexcept {
  constexpr std::size_t line = 64;
  if (begin == nullptr)
    return;
  for (std::size_t at = 0; at < size; at += line)
    __builtin_prefetch(static_cast<const char*>(begin) + at);
}

} // namespace actors::detail
