#pragma once

#include "support.hpp"

#include <actors/core/spawn.hpp>
#include <actors/http/client.hpp>
#include <actors/net/error.hpp>
#include <actors/net/tls_stream.hpp>
#include <actors/testing/memory_stream.hpp>
#include <tests/support/certificates.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace actors::http::test {

/// A server with the certificate that all tests trust.
inline net::tls_server_settings good_server() {
  const auto& all = test_support::shared_identities();
  return net::tls_server_settings{net::tls_identity::text(all.server.pem, all.server.key)};
}

/// A server with another one.
inline net::tls_server_settings server_with(const test_support::certificate& shown) {
  return net::tls_server_settings{net::tls_identity::text(shown.pem, shown.key)};
}

/// A server that wants a certificate of its clients.
inline net::tls_server_settings demanding_server() {
  const auto authority = net::pem_source::text(test_support::shared_identities().authority.pem);
  return good_server().client_certificates(net::client_certificates::required, authority);
}

/// A client that trusts the tests' authority.
inline net::tls_client_settings good_client() {
  return net::tls_client_settings{}.ca_pem(test_support::shared_identities().authority.pem);
}

inline net::tls_identity client_identity() {
  const auto& all = test_support::shared_identities();
  return net::tls_identity::text(all.client.pem, all.client.key);
}

/// A stream that somebody else owns.
class borrowed_stream final : public net::stream {
public:
  explicit borrowed_stream(net::stream& under) noexcept : under_(&under) {}

  [[nodiscard]] task<std::size_t> read_some(std::span<char> buffer) override { return under_->read_some(buffer); }

  [[nodiscard]] std::optional<std::size_t> try_read_some(std::span<char> buffer) override {
    return under_->try_read_some(buffer);
  }

  [[nodiscard]] task<void> write_all(std::string_view data) override { return under_->write_all(data); }

  [[nodiscard]] std::size_t try_write_some(std::string_view data) override { return under_->try_write_some(data); }

  void shutdown_write() override { under_->shutdown_write(); }

  void close() noexcept override { under_->close(); }

  [[nodiscard]] bool is_open() const noexcept override { return under_->is_open(); }

  [[nodiscard]] std::string peer() const override { return under_->peer(); }

private:
  net::stream* under_;
};

/// What a client in memory talks to: each connection is given to the script.
class memory_peer {
public:
  using script = std::function<task<void>(std::unique_ptr<net::stream>)>;

  explicit memory_peer(script what) : state_(std::make_shared<state>()) { state_->what = std::move(what); }

  /// One that shakes hands first.
  template <class F>
  [[nodiscard]] static memory_peer with_tls(net::tls_server_settings settings, F what) {
    return memory_peer{[context = net::tls_server_context{std::move(settings)},
                        what = std::move(what)](std::unique_ptr<net::stream> over) -> task<void> {
      auto* raw = over.get();
      auto secured = co_await net::tls_server_handshake(std::move(over), context);
      co_await what(*secured, *raw);
    }};
  }

  [[nodiscard]] client_options options(client_options all = {}) const {
    return all.connect_with([self = state_](std::string, std::uint16_t) { return connect(self); });
  }

  /// How many connections were made.
  [[nodiscard]] int connections() const { return state_->connections; }

private:
  struct state {
    script what;
    int connections = 0;
  };

  static task<std::unique_ptr<net::stream>> connect(std::shared_ptr<state> self) {
    ++self->connections;
    auto ends = testing::make_memory_streams();
    static_cast<void>(spawn_detached(run(self, std::move(ends.second))));
    co_return std::move(ends.first);
  }

  static task<void> run(std::shared_ptr<state> self, std::unique_ptr<net::stream> stream) {
    try {
      co_await self->what(std::move(stream));
    } catch (const net::net_error&) {
      // The client has left, as some tests want it.
    }
  }

  std::shared_ptr<state> state_;
};

} // namespace actors::http::test
