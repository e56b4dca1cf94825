#include <actors/net/internal/tls_context_state.hpp>

#include <actors/core/error.hpp>
#include <actors/net/endpoint.hpp>
#include <actors/net/error.hpp>
#include <actors/net/tls_error.hpp>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <new>
#include <utility>

namespace actors::net::internal {

namespace {

// Forward secrecy and authenticated encryption only; those that most processors have instructions for come first.
constexpr const char* default_ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                                        "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                                        "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* groups = "X25519:P-256:P-384";

/// What is kept with an SSL object of a client, for the callback that is given its sessions.
struct session_owner {
  std::shared_ptr<const loaded_client> client;
  std::string server;
};

void free_session_owner(void* /*parent*/, void* owner, CRYPTO_EX_DATA* /*data*/, int /*index*/, long /*argument*/,
                        void* /*pointer*/) {
  delete static_cast<session_owner*>(owner);
}

int session_owner_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, &free_session_owner);
  return index;
}

int keep_session(SSL* ssl, SSL_SESSION* session) {
  auto* owner = static_cast<session_owner*>(SSL_get_ex_data(ssl, session_owner_index()));
  if (owner == nullptr)
    return 0;
  owner->client->sessions().put(owner->server, ssl_session_ptr{session});
  return 1; // ours now
}

[[noreturn]] void throw_unusable(std::string_view what, std::string_view reason) {
  throw net_error("use the TLS settings", what, tls_errc::unusable_settings, reason);
}

/// ALPN's list as it is sent.
std::string encode_protocols(const std::vector<std::string>& names) {
  std::string result;
  for (const auto& name : names) {
    if (name.empty() || name.size() > 255)
      throw_unusable("alpn", "a protocol's name has 1 to 255 bytes");
    result += static_cast<char>(name.size());
    result += name;
  }
  return result;
}

int number_of(tls_version version) noexcept {
  return version == tls_version::v1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

template <class Settings>
ssl_context_ptr make_context(const SSL_METHOD* method, const tls_common_settings<Settings>& settings) {
  ERR_clear_error();
  ssl_context_ptr result{SSL_CTX_new(method)};
  if (!result)
    throw_unusable("OpenSSL", take_openssl_reason());
  auto* context = result.get();
  if (settings.oldest_version() > settings.newest_version())
    throw_unusable("versions", "the oldest is newer than the newest");
  SSL_CTX_set_min_proto_version(context, number_of(settings.oldest_version()));
  SSL_CTX_set_max_proto_version(context, number_of(settings.newest_version()));
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_PRIORITIZE_CHACHA);
  // An idle connection has no buffers for records.
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  const auto& ciphers = settings.ciphers();
  if (SSL_CTX_set_cipher_list(context, ciphers.empty() ? default_ciphers : ciphers.c_str()) != 1)
    throw_unusable("ciphers", take_openssl_reason());
  if (!settings.ciphersuites().empty() && SSL_CTX_set_ciphersuites(context, settings.ciphersuites().c_str()) != 1)
    throw_unusable("ciphersuites", take_openssl_reason());
  if (SSL_CTX_set1_groups_list(context, groups) != 1)
    throw_unusable("groups", take_openssl_reason());
  return result;
}

void use_identity(SSL_CTX* context, const tls_identity& identity) {
  constexpr std::string_view operation = "load the certificate";
  auto chain = load_certificates(identity.chain(), operation);
  const auto key = load_key(identity);
  if (X509_check_private_key(chain.front().get(), key.get()) != 1) {
    ERR_clear_error();
    throw net_error("load the key", name_of(identity.key()), tls_errc::key_mismatch,
                    "the certificate is " + name_of(identity.chain()));
  }
  if (SSL_CTX_use_certificate(context, chain.front().get()) != 1)
    throw net_error(operation, name_of(identity.chain()), tls_errc::unusable_certificate, take_openssl_reason());
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1)
    throw net_error("load the key", name_of(identity.key()), tls_errc::unusable_key, take_openssl_reason());
  for (std::size_t i = 1; i < chain.size(); ++i)
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1)
      throw net_error(operation, name_of(identity.chain()), tls_errc::unusable_certificate, take_openssl_reason());
}

