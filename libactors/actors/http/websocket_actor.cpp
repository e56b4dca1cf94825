#include <actors/http/websocket_actor.hpp>

#include <actors/core/ask.hpp>
#include <actors/core/error.hpp>
#include <actors/core/service.hpp>
#include <actors/core/spawn.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace actors::http {

namespace {

class websocket_actor final : public service {
public:
  websocket_actor(websocket owned, caf::actor listener) : socket_(std::move(owned)), listener_(std::move(listener)) {
    on([this](say_atom, ws_message message) { return socket_.send(std::move(message)); });
    on([this](say_atom, std::string text) { return socket_.send_text(std::move(text)); });
    on([this](caf::close_atom, std::uint16_t code, std::string reason) {
      return socket_.close(static_cast<close_code>(code), std::move(reason));
    });
  }

private:
  task<void> on_start() override {
    static_cast<void>(spawn(listen(), spawn_options{}.name("websocket listener")));
    co_return;
  }

  task<void> listen() {
    std::string problem;
    try {
      co_await pass_on();
    } catch (const std::exception& error) {
      problem = error.what();
    }
    const auto status = socket_.peer_status();
    if (problem.empty())
      problem = status.reason();
    tell(listener_, ended_atom_v, static_cast<std::uint16_t>(status.code()), std::move(problem), self());
    stop();
  }

  task<void> pass_on() {
    for (;;) {
      auto message = co_await socket_.receive();
      if (!message)
        co_return;
      co_await ask<void>(listener_, heard_atom_v, *std::move(message), self());
    }
  }

  websocket socket_;
  caf::actor listener_;
};

} // namespace

service_ref spawn_websocket_actor(websocket owned, caf::actor listener, const spawn_options& options) {
  return spawn_service(std::make_unique<websocket_actor>(std::move(owned), std::move(listener)), options);
}

} // namespace actors::http
