#include <actors/net/tcp_listener.hpp>

#include <actors/net/error.hpp>
#include <actors/net/internal/acceptor.hpp>
#include <actors/net/internal/bind_first.hpp>

#include <utility>

namespace actors::net {

namespace {

class tcp_listener_on_socket final : public tcp_listener {
public:
  tcp_listener_on_socket(std::shared_ptr<internal::acceptor> socket, const endpoint& local)
      : socket_(std::move(socket)), local_(local) {}

  ~tcp_listener_on_socket() override { socket_->close(); }

  task<std::unique_ptr<stream>> accept() override { return internal::accept_from(socket_, nullptr); }

  task<std::unique_ptr<stream>> accept_for(boost::asio::io_context& home) override {
    return internal::accept_from(socket_, &home);
  }

  void close() noexcept override { socket_->close(); }

  [[nodiscard]] bool is_open() const noexcept override { return socket_->is_open(); }

  [[nodiscard]] std::string local() const override { return socket_->local(); }

  [[nodiscard]] endpoint local_endpoint() const noexcept override { return local_; }

private:
  std::shared_ptr<internal::acceptor> socket_;
  endpoint local_;
};

std::unique_ptr<tcp_listener> listen_on(boost::asio::io_context& home, const endpoint& wanted,
                                        const listen_options& options) {
  const auto fail = [&](const std::error_code& error) { throw net_error("listen on", wanted.to_string(), error); };
  std::error_code error;
  const internal::socket_address address{wanted};
  auto fd = internal::open_socket(address.family(), error);
  if (error)
    fail(error);
  // Without it, a port cannot be bound for a minute after a server with connections has ended.
  bool good = internal::set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (options.share_port())
    good = good && internal::set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  internal::socket_address actual;
  good = good && ::bind(fd.get(), address.data(), address.size()) == 0 && ::listen(fd.get(), options.backlog()) == 0 &&
         ::getsockname(fd.get(), actual.data(), actual.size_to_fill()) == 0;
  if (!good)
    fail(last_system_error());
  const auto local = actual.to_endpoint().value_or(wanted);
  auto socket =
      internal::descriptor::make<internal::acceptor>(home, std::move(fd), local.to_string(), options.connections());
  return std::make_unique<tcp_listener_on_socket>(std::move(socket), local);
}

} // namespace

task<std::unique_ptr<tcp_listener>> listen_tcp(std::string host, std::uint16_t port, listen_options options) {
  auto bind = [options](boost::asio::io_context& home, const endpoint& wanted) {
    return listen_on(home, wanted, options);
  };
  return internal::bind_first<std::unique_ptr<tcp_listener>>(std::move(host), port, std::move(bind));
}

} // namespace actors::net