/// `also_names`: tells clients whose certificates are wanted.
void trust(SSL_CTX* context, const std::vector<pem_source>& sources, bool also_names) {
  auto* store = SSL_CTX_get_cert_store(context);
  for (const auto& source : sources) {
    for (const auto& authority : load_certificates(source, "load the authorities")) {
      if (X509_STORE_add_cert(store, authority.get()) != 1 ||
          (also_names && SSL_CTX_add_client_CA(context, authority.get()) != 1))
        throw net_error("load the authorities", name_of(source), tls_errc::unusable_certificate, take_openssl_reason());
    }
  }
  // What was given is trusted, also if it is no root.
  if (!sources.empty())
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
}

ssl_ptr make_ssl(SSL_CTX* context) {
  ERR_clear_error();
  ssl_ptr result{SSL_new(context)};
  if (!result)
    throw std::bad_alloc();
  return result;
}

std::string lower(std::string_view text) {
  std::string result{text};
  for (auto& c : result)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return result;
}

} // namespace

// -- session_cache -----------------------------------------------------------------------------------------------------

void session_cache::put(std::string_view server, ssl_session_ptr session) {
  std::list<entry> dropped; // freed after the lock
  std::list<entry> added;
  added.push_back(entry{std::string{server}, std::move(session)});
  const std::scoped_lock guard{mutex_};
  std::size_t of_server = 1;
  for (auto it = entries_.begin(); it != entries_.end();) {
    const auto current = it++;
    if (current->server == server && ++of_server > most_per_server)
      dropped.splice(dropped.end(), entries_, current);
  }
  entries_.splice(entries_.begin(), added);
  if (entries_.size() > most)
    dropped.splice(dropped.end(), entries_, std::prev(entries_.end()));
}

ssl_session_ptr session_cache::take(std::string_view server) {
  const std::scoped_lock guard{mutex_};
  const auto found = std::ranges::find(entries_, server, &entry::server);
  if (found == entries_.end())
    return nullptr;
  if (SSL_SESSION_get_protocol_version(found->session.get()) < TLS1_3_VERSION) {
    SSL_SESSION_up_ref(found->session.get());
    return ssl_session_ptr{found->session.get()};
  }
  auto result = std::move(found->session);
  entries_.erase(found);
  return result;
}

// -- loaded_client -----------------------------------------------------------------------------------------------------

loaded_client::loaded_client(tls_client_settings settings)
    : settings_(std::move(settings)), context_(make_context(::TLS_client_method(), settings_)) {
  auto* context = context_.get();
  if (settings_.trusts_system() && SSL_CTX_set_default_verify_paths(context) != 1)
    throw_unusable("trust_system", take_openssl_reason());
  trust(context, settings_.trusted(), false);
  for (const auto& identity : settings_.identities())
    use_identity(context, identity);
  SSL_CTX_set_verify(context, settings_.verify() ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (const auto protocols = encode_protocols(settings_.alpn());
      !protocols.empty() && SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(protocols.data()),
                                                    static_cast<unsigned int>(protocols.size())) != 0)
    throw_unusable("alpn", take_openssl_reason());
  if (settings_.resumption()) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, &keep_session);
  } else {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  }
}

