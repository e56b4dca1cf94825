#pragma once

#include <actors/core/task.hpp>
#include <actors/http/client.hpp>
#include <services/scraper/links.hpp>
#include <services/scraper/store.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace services::scraper::internal {

/// The bounds on one page, in bytes as transferred and as decoded.
inline constexpr std::size_t max_page_size = 8 << 20;

/// What became of one request.
class page_fetch {
public:
  page_fetch() = default;

  page_record page;
  std::vector<page_link> follow;     ///< links that may be followed
  std::optional<page_link> redirect; ///< where a 3xx leads
  std::size_t bytes = 0;             ///< of the body
  bool worth_retrying = false;       ///< a connection error, 429 or 5xx
  std::optional<std::chrono::seconds> retry_after;
};

/// Fetches one URL and takes apart what comes. Throws nothing but `cancelled` (and `std::bad_alloc`).
[[nodiscard]] actors::task<page_fetch> fetch_page(actors::http::client web, std::string url);

/// The longest time that a site may keep us away with Retry-After.
inline constexpr std::chrono::seconds longest_retry_after{300};

/// Retry-After of a response, cut to `longest_retry_after`.
[[nodiscard]] std::optional<std::chrono::seconds> retry_after(const actors::http::response& head);

/// Whether a response with this status may be different soon.
[[nodiscard]] constexpr bool is_temporary(int status) noexcept {
  return status == 429 || status >= 500;
}

} // namespace services::scraper::internal
