#include <actors/net/internal/tls_engine.hpp>

#include <actors/net/internal/certificate.hpp>
#include <actors/net/tls_error.hpp>

#include <openssl/err.h>

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

namespace actors::net::internal {

// -- between OpenSSL and our buffers -----------------------------------------------------------------------------------

// Not OpenSSL's own memory BIOs: these keep no buffers and copy once less.

int tls_engine::bio_read(BIO* bio, char* into, std::size_t size, std::size_t* count) {
  auto& self = *static_cast<tls_engine*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  *count = std::min(size, self.input_.size());
  if (*count == 0) {
    BIO_set_retry_read(bio);
    return 0;
  }
  std::copy_n(self.input_.begin(), *count, into);
  self.input_.remove_prefix(*count);
  return 1;
}

int tls_engine::bio_write(BIO* bio, const char* from, std::size_t size, std::size_t* count) {
  auto& self = *static_cast<tls_engine*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  *count = 0;
  try {
    self.output_.append(from, size);
  } catch (const std::bad_alloc&) {
    return 0; // no exception may go through OpenSSL
  }
  *count = size;
  return 1;
}

long tls_engine::bio_control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* tls_engine::bio_method() {
  static const std::unique_ptr<BIO_METHOD, free_by<&BIO_meth_free>> method = [] {
    std::unique_ptr<BIO_METHOD, free_by<&BIO_meth_free>> made{
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "actors")};
    if (!made)
      throw std::bad_alloc();
    BIO_meth_set_read_ex(made.get(), &bio_read);
    BIO_meth_set_write_ex(made.get(), &bio_write);
    BIO_meth_set_ctrl(made.get(), &bio_control);
    return made;
  }();
  return method.get();
}

tls_engine::tls_engine(ssl_ptr ssl) : ssl_(std::move(ssl)) {
  BIO* bio = BIO_new(bio_method());
  if (bio == nullptr)
    throw std::bad_alloc();
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
}

// -- the protocol ------------------------------------------------------------------------------------------------------

tls_engine::outcome tls_engine::outcome_of(int result) {
  if (result == 1)
    return outcome::done;
  switch (SSL_get_error(ssl_.get(), result)) {
  case SSL_ERROR_WANT_READ:
    return outcome::wants_input;
  case SSL_ERROR_ZERO_RETURN:
    return outcome::ended;
  default:
    if (!failure_)
      failure_ = take_failure(ssl_.get());
    ERR_clear_error();
    return outcome::failed;
  }
}

tls_engine::outcome tls_engine::handshake() {
  if (failure_)
    return outcome::failed;
  ERR_clear_error();
  return outcome_of(SSL_do_handshake(ssl_.get()));
}

tls_engine::outcome tls_engine::read(std::span<char> into, std::size_t& count) {
  count = 0;
  if (failure_)
    return outcome::failed;
  ERR_clear_error();
  return outcome_of(SSL_read_ex(ssl_.get(), into.data(), into.size(), &count));
}

tls_engine::outcome tls_engine::write(std::string_view data) {
  if (failure_)
    return outcome::failed;
  ERR_clear_error();
  while (!data.empty()) {
    std::size_t count = 0;
    if (const auto result = outcome_of(SSL_write_ex(ssl_.get(), data.data(), data.size(), &count));
        result != outcome::done)
      return result;
    data.remove_prefix(count);
  }
  return outcome::done;
}

void tls_engine::end() {
  if (failure_)
    return;
  ERR_clear_error();
  static_cast<void>(SSL_shutdown(ssl_.get()));
  ERR_clear_error();
}

// -- what was agreed on ------------------------------------------------------------------------------------------------

std::optional<certificate_info> tls_engine::peer_certificate() const {
  const auto* certificate = SSL_get0_peer_certificate(ssl_.get());
  if (certificate == nullptr)
    return std::nullopt;
  return describe_certificate(*certificate);
}

tls_version tls_engine::version() const {
  return SSL_version(ssl_.get()) == TLS1_2_VERSION ? tls_version::v1_2 : tls_version::v1_3;
}

std::string tls_engine::cipher() const {
  return SSL_get_cipher_name(ssl_.get());
}

std::string tls_engine::alpn() const {
  const unsigned char* data = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &data, &size);
  return std::string{reinterpret_cast<const char*>(data), size};
}

std::string tls_engine::server_name() const {
  const auto* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
  return name != nullptr ? name : "";
}

bool tls_engine::resumed() const {
  return SSL_session_reused(ssl_.get()) == 1;
}

} // namespace actors::net::internal