ssl_ptr loaded_client::make(const std::shared_ptr<const loaded_client>& owner, const std::string& host,
                            const std::string& peer) {
  const auto& settings = owner->settings_;
  auto name = settings.server_name().empty() ? host : settings.server_name();
  if (name.ends_with('.'))
    name.pop_back(); // the root of all names is not part of certificates
  if (name.empty() || name.find('\0') != std::string::npos)
    throw net_error("TLS handshake with", peer, tls_errc::unusable_settings, "the server has no name");
  auto result = make_ssl(owner->context_.get());
  auto* ssl = result.get();
  const auto address = ip_address::parse(name);
  if (!address && SSL_set_tlsext_host_name(ssl, name.c_str()) != 1)
    throw net_error("TLS handshake with", peer, tls_errc::unusable_settings, "not usable as a server's name: " + name);
  if (settings.verify() && settings.verify_host()) {
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    const auto size = address && address->is_v6() ? std::size_t{16} : std::size_t{4};
    const bool done = address ? X509_VERIFY_PARAM_set1_ip(SSL_get0_param(ssl), address->bytes().data(), size) == 1
                              : SSL_set1_host(ssl, name.c_str()) == 1;
    if (!done)
      throw net_error("TLS handshake with", peer, tls_errc::unusable_settings,
                      "not usable as a server's name: " + name);
  }
  if (settings.resumption()) {
    auto key = peer + " " + name;
    if (const auto session = owner->sessions_.take(key))
      static_cast<void>(SSL_set_session(ssl, session.get()));
    auto kept = std::make_unique<session_owner>(owner, std::move(key));
    if (SSL_set_ex_data(ssl, session_owner_index(), kept.get()) == 1)
      static_cast<void>(kept.release());
  }
  SSL_set_connect_state(ssl);
  ERR_clear_error();
  return result;
}

// -- loaded_server -----------------------------------------------------------------------------------------------------

loaded_server::loaded_server(tls_server_settings settings)
    : settings_(std::move(settings)), protocols_(encode_protocols(settings_.alpn())) {
  if (settings_.identities().empty())
    throw_unusable("identity", "a server needs a certificate");
  const auto wanted = settings_.client_certificates();
  for (const auto& identity : settings_.identities()) {
    auto made = make_context(::TLS_server_method(), settings_);
    auto* context = made.get();
    use_identity(context, identity);
    if (wanted != client_certificates::none) {
      trust(context, settings_.client_authorities(), true);
      SSL_CTX_set_verify(context,
                         wanted == client_certificates::required ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                                                                 : SSL_VERIFY_PEER,
                         nullptr);
    }
    if (!protocols_.empty())
      SSL_CTX_set_alpn_select_cb(context, &choose_protocol, this);
    // Sessions are in tickets, so clients cannot fill the memory with them.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    if (!settings_.resumption()) {
      SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
      SSL_CTX_set_num_tickets(context, 0);
    }
    constexpr std::string_view id = "actors";
    SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>(id.data()),
                                   static_cast<unsigned int>(id.size()));
    for (const auto& name : dns_names_of(*SSL_CTX_get0_certificate(context)))
      by_name_.try_emplace(name.starts_with("*.") ? name.substr(1) : name, context);
    contexts_.push_back(std::move(made));
  }
  if (contexts_.size() > 1) {
    SSL_CTX_set_tlsext_servername_callback(contexts_.front().get(), &choose_identity);
    SSL_CTX_set_tlsext_servername_arg(contexts_.front().get(), this);
  }
}

ssl_ptr loaded_server::make() const {
  auto result = make_ssl(contexts_.front().get());
  SSL_set_accept_state(result.get());
  return result;
}

int loaded_server::choose_protocol(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_size,
                                   const unsigned char* offered, unsigned int offered_size, void* self) {
  const auto& ours = static_cast<const loaded_server*>(self)->protocols_;
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const unsigned char*>(ours.data()),
                            static_cast<unsigned int>(ours.size()), offered, offered_size) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

int loaded_server::choose_identity(SSL* ssl, int* /*alert*/, void* self) {
  const auto* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr)
    return SSL_TLSEXT_ERR_NOACK;
  auto* chosen = static_cast<const loaded_server*>(self)->context_for(name);
  if (chosen != nullptr)
    SSL_set_SSL_CTX(ssl, chosen);
  return SSL_TLSEXT_ERR_OK;
}

SSL_CTX* loaded_server::context_for(std::string_view name) const {
  const auto wanted = lower(name.ends_with('.') ? name.substr(0, name.size() - 1) : name);
  if (const auto found = by_name_.find(wanted); found != by_name_.end())
    return found->second;
  const auto dot = wanted.find('.');
  if (dot == std::string::npos)
    return nullptr;
  const auto found = by_name_.find(wanted.substr(dot));
  return found != by_name_.end() ? found->second : nullptr;
}

} // namespace actors::net::internal
