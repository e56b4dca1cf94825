#include <actors/web/constant_time.hpp>

#include <openssl/crypto.h>

namespace actors::web {

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
  // With other sizes one is compared with itself, so that this takes the same time.
  const bool is_same_size = a.size() == b.size();
  const bool is_same = CRYPTO_memcmp(a.data(), is_same_size ? b.data() : a.data(), a.size()) == 0;
  return is_same_size && is_same;
}

} // namespace actors::web
