#pragma once

#include <actors/http/credentials.hpp>
#include <actors/http/internal/challenge.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace actors::http::internal {

/// What a server and a client have agreed on for digest authentication: how to answer each further request without
/// being asked again (RFC 7616 §3.3, §3.4).
class digest_session {
public:
  /// The best of the challenges that we can answer: SHA-256 before MD5; quality of protection `auth` or none.
  [[nodiscard]] static std::optional<digest_session> choose(const std::vector<challenge>& offered);

  /// The Authorization field of the next request. `cnonce` is used if there is none yet.
  [[nodiscard]] std::string answer(const credentials& who, std::string_view method, std::string_view target,
                                   std::string_view cnonce);

  /// Whether this challenge is for a nonce whose time is over, and not a refusal.
  [[nodiscard]] bool is_stale() const noexcept { return stale_; }

  [[nodiscard]] const std::string& nonce() const noexcept { return nonce_; }

  /// The nonce that the server wants to see next (Authentication-Info).
  void set_nonce(std::string value);

private:
  enum class algorithm : std::uint8_t { md5, sha256 };

  [[nodiscard]] static std::optional<digest_session> read(const challenge& from);
  [[nodiscard]] std::string hash(const std::string& text) const;

  algorithm algorithm_ = algorithm::md5;
  std::string algorithm_name_; // as the server wrote it, empty if it did not
  std::string realm_;
  std::string nonce_;
  std::optional<std::string> opaque_;
  std::string cnonce_;
  std::string session_key_; // of the -sess algorithms: the first hash with the first nonce
  std::uint32_t count_ = 0;
  bool has_qop_ = false;
  bool is_session_ = false;
  bool hides_user_ = false;
  bool stale_ = false;
};

/// 128 random bits in hexadecimal digits.
[[nodiscard]] std::string random_cnonce();

} // namespace actors::http::internal
