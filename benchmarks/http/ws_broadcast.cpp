// A server for measuring: one room at /ws, in which every message goes to everybody, the sender too.
//
//     bench_ws_broadcast [PORT] [WORKERS]      the port also from PORT in the environment; ends on SIGINT and SIGTERM

#include "listening_program.hpp"

#include <actors/http/websocket_room.hpp>

#include <utility>

namespace {

using namespace actors;

task<void> talk(http::server_exchange& exchange, http::websocket_room room) {
  auto socket = co_await http::accept_websocket(exchange, http::websocket_options{}.allow_any_origin());
  const auto here = room.join(socket.sender());
  for (;;) {
    auto message = co_await socket.receive();
    if (!message)
      co_return;
    room.broadcast(http::prepared_message{*std::move(message)});
  }
}

} // namespace

int main(int argc, char** argv) {
  const http::websocket_room room;
  const auto handler = [room](http::server_exchange& exchange) { return talk(exchange, room); };
  return bench::listening_program(argc, argv, handler, http::server_options{}.max_connections(100'000));
}
