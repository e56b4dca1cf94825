#include <actors/web/random_token.hpp>

#include <actors/web/internal/base64url.hpp>
#include <actors/web/internal/crypto.hpp>

namespace actors::web {

std::string random_token(std::size_t bytes) {
  return internal::base64url_encode(internal::random_bytes(bytes));
}

} // namespace actors::web
