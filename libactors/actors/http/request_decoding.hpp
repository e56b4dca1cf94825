#pragma once

#include <actors/http/handler.hpp>

#include <cstddef>
#include <cstdint>

/// Decodes compressed bodies of requests, so that a handler never sees a Content-Encoding:
///
///     server site{decode_requests(upload, decode_options{}.max_size(1 << 20))};
///
/// Knows gzip, deflate, br and up to four of them one over the other. The decoded request has neither Content-Encoding
/// nor Content-Length. Requests without Content-Encoding pass as they are; the server's own limits are theirs.
///
/// Errors: a body that decodes to more than `max_size` is answered with 413, an unknown coding with 415 and an
/// Accept-Encoding that names the known ones (RFC 9110 §15.5.16), corrupt or truncated data with 400; the handler does
/// not see them. Only one that reads its request in pieces does: `server_exchange::read_some` throws `error`
/// (`decoded_too_large`, `corrupt_content`, `truncated_content`), and what the handler lets through is answered so.
///
/// Cost: a bomb costs the memory of `max_size`, or, read in pieces, that of one piece of 16 KiB and the decoder's
/// window. Threads: what is or decodes to more than 64 KiB is decoded in the blocking pool; of pieces every sixteenth
/// is. Cancellation: at once, or when the decoding has ended.
///
/// @snippet examples/http.cpp handlers
namespace actors::http {

class decode_options {
public:
  /// Bytes after decoding; 16 MiB.
  decode_options& max_size(std::uint64_t value) noexcept {
    max_size_ = value;
    return *this;
  }

  [[nodiscard]] std::uint64_t max_size() const noexcept { return max_size_; }

private:
  std::uint64_t max_size_ = std::uint64_t{16} * 1024 * 1024;
};

/// A handler that gets decoded requests.
[[nodiscard]] handler decode_requests(handler inner, decode_options options = {});

} // namespace actors::http
