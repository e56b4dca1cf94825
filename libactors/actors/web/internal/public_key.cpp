#include <actors/web/internal/public_key.hpp>

#include <actors/core/error.hpp>
#include <actors/web/internal/base64url.hpp>
#include <actors/web/internal/crypto.hpp>

#include <nlohmann/json.hpp>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>
#include <new>
#include <stdexcept>

namespace actors::web::internal {

namespace {

using bio_ptr = std::unique_ptr<BIO, free_by<&BIO_free_all>>;
using number_ptr = std::unique_ptr<BIGNUM, free_by<&BN_free>>;
using signature_ptr = std::unique_ptr<ECDSA_SIG, free_by<&ECDSA_SIG_free>>;
using digest_ptr = std::unique_ptr<EVP_MD_CTX, free_by<&EVP_MD_CTX_free>>;

/// Of each of the two numbers of an ES256 signature (RFC 7518 §3.4).
constexpr int p256_size = 32;

constexpr int least_rsa_bits = 2048;

/// Generous for 4096-bit RSA in PEM, and keeps files that are no keys out.
constexpr std::size_t most_pem = std::size_t{64} * 1024;

[[noreturn]] void refuse(std::string_view why) {
  ERR_clear_error();
  throw misuse_error("a key of a JSON Web Token: " + std::string{why});
}

template <class T>
T checked(T pointer) {
  if (!pointer)
    throw std::bad_alloc();
  return pointer;
}

bio_ptr reader_of(std::string_view pem) {
  if (pem.size() > most_pem)
    refuse("a PEM of " + std::to_string(pem.size()) + " bytes");
  return checked(bio_ptr{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))});
}

/// Without it OpenSSL would ask whoever sits at the terminal.
int give_password(char* buffer, int size, int, void* from) {
  const auto& password = *static_cast<const std::string*>(from);
  if (size < 0 || password.size() > static_cast<std::size_t>(size))
    return -1;
  std::memcpy(buffer, password.data(), password.size());
  return static_cast<int>(password.size());
}

number_ptr number_of(std::string_view bytes) {
  return checked(number_ptr{BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr)});
}

std::string member(const nlohmann::json& jwk, const char* name) {
  const auto found = jwk.find(name);
  if (found == jwk.end() || !found->is_string())
    refuse(std::string{"a JWK without "} + name);
  auto bytes = base64url_decode(found->get_ref<const std::string&>());
  if (!bytes || bytes->empty() || bytes->size() > 2048)
    refuse(std::string{"a JWK whose "} + name + " is not Base64 for URLs, or empty, or too long");
  return std::move(*bytes);
}

key_ptr build(const char* kind, OSSL_PARAM_BLD& from) {
  const std::unique_ptr<OSSL_PARAM, free_by<&OSSL_PARAM_free>> parameters{checked(OSSL_PARAM_BLD_to_param(&from))};
  const std::unique_ptr<EVP_PKEY_CTX, free_by<&EVP_PKEY_CTX_free>> context{
      checked(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr))};
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
    refuse("a JWK whose numbers are no key");
  return key_ptr{key};
}

/// OpenSSL speaks DER, tokens the two numbers one behind the other.
std::string to_raw(std::string_view der) {
  const auto* at = bytes_of(der);
  const signature_ptr signature{d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()))};
  std::string result(std::size_t{2} * p256_size, '\0');
  if (!signature || BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), bytes_of(result), p256_size) != p256_size ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), bytes_of(result) + p256_size, p256_size) != p256_size)
    throw_crypto_error("writing an ES256 signature");
  return result;
}

std::string to_der(std::string_view raw) {
  const signature_ptr signature = checked(signature_ptr{ECDSA_SIG_new()});
  auto r = number_of(raw.substr(0, p256_size));
  auto s = number_of(raw.substr(p256_size));
  if (ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1)
    throw_crypto_error("reading an ES256 signature");
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  unsigned char* bytes = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &bytes);
  if (size < 0)
    throw_crypto_error("reading an ES256 signature");
  std::string result{reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)};
  OPENSSL_free(bytes);
  return result;
}

/// EdDSA hashes by itself.
const EVP_MD* digest_of(jwt_algorithm algorithm) {
  return algorithm == jwt_algorithm::eddsa ? nullptr : EVP_sha256();
}

} // namespace

void free_key::operator()(EVP_PKEY* key) const noexcept {
  EVP_PKEY_free(key);
}

