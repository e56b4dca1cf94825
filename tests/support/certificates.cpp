#include "certificates.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace test_support {

namespace {

template <auto Free>
struct free_by {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

using bio_ptr = std::unique_ptr<BIO, free_by<&BIO_free_all>>;
using key_ptr = std::unique_ptr<EVP_PKEY, free_by<&EVP_PKEY_free>>;
using x509_ptr = std::unique_ptr<X509, free_by<&X509_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, free_by<&X509_EXTENSION_free>>;

template <class T>
T* require(T* result) {
  if (result == nullptr)
    throw std::runtime_error("OpenSSL cannot make a certificate");
  return result;
}

void require(int result) {
  if (result <= 0)
    throw std::runtime_error("OpenSSL cannot make a certificate");
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

bio_ptr reader_of(const std::string& text) {
  return bio_ptr{require(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())))};
}

key_ptr key_of(const std::string& pem) {
  return key_ptr{require(PEM_read_bio_PrivateKey(reader_of(pem).get(), nullptr, nullptr, nullptr))};
}

void add(X509* to, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
  const extension_ptr made{require(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()))};
  require(X509_add_ext(to, made.get(), -1));
}

std::string joined(const std::vector<std::string>& parts) {
  std::string result;
  for (const auto& part : parts)
    result += (result.empty() ? "" : ",") + part;
  return result;
}

} // namespace

certificate certificate_options::make() const {
  const key_ptr key{require(rsa_ != 0 ? EVP_RSA_gen(rsa_) : EVP_EC_gen("P-256"))};
  const x509_ptr made{require(X509_new())};
  auto* x = made.get();
  require(X509_set_version(x, X509_VERSION_3));
  std::uint64_t serial = 0;
  require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial));
  require(ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1U));
  require(X509_gmtime_adj(X509_getm_notBefore(x), static_cast<long>(from_.count())) != nullptr ? 1 : 0);
  require(X509_gmtime_adj(X509_getm_notAfter(x), static_cast<long>(to_.count())) != nullptr ? 1 : 0);
  require(X509_set_pubkey(x, key.get()));
  require(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(name_.c_str()), -1, -1, 0));
  x509_ptr issuer;
  if (issuer_ != nullptr)
    issuer.reset(require(PEM_read_bio_X509(reader_of(issuer_->pem).get(), nullptr, nullptr, nullptr)));
  auto* signer = issuer ? issuer.get() : x;
  require(X509_set_issuer_name(x, X509_get_subject_name(signer)));
  add(x, signer, NID_subject_key_identifier, "hash");
  add(x, signer, NID_basic_constraints, authority_ ? "critical,CA:TRUE" : "critical,CA:FALSE");
  add(x, signer, NID_key_usage, authority_ ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
  if (!usage_.empty())
    add(x, signer, NID_ext_key_usage, usage_);
  if (!alternative_names_.empty())
    add(x, signer, NID_subject_alt_name, joined(alternative_names_));
  const auto signing = issuer_ != nullptr ? key_of(issuer_->key) : nullptr;
  require(X509_sign(x, signing ? signing.get() : key.get(), EVP_sha256()));

  certificate result;
  const bio_ptr out{require(BIO_new(BIO_s_mem()))};
  require(PEM_write_bio_X509(out.get(), x));
  result.pem = text_of(out.get());
  const bio_ptr key_out{require(BIO_new(BIO_s_mem()))};
  require(PEM_write_bio_PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr));
  result.key = text_of(key_out.get());
  return result;
}

const test_identities& shared_identities() {
  static const test_identities all = [] {
    test_identities result;
    result.authority = certificate_options{}.name("test authority").authority().make();
    result.server = certificate_options{}.name("test server").issued_by(result.authority).make();
    result.client = certificate_options{}
                        .name("test client")
                        .alternative_names({"DNS:client.test"})
                        .usage("clientAuth")
                        .issued_by(result.authority)
                        .make();
    return result;
  }();
  return all;
}

std::string encrypted_key(const std::string& key, const std::string& passphrase) {
  const auto parsed = key_of(key);
  const bio_ptr out{require(BIO_new(BIO_s_mem()))};
  require(PEM_write_bio_PrivateKey(out.get(), parsed.get(), EVP_aes_128_cbc(),
                                   reinterpret_cast<const unsigned char*>(passphrase.data()),
                                   static_cast<int>(passphrase.size()), nullptr, nullptr));
  return text_of(out.get());
}

} // namespace test_support
