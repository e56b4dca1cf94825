#pragma once

#include <actors/net/internal/tls_library.hpp>
#include <actors/net/tls_context.hpp>

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace actors::net::internal {

/// The sessions that a client can take up again, by the server they are of. Bounded; the least recent go first.
///
/// Threads: any.
class session_cache {
public:
  void put(std::string_view server, ssl_session_ptr session);

  /// The most recent session. One of TLS 1.3 is taken out, because those who listen could tell two connections with the
  /// same ticket to be of one client (RFC 8446, C.4).
  [[nodiscard]] ssl_session_ptr take(std::string_view server);

private:
  static constexpr std::size_t most = 256;
  static constexpr std::size_t most_per_server = 4;

  struct entry {
    std::string server;
    ssl_session_ptr session;
  };

  std::mutex mutex_;
  std::list<entry> entries_; // the most recent first
};

/// What a client's connections are made with.
class loaded_client {
public:
  explicit loaded_client(tls_client_settings settings);

  [[nodiscard]] const tls_client_settings& settings() const noexcept { return settings_; }

  /// A connection's SSL object, which keeps this alive through `owner`. Throws `net_error` for a name that is none.
  [[nodiscard]] static ssl_ptr make(const std::shared_ptr<const loaded_client>& owner, const std::string& host,
                                    const std::string& peer);

  [[nodiscard]] session_cache& sessions() const noexcept { return sessions_; }

private:
  tls_client_settings settings_;
  mutable session_cache sessions_;
  ssl_context_ptr context_;
};

/// What a server's connections are made with.
class loaded_server {
public:
  explicit loaded_server(tls_server_settings settings);

  [[nodiscard]] const tls_server_settings& settings() const noexcept { return settings_; }

  [[nodiscard]] ssl_ptr make() const;

private:
  [[nodiscard]] static int choose_protocol(SSL* ssl, const unsigned char** out, unsigned char* out_size,
                                           const unsigned char* offered, unsigned int offered_size, void* self);
  [[nodiscard]] static int choose_identity(SSL* ssl, int* alert, void* self);
  [[nodiscard]] SSL_CTX* context_for(std::string_view name) const;

  tls_server_settings settings_;
  std::string protocols_; // as they are sent
  std::vector<ssl_context_ptr> contexts_;
  std::unordered_map<std::string, SSL_CTX*> by_name_; // wildcards under what follows their star
};

template <class Loaded, class Settings>
class reloadable {
public:
  explicit reloadable(Settings settings) : current_(std::make_shared<const Loaded>(std::move(settings))) {}

  [[nodiscard]] std::shared_ptr<const Loaded> current() const {
    const std::scoped_lock guard{mutex_};
    return current_;
  }

  void reload(Settings settings) {
    auto next = std::make_shared<const Loaded>(std::move(settings));
    const std::scoped_lock guard{mutex_};
    current_.swap(next);
  }

private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Loaded> current_;
};

class tls_client_state : public reloadable<loaded_client, tls_client_settings> {
public:
  using reloadable::reloadable;
};

class tls_server_state : public reloadable<loaded_server, tls_server_settings> {
public:
  using reloadable::reloadable;
};

struct tls_context_access {
  [[nodiscard]] static std::shared_ptr<const loaded_client> loaded(const tls_client_context& context) {
    return context.state_->current();
  }

  [[nodiscard]] static std::shared_ptr<const loaded_server> loaded(const tls_server_context& context) {
    return context.state_->current();
  }
};

} // namespace actors::net::internal