key_ptr read_public_pem(std::string_view pem) {
  if (pem.find("BEGIN CERTIFICATE") != std::string_view::npos) {
    const std::unique_ptr<X509, free_by<&X509_free>> certificate{
        PEM_read_bio_X509(reader_of(pem).get(), nullptr, nullptr, nullptr)};
    key_ptr key{certificate ? X509_get_pubkey(certificate.get()) : nullptr};
    if (!key)
      refuse("a certificate that cannot be read");
    return key;
  }
  std::string none;
  key_ptr key{PEM_read_bio_PUBKEY(reader_of(pem).get(), nullptr, &give_password, &none)};
  if (!key)
    refuse("no public key in PEM");
  return key;
}

key_ptr read_private_pem(std::string_view pem, const std::string& password) {
  auto copy = password;
  key_ptr key{PEM_read_bio_PrivateKey(reader_of(pem).get(), nullptr, &give_password, &copy)};
  if (!key)
    refuse("no private key in PEM, or another password");
  return key;
}

key_ptr read_public_jwk(const nlohmann::json& jwk) {
  const std::unique_ptr<OSSL_PARAM_BLD, free_by<&OSSL_PARAM_BLD_free>> parameters{checked(OSSL_PARAM_BLD_new())};
  auto& all = *parameters;
  const auto kind = jwk.value("kty", "");
  const auto curve = jwk.value("crv", "");
  if (kind == "RSA") {
    const auto n = number_of(member(jwk, "n"));
    const auto e = number_of(member(jwk, "e"));
    if (OSSL_PARAM_BLD_push_BN(&all, OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(&all, OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
      throw std::bad_alloc();
    return build("RSA", all);
  }
  if (kind == "EC" && curve == "P-256") {
    const auto x = member(jwk, "x");
    const auto y = member(jwk, "y");
    if (x.size() != p256_size || y.size() != p256_size)
      refuse("a JWK whose point is not one of P-256");
    const auto point = "\x04" + x + y;
    if (OSSL_PARAM_BLD_push_utf8_string(&all, OSSL_PKEY_PARAM_GROUP_NAME, SN_X9_62_prime256v1, 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(&all, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
      throw std::bad_alloc();
    return build("EC", all);
  }
  if (kind == "OKP" && curve == "Ed25519") {
    const auto x = member(jwk, "x");
    key_ptr key{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(x), x.size())};
    if (!key)
      refuse("a JWK whose x is no point of Ed25519");
    return key;
  }
  refuse("a JWK of another kind than oct, RSA, EC with P-256 and OKP with Ed25519");
}

void check_key(const EVP_PKEY& key, jwt_algorithm algorithm) {
  switch (algorithm) {
  case jwt_algorithm::rs256:
    if (EVP_PKEY_is_a(&key, "RSA") != 1 || EVP_PKEY_get_bits(&key) < least_rsa_bits)
      refuse("RS256 needs one of RSA with 2048 bits or more");
    break;
  case jwt_algorithm::es256: {
    std::array<char, 64> group{};
    std::size_t size = 0;
    if (EVP_PKEY_is_a(&key, "EC") != 1 || EVP_PKEY_get_group_name(&key, group.data(), group.size(), &size) != 1 ||
        std::string_view{group.data(), size} != SN_X9_62_prime256v1)
      refuse("ES256 needs one of the curve P-256");
    break;
  }
  case jwt_algorithm::eddsa:
    if (EVP_PKEY_is_a(&key, "ED25519") != 1)
      refuse("EdDSA needs one of Ed25519");
    break;
  default:
    refuse(std::string{to_string(algorithm)} + " needs a secret");
  }
}

std::string sign_with(EVP_PKEY& key, jwt_algorithm algorithm, std::string_view text) {
  const auto context = checked(digest_ptr{EVP_MD_CTX_new()});
  std::size_t size = 0;
  if (EVP_DigestSignInit(context.get(), nullptr, digest_of(algorithm), nullptr, &key) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes_of(text), text.size()) != 1)
    throw_crypto_error("signing");
  std::string result(size, '\0');
  if (EVP_DigestSign(context.get(), bytes_of(result), &size, bytes_of(text), text.size()) != 1)
    throw_crypto_error("signing");
  result.resize(size);
  return algorithm == jwt_algorithm::es256 ? to_raw(result) : result;
}

bool verify_with(EVP_PKEY& key, jwt_algorithm algorithm, std::string_view text, std::string_view signature) {
  std::string der;
  if (algorithm == jwt_algorithm::es256) {
    if (signature.size() != std::size_t{2} * p256_size)
      return false;
    der = to_der(signature);
    signature = der;
  }
  const auto context = checked(digest_ptr{EVP_MD_CTX_new()});
  if (EVP_DigestVerifyInit(context.get(), nullptr, digest_of(algorithm), nullptr, &key) != 1)
    throw_crypto_error("checking a signature");
  const bool is_right =
      EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text), text.size()) == 1;
  ERR_clear_error(); // a stranger's signature must not be told with the next error
  return is_right;
}

} // namespace actors::web::internal
