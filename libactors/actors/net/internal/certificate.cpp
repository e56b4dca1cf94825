#include <actors/net/internal/certificate.hpp>

#include <actors/net/endpoint.hpp>

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <new>
#include <utility>

namespace actors::net::internal {

namespace {

bio_ptr memory_bio() {
  bio_ptr result{BIO_new(BIO_s_mem())};
  if (!result)
    throw std::bad_alloc();
  return result;
}

std::string text_of(BIO& bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(&bio, &data);
  return size > 0 ? std::string{data, static_cast<std::size_t>(size)} : std::string{};
}

std::string text_of(const X509_NAME& name) {
  const auto bio = memory_bio();
  // UTF-8 as it is, everything else as RFC 2253 has it.
  X509_NAME_print_ex(bio.get(), &name, 0, XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
  return text_of(*bio);
}

std::chrono::sys_seconds moment_of(const ASN1_TIME& time) {
  std::tm broken_down{};
  if (ASN1_TIME_to_tm(&time, &broken_down) != 1)
    return {};
  using namespace std::chrono;
  const year_month_day day{year{broken_down.tm_year + 1900}, month{static_cast<unsigned>(broken_down.tm_mon + 1)},
                           std::chrono::day{static_cast<unsigned>(broken_down.tm_mday)}};
  return sys_days{day} + hours{broken_down.tm_hour} + minutes{broken_down.tm_min} + seconds{broken_down.tm_sec};
}

std::string serial_of(const X509& certificate) {
  const std::unique_ptr<BIGNUM, free_by<&BN_free>> number{
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(&certificate), nullptr)};
  if (!number)
    return {};
  char* digits = BN_bn2hex(number.get());
  if (digits == nullptr)
    return {};
  std::string result{digits};
  OPENSSL_free(digits);
  for (auto& c : result)
    if (c >= 'A' && c <= 'F')
      c = static_cast<char>(c - 'A' + 'a');
  return result;
}

std::string fingerprint_of(const X509& certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (X509_digest(&certificate, EVP_sha256(), digest.data(), &size) != 1)
    return {};
  constexpr std::string_view digits = "0123456789abcdef";
  std::string result;
  for (unsigned int i = 0; i < size; ++i) {
    result += digits[digest[i] >> 4];
    result += digits[digest[i] & 15U];
  }
  return result;
}

std::string bytes_of(const ASN1_STRING& text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(&text)),
          static_cast<std::size_t>(ASN1_STRING_length(&text))};
}

std::string address_of(const ASN1_STRING& bytes) {
  const auto* data = ASN1_STRING_get0_data(&bytes);
  if (ASN1_STRING_length(&bytes) == 4) {
    ip_address::v4_bytes v4{};
    std::copy_n(data, v4.size(), v4.begin());
    return ip_address{v4}.to_string();
  }
  if (ASN1_STRING_length(&bytes) == 16) {
    ip_address::v6_bytes v6{};
    std::copy_n(data, v6.size(), v6.begin());
    return ip_address{v6}.to_string();
  }
  return {};
}

void read_alternative_names(const X509& certificate, certificate_info& result) {
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const auto* name = sk_GENERAL_NAME_value(names, i);
    if (name->type == GEN_DNS)
      result.dns_names.push_back(bytes_of(*name->d.dNSName));
    else if (name->type == GEN_URI)
      result.uris.push_back(bytes_of(*name->d.uniformResourceIdentifier));
    else if (name->type == GEN_IPADD)
      result.ip_addresses.push_back(address_of(*name->d.iPAddress));
  }
  GENERAL_NAMES_free(names);
}

} // namespace

certificate_info describe_certificate(const X509& certificate) {
  certificate_info result;
  result.subject = text_of(*X509_get_subject_name(&certificate));
  result.issuer = text_of(*X509_get_issuer_name(&certificate));
  result.serial = serial_of(certificate);
  result.not_before = moment_of(*X509_get0_notBefore(&certificate));
  result.not_after = moment_of(*X509_get0_notAfter(&certificate));
  result.fingerprint = fingerprint_of(certificate);
  read_alternative_names(certificate, result);
  const auto pem = memory_bio();
  PEM_write_bio_X509(pem.get(), &certificate);
  result.pem = text_of(*pem);
  return result;
}

} // namespace actors::net::internal

namespace actors::net {

std::vector<certificate_info> parse_certificates(const std::string& pem) {
  std::vector<certificate_info> result;
  for (const auto& certificate : internal::load_certificates(pem_source::text(pem), "read the certificates"))
    result.push_back(internal::describe_certificate(*certificate));
  return result;
}

} // namespace actors::net
