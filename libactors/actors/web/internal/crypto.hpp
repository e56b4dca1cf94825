#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// The few algorithms that cookies and tokens are protected with, on OpenSSL.
///
/// Bytes are in strings. Errors: `std::runtime_error` with OpenSSL's words where it fails by itself, which it does
/// only without memory or random numbers.
namespace actors::web::internal {

/// From the system's generator.
[[nodiscard]] std::string random_bytes(std::size_t count);

enum class hash : unsigned char { sha256, sha384, sha512 };

[[nodiscard]] constexpr std::size_t size_of(hash which) noexcept {
  return which == hash::sha256 ? 32 : which == hash::sha384 ? 48 : 64;
}

[[nodiscard]] std::string hmac(hash which, std::string_view key, std::string_view text);

/// HKDF with SHA-256 (RFC 5869).
[[nodiscard]] std::string hkdf(std::string_view secret, std::string_view salt, std::string_view info, std::size_t size);

constexpr std::size_t aead_key_size = 32;
constexpr std::size_t aead_tag_size = 16;

/// Appends what AES-256-GCM makes of `plain`, and the tag, to `to`. The nonce is zero: `key` is for one message only.
void aead_seal(std::string_view key, std::string_view associated, std::string_view plain, std::string& to);

/// The way back; nothing if a bit of anything differs.
[[nodiscard]] std::optional<std::string> aead_open(std::string_view key, std::string_view associated,
                                                   std::string_view sealed);

/// Throws what OpenSSL has to say about a failure of `what`.
[[noreturn]] void throw_crypto_error(std::string_view what);

[[nodiscard]] inline const unsigned char* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

[[nodiscard]] inline unsigned char* bytes_of(std::string& text) noexcept {
  return reinterpret_cast<unsigned char*>(text.data());
}

/// Deleters for OpenSSL's objects.
template <auto Free>
struct free_by {
  template <class T>
  void operator()(T* what) const noexcept {
    Free(what);
  }
};

} // namespace actors::web::internal
