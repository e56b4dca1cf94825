#include <actors/web/protected_value.hpp>

#include <actors/core/error.hpp>
#include <actors/web/constant_time.hpp>
#include <actors/web/internal/base64url.hpp>
#include <actors/web/internal/crypto.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace actors::web {

namespace {

constexpr std::size_t least_secret = 32;
constexpr std::size_t salt_size = 16;
constexpr std::size_t time_size = 8;

/// Clocks of several machines may differ.
constexpr std::chrono::seconds most_ahead{60};

std::string bytes_of_time(wall_time when) {
  const auto seconds =
      static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count());
  std::string result;
  for (int shift = 56; shift >= 0; shift -= 8)
    result.push_back(static_cast<char>(seconds >> shift & 255));
  return result;
}

std::chrono::sys_seconds time_of_bytes(std::string_view bytes) {
  std::uint64_t seconds = 0;
  for (const char c : bytes)
    seconds = seconds << 8 | static_cast<unsigned char>(c);
  return std::chrono::sys_seconds{std::chrono::seconds{static_cast<std::int64_t>(seconds)}};
}

bool is_in_time(std::string_view bytes, std::optional<std::chrono::seconds> max_age, wall_time now) {
  // The bytes are ours, so that the time is one that a clock has shown.
  const auto age = std::chrono::floor<std::chrono::seconds>(now) - time_of_bytes(bytes);
  return age >= -most_ahead && (!max_age || age <= *max_age);
}

} // namespace

key_ring::key_ring(std::string secret, std::vector<std::string> former) {
  former.insert(former.begin(), std::move(secret));
  for (const auto& item : former)
    if (item.size() < least_secret)
      throw misuse_error("a secret of " + std::to_string(item.size()) + " bytes; at least " +
                         std::to_string(least_secret) + " are needed");
  secrets_ = std::make_shared<const std::vector<std::string>>(std::move(former));
}

value_signer::value_signer(const key_ring& keys, std::string_view purpose) {
  std::vector<std::string> derived;
  for (const auto& secret : keys.secrets())
    derived.push_back(internal::hkdf(secret, "", std::string{"libactors signed value 1 "}.append(purpose), 32));
  keys_ = std::make_shared<const std::vector<std::string>>(std::move(derived));
}

std::string value_signer::protect(std::string_view value, wall_time now) const {
  auto result = internal::base64url_encode(value);
  result.append(".").append(internal::base64url_encode(bytes_of_time(now)));
  const auto signature = internal::hmac(internal::hash::sha256, keys_->front(), result);
  return result.append(".").append(internal::base64url_encode(signature));
}

std::optional<std::string> value_signer::recover(std::string_view text, std::optional<std::chrono::seconds> max_age,
                                                 wall_time now) const {
  const auto end = text.rfind('.');
  if (end == std::string_view::npos)
    return std::nullopt;
  const auto signed_text = text.substr(0, end);
  const auto signature = internal::base64url_decode(text.substr(end + 1));
  if (!signature)
    return std::nullopt;
  bool is_ours = false;
  for (const auto& key : *keys_)
    is_ours = is_ours || equal_in_constant_time(internal::hmac(internal::hash::sha256, key, signed_text), *signature);
  if (!is_ours)
    return std::nullopt;
  const auto middle = signed_text.find('.');
  const auto time = internal::base64url_decode(signed_text.substr(middle + 1));
  if (!time || !is_in_time(*time, max_age, now))
    return std::nullopt;
  return internal::base64url_decode(signed_text.substr(0, middle));
}

value_sealer::value_sealer(const key_ring& keys, std::string_view purpose)
    : keys_(keys), info_(std::string{"libactors sealed value 1 "}.append(purpose)) {}

std::string value_sealer::protect(std::string_view value, wall_time now) const {
  auto bytes = internal::random_bytes(salt_size);
  const auto key = internal::hkdf(keys_.secrets().front(), bytes, info_, internal::aead_key_size);
  bytes.append(bytes_of_time(now));
  const auto head = bytes;
  internal::aead_seal(key, head, value, bytes);
  return internal::base64url_encode(bytes);
}

std::optional<std::string> value_sealer::recover(std::string_view text, std::optional<std::chrono::seconds> max_age,
                                                 wall_time now) const {
  const auto bytes = internal::base64url_decode(text);
  if (!bytes || bytes->size() < salt_size + time_size + internal::aead_tag_size)
    return std::nullopt;
  const auto all = std::string_view{*bytes};
  const auto head = all.substr(0, salt_size + time_size);
  for (const auto& secret : keys_.secrets()) {
    const auto key = internal::hkdf(secret, head.substr(0, salt_size), info_, internal::aead_key_size);
    if (auto value = internal::aead_open(key, head, all.substr(head.size()))) {
      if (!is_in_time(head.substr(salt_size), max_age, now))
        return std::nullopt;
      return value;
    }
  }
  return std::nullopt;
}

std::optional<wall_time> value_sealer::time_of(std::string_view text) {
  const auto bytes = internal::base64url_decode(text);
  if (!bytes || bytes->size() < salt_size + time_size)
    return std::nullopt;
  const auto when = time_of_bytes(std::string_view{*bytes}.substr(salt_size, time_size));
  constexpr std::chrono::sys_seconds last{std::chrono::floor<std::chrono::seconds>(wall_time::max())};
  if (when < std::chrono::sys_seconds{} || when > last)
    return std::nullopt;
  return when;
}

std::size_t value_sealer::protected_size(std::size_t size) noexcept {
  return ((salt_size + time_size + size + internal::aead_tag_size) * 4 + 2) / 3;
}

} // namespace actors::web
