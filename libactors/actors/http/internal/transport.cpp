#include <actors/http/internal/transport.hpp>

#include <actors/core/to_thread.hpp>
#include <actors/net/tcp_stream.hpp>
#include <actors/net/tls_error.hpp>
#include <actors/net/tls_stream.hpp>

#include <utility>

namespace actors::http::internal {

namespace {

net::tls_client_context load_default_context() {
  return net::tls_client_settings{}.alpn({"http/1.1"});
}

} // namespace

transport::phase transport::phase_of(const net::net_error& error) noexcept {
  const auto& category = error.code().category();
  if (category == net::resolver_category())
    return phase::resolve;
  // The handshake says that it is one; what has failed may be the connection underneath.
  const bool is_tls = category == net::tls_category() || error.operation().starts_with("TLS");
  return is_tls ? phase::tls : phase::connect;
}

std::optional<net::tls_client_context> transport::default_context() const {
  const std::scoped_lock guard{mutex_};
  return default_;
}

task<net::tls_client_context> transport::context(optional_context given) {
  if (given)
    co_return *std::move(given);
  auto found = default_context();
  if (found)
    co_return *std::move(found);
  // The trust store is read from files, once: those who come meanwhile wait for it.
  const auto turn = co_await loading_.lock();
  found = default_context();
  if (found)
    co_return *std::move(found);
  auto loaded = co_await to_thread(&load_default_context).abandon_on_cancel();
  {
    const std::scoped_lock guard{mutex_};
    default_ = loaded;
  }
  co_return loaded;
}

task<std::unique_ptr<net::stream>> transport::connect(std::string host, std::uint16_t port) {
  if (connector_)
    return connector_(std::move(host), port);
  if (names_)
    return net::connect_tcp(*names_, std::move(host), port);
  return net::connect_tcp(std::move(host), port);
}

task<std::unique_ptr<net::stream>> transport::open(url where) {
  auto made = co_await connect(std::string{where.host()}, where.port());
  if (!where.is_secure())
    co_return made;
  std::string name{where.host()};
  co_return co_await secure(std::move(made), std::move(name));
}

task<std::unique_ptr<net::stream>> transport::open_proxy(url proxy) {
  auto made = co_await connect(std::string{proxy.host()}, proxy.port());
  if (!proxy.is_secure())
    co_return made;
  std::string name{proxy.host()};
  co_return co_await secure_by(proxy_tls_, std::move(made), std::move(name));
}

task<std::unique_ptr<net::stream>> transport::secure(std::unique_ptr<net::stream> over, std::string host) {
  return secure_by(tls_, std::move(over), std::move(host));
}

task<std::unique_ptr<net::stream>> transport::secure_by(optional_context given, std::unique_ptr<net::stream> over,
                                                        std::string host) {
  auto settings = co_await context(std::move(given));
  std::unique_ptr<net::stream> made =
      co_await net::tls_client_handshake(std::move(over), std::move(settings), std::move(host));
  co_return made;
}

} // namespace actors::http::internal
