#pragma once

#include <actors/net/tls_settings.hpp>

#include <memory>

/// TLS settings made ready: certificates, keys and trust store loaded and checked.
///
/// Ownership: a context is a handle, and copies share what it stands for. A connection keeps what it was made with, so
/// contexts may go or be reloaded at any time.
///
/// Threads: all members from any thread. Making or reloading one reads files, which blocks: do it at the start, or in
/// `to_thread`.
///
/// Reload: `reload()` reads the files again and `reload(settings)` takes others. Handshakes that begin afterwards use
/// the new ones, connections that are open are not touched. If it fails, all stays as it was.
///
/// Errors: `net_error` that names the file and the reason, such as "load the key /etc/site/key.pem: the private key is
/// not the one of the certificate"; codes of `tls_errc`, or the system's for a file that cannot be read.
namespace actors::net {

namespace internal {

struct tls_context_access;
class tls_client_state;
class tls_server_state;

} // namespace internal

class tls_client_context {
public:
  /// The default settings: the system's trust store.
  tls_client_context();

  // NOLINTNEXTLINE(google-explicit-constructor): options may be given where a context is wanted
  tls_client_context(tls_client_settings settings);

  void reload();
  void reload(tls_client_settings settings);

  /// As of now.
  [[nodiscard]] tls_client_settings settings() const;

private:
  friend internal::tls_context_access;

  std::shared_ptr<internal::tls_client_state> state_;
};

class tls_server_context {
public:
  /// Throws `net_error` with `tls_errc::unusable_settings` if there is no certificate in the settings.
  // NOLINTNEXTLINE(google-explicit-constructor): options may be given where a context is wanted
  tls_server_context(tls_server_settings settings);

  void reload();
  void reload(tls_server_settings settings);

  /// As of now.
  [[nodiscard]] tls_server_settings settings() const;

private:
  friend internal::tls_context_access;

  std::shared_ptr<internal::tls_server_state> state_;
};

} // namespace actors::net
