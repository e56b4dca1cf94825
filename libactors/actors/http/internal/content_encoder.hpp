#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace actors::http::internal {

/// Streaming encoder of one content coding: gzip or br.
///
/// Memory: gzip up to 256 KiB, br about 1 MiB (a window of 256 KiB), less for content that is known to be small. Throws
/// `std::bad_alloc` only. Source: RFC 1952, RFC 7932.
class content_encoder {
public:
  enum class flush : std::uint8_t {
    none,   ///< put out what fills a block
    sync,   ///< put out all, so that the receiver can decode what came so far
    finish, ///< put out all and end the content
  };

  content_encoder() = default;
  content_encoder(const content_encoder&) = delete;
  content_encoder& operator=(const content_encoder&) = delete;
  virtual ~content_encoder() = default;

  /// For "gzip" (levels 1 … 9) or "br" (0 … 11); null for other names. `size` is that of the content, if it is known.
  [[nodiscard]] static std::unique_ptr<content_encoder> make(std::string_view coding, int level,
                                                             std::optional<std::uint64_t> size = {});

  /// Appends to `out` what comes of `in`.
  virtual void encode(std::string_view in, flush how, std::string& out) = 0;
};

} // namespace actors::http::internal
