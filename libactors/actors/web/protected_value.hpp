#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Values that travel through a stranger's hands and come back unchanged: in cookies, links and forms.
///
///     const key_ring keys{secret};                                   // 32 random bytes or more, from the
///     configuration const value_signer links{keys, "unsubscribe"}; const auto text = links.protect("user-17"); // can
///     be read, not changed links.recover(text, std::chrono::hours(24));                   // "user-17" for a day const
///     value_sealer cookies{keys, "session"};                   // can neither be read nor changed
///
/// The text is of letters, digits, `-`, `_` and `.`, fit for cookies, targets and fields. What was changed, cut, made
/// with another secret or for another purpose, or is too old, gives nothing; so does what comes from the future by more
/// than a minute.
///
/// Rotation: a ring may hold former secrets, which are accepted and no longer used; give the new one first, wait until
/// what the old one made has ended, then remove that.
///
/// Threads: values, copies share the keys. Errors: `misuse_error` for a secret below 32 bytes: words that people
/// remember are no secret here. Cost: some microseconds. The size of the text tells that of the value.
///
/// How: each purpose has keys of its own, and each sealed value one too, derived from the secret with a random salt by
/// HKDF-SHA-256 (RFC 5869); HMAC-SHA-256, AES-256-GCM (NIST SP 800-38D).
namespace actors::web {

/// Secrets, the first of which is used and all of which are accepted.
class key_ring {
public:
  explicit key_ring(std::string secret, std::vector<std::string> former = {});

  /// The one in use first.
  [[nodiscard]] const std::vector<std::string>& secrets() const noexcept { return *secrets_; }

private:
  std::shared_ptr<const std::vector<std::string>> secrets_;
};

/// Times in protected values are of this clock; whole seconds are kept.
using wall_time = std::chrono::system_clock::time_point;

/// Signs: the value can be read by everybody, and changed by nobody.
class value_signer {
public:
  /// `purpose` keeps what was signed for one thing from being used for another.
  explicit value_signer(const key_ring& keys, std::string_view purpose);

  [[nodiscard]] std::string protect(std::string_view value, wall_time now = std::chrono::system_clock::now()) const;

  /// The value, if it is ours and not older than `max_age`.
  [[nodiscard]] std::optional<std::string> recover(std::string_view text,
                                                   std::optional<std::chrono::seconds> max_age = {},
                                                   wall_time now = std::chrono::system_clock::now()) const;

private:
  std::shared_ptr<const std::vector<std::string>> keys_;
};

/// Encrypts and signs: the value can be read and changed by nobody.
class value_sealer {
public:
  explicit value_sealer(const key_ring& keys, std::string_view purpose);

  [[nodiscard]] std::string protect(std::string_view value, wall_time now = std::chrono::system_clock::now()) const;

  [[nodiscard]] std::optional<std::string> recover(std::string_view text,
                                                   std::optional<std::chrono::seconds> max_age = {},
                                                   wall_time now = std::chrono::system_clock::now()) const;

  /// When a text says that it was made, before it is known to be ours.
  [[nodiscard]] static std::optional<wall_time> time_of(std::string_view text);

  /// How long the text for a value of `size` bytes is.
  [[nodiscard]] static std::size_t protected_size(std::size_t size) noexcept;

private:
  key_ring keys_;
  std::string info_;
};

} // namespace actors::web
