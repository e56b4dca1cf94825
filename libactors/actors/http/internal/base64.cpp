#include <actors/http/internal/base64.hpp>

#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>

namespace actors::http::internal {

namespace {

/// OpenSSL counts in `int`.
constexpr std::size_t most = std::size_t{1} << 30;

const unsigned char* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) noexcept {
  return reinterpret_cast<unsigned char*>(text.data());
}

} // namespace

std::string base64_encode(std::string_view bytes) {
  if (bytes.size() > most)
    throw std::length_error("more than 1 GiB to write in base64");
  std::string result((bytes.size() + 2) / 3 * 4 + 1, '\0'); // OpenSSL ends it with a NUL
  const int length = EVP_EncodeBlock(bytes_of(result), bytes_of(bytes), static_cast<int>(bytes.size()));
  result.resize(static_cast<std::size_t>(length));
  return result;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0 || text.size() > most)
    return std::nullopt;
  std::string result(text.size() / 4 * 3, '\0');
  const int length = EVP_DecodeBlock(bytes_of(result), bytes_of(text), static_cast<int>(text.size()));
  if (length < 0)
    return std::nullopt;
  // OpenSSL counts the padding as zeros.
  const auto tail = text.substr(text.size() - std::min<std::size_t>(text.size(), 2));
  const auto padding = static_cast<std::size_t>(std::ranges::count(tail, '='));
  result.resize(static_cast<std::size_t>(length) - std::min(padding, static_cast<std::size_t>(length)));
  // One text for each value: no white space, no stray bits, no padding in the middle.
  if (base64_encode(result) != text)
    return std::nullopt;
  return result;
}

} // namespace actors::http::internal
