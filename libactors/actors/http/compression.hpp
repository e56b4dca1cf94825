#pragma once

#include <actors/http/handler.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

/// Compresses what a handler answers, for clients that accept it:
///
///     server site{compress(hello)};
///     server site{compress(pages, compress_options{}.codings({"gzip"}).min_size(256))};
///
/// Works for all three forms of handlers. A whole body is compressed in one go and sent with its new Content-Length, or
/// as it was if it does not get smaller. A body in pieces is compressed piece by piece, each flushed, so that the
/// client can use at once what was written; without Content-Length. Every answer that depends on the client's choice
/// gets `Vary: Accept-Encoding`; a strong ETag becomes weak, as the bytes are others (RFC 9110 §8.8.1), and a 304 names
/// the tag that the client has.
///
/// Left alone: small bodies, media types that are compressed already, answers with Content-Encoding, Content-Range, a
/// digest of their bytes or `Cache-Control: no-transform`, and 1xx, 204, 206 and 304. A HEAD whose handler gives only
/// the Content-Length of the body is not compressed either, as its size could not be told.
///
/// Threads: bodies and pieces above `inline_limit` are compressed in the blocking pool, so that no worker is held; a
/// wrapped plain handler is called like one that may wait. Cancellation: at once, or when the piece is compressed.
/// Memory: about 256 KiB (gzip) or 1 MiB (br) while a body is being compressed.
///
/// Security: where a secret and something that an attacker can choose stand in one compressed body, the size tells the
/// secret (BREACH). Exempt such resources with `skip_when`, or keep secrets out of bodies by masking them anew each
/// time. Source: RFC 9110 §8.4, §12.5.3.
///
/// @snippet examples/http.cpp site
namespace actors::http {

class compress_options {
public:
  /// "br" and "gzip", the preferred first; both in this order unless set. @throws error `invalid_value` for others.
  compress_options& codings(std::vector<std::string> value);

  /// 1 (fast) … 9 (small); 6.
  compress_options& gzip_level(int value) noexcept {
    gzip_level_ = value;
    return *this;
  }

  /// 0 (fast) … 11 (small); 4, which suits content made on demand.
  compress_options& brotli_level(int value) noexcept {
    brotli_level_ = value;
    return *this;
  }

  /// Bodies below are not worth it; 1024 bytes.
  compress_options& min_size(std::uint64_t value) noexcept {
    min_size_ = value;
    return *this;
  }

  /// Which bodies: media types, `type/*`, or `+suffix`. Unless set: text/*, +json, +xml, +text, and what else is known
  /// to be text, and fonts and programs that are not compressed.
  compress_options& media_types(std::vector<std::string> value) {
    media_types_ = std::move(value);
    return *this;
  }

  /// Requests whose answers are left alone.
  compress_options& skip_when(std::function<bool(const request&)> value) {
    skip_when_ = std::move(value);
    return *this;
  }

  /// Up to this size a body or piece is compressed on the worker; 32 KiB, which takes well below a millisecond.
  compress_options& inline_limit(std::size_t value) noexcept {
    inline_limit_ = value;
    return *this;
  }

  [[nodiscard]] const std::vector<std::string>& codings() const noexcept { return codings_; }

  [[nodiscard]] int gzip_level() const noexcept { return gzip_level_; }

  [[nodiscard]] int brotli_level() const noexcept { return brotli_level_; }

  [[nodiscard]] std::uint64_t min_size() const noexcept { return min_size_; }

  [[nodiscard]] const std::vector<std::string>& media_types() const noexcept { return media_types_; }

  [[nodiscard]] const std::function<bool(const request&)>& skip_when() const noexcept { return skip_when_; }

  [[nodiscard]] std::size_t inline_limit() const noexcept { return inline_limit_; }

private:
  std::vector<std::string> codings_{"br", "gzip"};
  std::vector<std::string> media_types_{"text/*",
                                        "+json",
                                        "+xml",
                                        "+text",
                                        "application/json",
                                        "application/javascript",
                                        "application/x-javascript",
                                        "application/ecmascript",
                                        "application/x-ndjson",
                                        "application/xml",
                                        "application/wasm",
                                        "application/x-www-form-urlencoded",
                                        "application/vnd.ms-fontobject",
                                        "font/ttf",
                                        "font/otf",
                                        "image/bmp",
                                        "image/x-icon"};
  std::function<bool(const request&)> skip_when_;
  std::uint64_t min_size_ = 1024;
  std::size_t inline_limit_ = std::size_t{32} * 1024;
  int gzip_level_ = 6;
  int brotli_level_ = 4;
};

/// A handler that compresses the answers of another one.
[[nodiscard]] handler compress(handler inner, compress_options options = {});

} // namespace actors::http
