#include <actors/net/udp_actor.hpp>

#include <actors/core/service.hpp>
#include <actors/sync/mutex.hpp>

#include <memory>
#include <string>
#include <utility>

namespace actors::net {

namespace {

class udp_actor final : public service {
public:
  explicit udp_actor(udp_socket owned) : socket_(std::move(owned)) {
    on([this](read_atom) { return read(); });
    on([this](write_atom, std::string data, endpoint to) { return write(std::move(data), to); });
    on([this](local_atom) { return socket_.local_endpoint(); });
    on([this](caf::close_atom) {
      socket_.close();
      stop();
    });
  }

private:
  task<datagram> read() {
    const auto turn = co_await reads_.lock();
    co_return co_await socket_.receive();
  }

  task<void> write(std::string data, endpoint to) { co_await socket_.send_to(data, to); }

  task<void> on_stop() override {
    socket_.close();
    co_return;
  }

  udp_socket socket_;
  sync::mutex reads_;
};

} // namespace

service_ref spawn_udp_actor(udp_socket owned, const spawn_options& options) {
  return spawn_service(std::make_unique<udp_actor>(std::move(owned)), options);
}

service_ref spawn_udp_actor(const runtime& owner, udp_socket owned, const spawn_options& options) {
  return spawn_service(owner, std::make_unique<udp_actor>(std::move(owned)), options);
}

} // namespace actors::net
