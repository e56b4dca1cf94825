#pragma once

#include <actors/web/jwt_key.hpp>

#include <nlohmann/json_fwd.hpp>
#include <openssl/types.h>

#include <memory>
#include <string>
#include <string_view>

/// Keys of the asymmetric algorithms, on OpenSSL. Errors: `misuse_error`.
namespace actors::web::internal {

struct free_key {
  void operator()(EVP_PKEY* key) const noexcept;
};

using key_ptr = std::unique_ptr<EVP_PKEY, free_key>;

[[nodiscard]] key_ptr read_public_pem(std::string_view pem);
[[nodiscard]] key_ptr read_private_pem(std::string_view pem, const std::string& password);

/// Of kind RSA, EC or OKP.
[[nodiscard]] key_ptr read_public_jwk(const nlohmann::json& jwk);

/// Throws unless the key is of the algorithm's kind and strong enough.
void check_key(const EVP_PKEY& key, jwt_algorithm algorithm);

[[nodiscard]] std::string sign_with(EVP_PKEY& key, jwt_algorithm algorithm, std::string_view text);
[[nodiscard]] bool verify_with(EVP_PKEY& key, jwt_algorithm algorithm, std::string_view text,
                               std::string_view signature);

} // namespace actors::web::internal
