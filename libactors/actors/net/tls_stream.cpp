#include <actors/net/tls_stream.hpp>

#include <actors/core/error.hpp>
#include <actors/core/timeout.hpp>
#include <actors/net/endpoint.hpp>
#include <actors/net/error.hpp>
#include <actors/net/internal/tls_connection.hpp>
#include <actors/net/internal/tls_context_state.hpp>
#include <actors/net/tls_error.hpp>

#include <exception>
#include <utility>

namespace actors::net {

namespace {

using internal::tls_connection;
using internal::tls_engine;

class tls_stream_over final : public tls_stream {
public:
  explicit tls_stream_over(std::shared_ptr<tls_connection> connection) noexcept : connection_(std::move(connection)) {}

  ~tls_stream_over() override { connection_->close(); }

  task<std::size_t> read_some(std::span<char> buffer) override {
    require_room(buffer);
    return tls_connection::read_some(connection_, buffer);
  }

  std::optional<std::size_t> try_read_some(std::span<char> buffer) override {
    require_room(buffer);
    return connection_->try_read_some(buffer);
  }

  task<void> write_all(std::string_view data) override { return tls_connection::write_all(connection_, data); }

  std::size_t try_write_some(std::string_view data) override { return connection_->try_write_some(data); }

  void shutdown_write() override { connection_->shutdown_write(); }

  void close() noexcept override { connection_->close(); }

  [[nodiscard]] bool is_open() const noexcept override { return connection_->is_open(); }

  [[nodiscard]] std::string peer() const override { return connection_->peer(); }

  [[nodiscard]] std::optional<certificate_info> peer_certificate() const override {
    return connection_->ask([](const tls_engine& engine) { return engine.peer_certificate(); });
  }

  [[nodiscard]] tls_version version() const override {
    return connection_->ask([](const tls_engine& engine) { return engine.version(); });
  }

  [[nodiscard]] std::string cipher() const override {
    return connection_->ask([](const tls_engine& engine) { return engine.cipher(); });
  }

  [[nodiscard]] std::string alpn() const override {
    return connection_->ask([](const tls_engine& engine) { return engine.alpn(); });
  }

  [[nodiscard]] std::string server_name() const override {
    return connection_->ask([](const tls_engine& engine) { return engine.server_name(); });
  }

  [[nodiscard]] bool resumed() const override {
    return connection_->ask([](const tls_engine& engine) { return engine.resumed(); });
  }

private:
  static void require_room(std::span<char> buffer) {
    if (buffer.empty())
      throw misuse_error("a read into an empty buffer: it could not be told from the end of the stream");
  }

  std::shared_ptr<tls_connection> connection_;
};

task<std::unique_ptr<tls_stream>> shake_hands(std::shared_ptr<tls_connection> connection, duration limit,
                                              std::string plain_reply) {
  constexpr std::string_view operation = "TLS handshake with";
  bool late = false;
  try {
    co_await with_timeout(limit, tls_connection::handshake(connection, std::move(plain_reply)));
  } catch (const timeout_error&) {
    late = true;
  } catch (const net_error& error) {
    // Whatever it was about to do, it is the handshake that has failed.
    if (error.operation() == operation)
      throw;
    throw net_error(operation, connection->peer(), error.code());
  }
  if (late)
    throw net_error(operation, connection->peer(), std::make_error_code(std::errc::timed_out));
  co_return std::make_unique<tls_stream_over>(std::move(connection));
}

} // namespace

task<std::unique_ptr<tls_stream>> tls_client_handshake(std::unique_ptr<stream> over, tls_client_context context,
                                                       std::string host) {
  auto loaded = internal::tls_context_access::loaded(context);
  const auto limit = loaded->settings().handshake_timeout();
  auto ssl = internal::loaded_client::make(loaded, host, over->peer());
  auto connection = std::make_shared<tls_connection>(std::move(over), std::move(ssl), std::move(loaded));
  co_return co_await shake_hands(std::move(connection), limit, std::string{});
}

task<std::unique_ptr<tls_stream>> tls_server_handshake(std::unique_ptr<stream> over, tls_server_context context,
                                                       std::string plain_reply) {
  auto loaded = internal::tls_context_access::loaded(context);
  const auto limit = loaded->settings().handshake_timeout();
  auto ssl = loaded->make();
  auto connection = std::make_shared<tls_connection>(std::move(over), std::move(ssl), std::move(loaded));
  std::exception_ptr failure;
  try {
    co_return co_await shake_hands(connection, limit, std::move(plain_reply));
  } catch (const net_error& error) {
    if (error.code().category() != tls_category())
      throw;
    failure = std::current_exception();
  }
  co_await tls_connection::turn_away(std::move(connection));
  std::rethrow_exception(failure);
}

task<std::unique_ptr<tls_stream>> connect_tls(std::string host, std::uint16_t port, tls_client_context context,
                                              tcp_options options) {
  auto over = co_await connect_tcp(host, port, options);
  co_return co_await tls_client_handshake(std::move(over), std::move(context), std::move(host));
}

} // namespace actors::net
