#include <actors/http/internal/digest.hpp>

#include <actors/http/error.hpp>
#include <actors/http/internal/ascii.hpp>

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <random>
#include <utility>

namespace actors::http::internal {

namespace {

void append_hex(std::string& out, std::uint64_t value, int digits) {
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4)
    out.push_back("0123456789abcdef"[(value >> static_cast<unsigned>(shift)) & 15U]);
}

void append_quoted(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append("=\"");
  for (const char c : value) {
    if (c == '"' || c == '\\')
      out.push_back('\\');
    out.push_back(c);
  }
  out.append("\"");
}

bool has_element(std::string_view list, std::string_view wanted) noexcept {
  while (!list.empty()) {
    const auto one = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), one.size() + 1));
    if (iequals(trim(one), wanted))
      return true;
  }
  return false;
}

} // namespace

std::string random_cnonce() {
  std::random_device source;
  std::string result;
  for (int i = 0; i < 4; ++i)
    append_hex(result, source(), 8);
  return result;
}

std::optional<digest_session> digest_session::read(const challenge& from) {
  const auto nonce = from.get("nonce");
  const auto realm = from.get("realm");
  if (!from.is("Digest") || !nonce || !realm)
    return std::nullopt;
  digest_session result;
  result.nonce_ = *nonce;
  result.realm_ = *realm;
  result.algorithm_name_ = from.get("algorithm").value_or("");
  auto name = std::string_view{result.algorithm_name_};
  if (name.size() > 5 && iequals(name.substr(name.size() - 5), "-sess")) {
    result.is_session_ = true;
    name.remove_suffix(5);
  }
  if (iequals(name, "SHA-256"))
    result.algorithm_ = algorithm::sha256;
  else if (!name.empty() && !iequals(name, "MD5"))
    return std::nullopt;
  if (const auto qop = from.get("qop")) {
    if (!has_element(*qop, "auth"))
      return std::nullopt;
    result.has_qop_ = true;
  }
  if (const auto opaque = from.get("opaque"))
    result.opaque_ = *opaque;
  result.hides_user_ = iequals(from.get("userhash").value_or(""), "true");
  result.stale_ = iequals(from.get("stale").value_or(""), "true");
  return result;
}

std::optional<digest_session> digest_session::choose(const std::vector<challenge>& offered) {
  std::optional<digest_session> best;
  for (const auto& one : offered)
    if (auto next = read(one);
        next && (!best || (best->algorithm_ == algorithm::md5 && next->algorithm_ == algorithm::sha256)))
      best = std::move(next);
  return best;
}

std::string digest_session::hash(const std::string& text) const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  const auto* const kind = algorithm_ == algorithm::md5 ? EVP_md5() : EVP_sha256();
  if (EVP_Digest(text.data(), text.size(), bytes.data(), &size, kind, nullptr) != 1)
    throw error{errc::invalid_value, "this system's OpenSSL refuses the hash that the server asks for"};
  std::string result;
  for (unsigned i = 0; i < size; ++i)
    append_hex(result, bytes.at(i), 2);
  return result;
}

void digest_session::set_nonce(std::string value) {
  nonce_ = std::move(value);
  count_ = 0;
}

std::string digest_session::answer(const credentials& who, std::string_view method, std::string_view target,
                                   std::string_view cnonce) {
  if (cnonce_.empty())
    cnonce_ = cnonce;
  ++count_;
  auto key = hash(who.user() + ":" + realm_ + ":" + who.secret());
  if (is_session_) {
    if (session_key_.empty())
      session_key_ = hash(key + ":" + nonce_ + ":" + cnonce_);
    key = session_key_;
  }
  std::string number;
  append_hex(number, count_, 8);
  const auto what = hash(std::string{method} + ":" + std::string{target});
  const auto proof = has_qop_ ? hash(key + ":" + nonce_ + ":" + number + ":" + cnonce_ + ":auth:" + what)
                              : hash(key + ":" + nonce_ + ":" + what);
  std::string result = "Digest ";
  append_quoted(result, "username", hides_user_ ? hash(who.user() + ":" + realm_) : who.user());
  append_quoted(result, ", realm", realm_);
  append_quoted(result, ", nonce", nonce_);
  append_quoted(result, ", uri", target);
  append_quoted(result, ", response", proof);
  if (!algorithm_name_.empty())
    result.append(", algorithm=").append(algorithm_name_);
  if (has_qop_)
    result.append(", qop=auth, nc=").append(number);
  if (has_qop_ || is_session_)
    append_quoted(result, ", cnonce", cnonce_);
  if (opaque_)
    append_quoted(result, ", opaque", *opaque_);
  if (hides_user_)
    result.append(", userhash=true");
  return result;
}

} // namespace actors::http::internal
