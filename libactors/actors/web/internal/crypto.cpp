#include <actors/web/internal/crypto.hpp>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <array>
#include <limits>
#include <memory>
#include <new>
#include <stdexcept>

namespace actors::web::internal {

namespace {

using cipher_context = std::unique_ptr<EVP_CIPHER_CTX, free_by<&EVP_CIPHER_CTX_free>>;

constexpr std::array<unsigned char, 12> zero_nonce{};

int size_for_openssl(std::string_view text) {
  if (text.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()) / 2)
    throw std::length_error("more than 1 GiB to encrypt, decrypt or sign");
  return static_cast<int>(text.size());
}

const EVP_MD* function_of(hash which) {
  return which == hash::sha256 ? EVP_sha256() : which == hash::sha384 ? EVP_sha384() : EVP_sha512();
}

cipher_context make_cipher() {
  cipher_context result{EVP_CIPHER_CTX_new()};
  if (!result)
    throw std::bad_alloc();
  return result;
}

OSSL_PARAM octets(const char* name, std::string_view value) {
  // OpenSSL only reads them.
  return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(value.data()), value.size()); // NOLINT
}

} // namespace

void throw_crypto_error(std::string_view what) {
  std::array<char, 200> text{};
  const auto code = ERR_get_error();
  ERR_error_string_n(code, text.data(), text.size());
  ERR_clear_error();
  throw std::runtime_error(std::string{what} + " failed" + (code == 0 ? "" : std::string{": "} + text.data()));
}

std::string random_bytes(std::size_t count) {
  std::string result(count, '\0');
  if (RAND_bytes(bytes_of(result), size_for_openssl(result)) != 1)
    throw_crypto_error("making random bytes");
  return result;
}

std::string hmac(hash which, std::string_view key, std::string_view text) {
  std::string result(size_of(which), '\0');
  unsigned int size = 0;
  if (HMAC(function_of(which), key.data(), size_for_openssl(key), bytes_of(text), text.size(), bytes_of(result),
           &size) == nullptr)
    throw_crypto_error("HMAC");
  return result;
}

std::string hkdf(std::string_view secret, std::string_view salt, std::string_view info, std::size_t size) {
  const std::unique_ptr<EVP_KDF, free_by<&EVP_KDF_free>> function{EVP_KDF_fetch(nullptr, "HKDF", nullptr)};
  if (!function)
    throw_crypto_error("finding HKDF");
  const std::unique_ptr<EVP_KDF_CTX, free_by<&EVP_KDF_CTX_free>> context{EVP_KDF_CTX_new(function.get())};
  if (!context)
    throw std::bad_alloc();
  std::array<char, 7> digest{"SHA256"};
  const std::array<OSSL_PARAM, 5> parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      octets(OSSL_KDF_PARAM_KEY, secret),
      octets(OSSL_KDF_PARAM_SALT, salt),
      octets(OSSL_KDF_PARAM_INFO, info),
      OSSL_PARAM_construct_end(),
  };
  std::string result(size, '\0');
  if (EVP_KDF_derive(context.get(), bytes_of(result), result.size(), parameters.data()) != 1)
    throw_crypto_error("HKDF");
  return result;
}

void aead_seal(std::string_view key, std::string_view associated, std::string_view plain, std::string& to) {
  const auto context = make_cipher();
  const auto size = size_for_openssl(plain);
  const auto begin = to.size();
  to.resize(begin + plain.size() + aead_tag_size);
  auto* out = bytes_of(to) + begin;
  int done = 0;
  int more = 0;
  const bool ok =
      key.size() == aead_key_size &&
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key), zero_nonce.data()) == 1 &&
      EVP_EncryptUpdate(context.get(), nullptr, &done, bytes_of(associated), size_for_openssl(associated)) == 1 &&
      EVP_EncryptUpdate(context.get(), out, &done, bytes_of(plain), size) == 1 &&
      EVP_EncryptFinal_ex(context.get(), out + done, &more) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, aead_tag_size, out + size) == 1;
  if (!ok)
    throw_crypto_error("encrypting");
}

std::optional<std::string> aead_open(std::string_view key, std::string_view associated, std::string_view sealed) {
  if (sealed.size() < aead_tag_size)
    return std::nullopt;
  const auto context = make_cipher();
  const auto text = sealed.substr(0, sealed.size() - aead_tag_size);
  std::string tag{sealed.substr(text.size())};
  std::string result(text.size(), '\0');
  int done = 0;
  int more = 0;
  const bool is_ready =
      key.size() == aead_key_size &&
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key), zero_nonce.data()) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &done, bytes_of(associated), size_for_openssl(associated)) == 1 &&
      EVP_DecryptUpdate(context.get(), bytes_of(result), &done, bytes_of(text), size_for_openssl(text)) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, aead_tag_size, tag.data()) == 1;
  if (!is_ready)
    throw_crypto_error("decrypting");
  // Nothing of the text gets out before the tag has been checked.
  if (EVP_DecryptFinal_ex(context.get(), bytes_of(result) + done, &more) != 1)
    return std::nullopt;
  return result;
}

} // namespace actors::web::internal
