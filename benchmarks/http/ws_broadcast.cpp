// A server for measuring: one room at /ws, in which every message goes to everybody, the sender too.
//
//     bench_ws_broadcast [PORT] [WORKERS]      the port also from PORT in the environment; ends on SIGINT and SIGTERM

#include <actors/core/runtime.hpp>
#include <actors/http/server.hpp>
#include <actors/http/websocket_room.hpp>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
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

task<> serve(std::uint16_t port) {
  const http::websocket_room room;
  http::server site{[room](http::server_exchange& exchange) { return talk(exchange, room); },
                    http::server_options{}.port(port).max_connections(100'000)};
  co_await site.start();
  std::printf("listening on %s\n", site.url().c_str());
  std::fflush(stdout);
  co_await site.join();
}

} // namespace

int main(int argc, char** argv) {
  const char* from_environment = std::getenv("PORT"); // NOLINT(concurrency-mt-unsafe): nobody sets variables
  const char* port = argc > 1 ? argv[1] : from_environment != nullptr ? from_environment : "8080";
  const auto workers = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 0;

  // Blocked before the workers start, so that they inherit it and only sigwait sees them.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  try {
    runtime home{runtime_options{}.workers(workers)};
    const auto failed = [](const outcome<void>& result) {
      if (result.has_error() && !result.was_cancelled()) {
        std::fprintf(stderr, "bench_ws_broadcast: %s\n", describe(result.error()).c_str());
        std::_Exit(1);
      }
    };
    const auto serving = home.spawn_then(serve(static_cast<std::uint16_t>(std::strtoul(port, nullptr, 10))), failed);
    int signal = 0;
    sigwait(&ends, &signal);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_ws_broadcast: %s\n", error.what());
    return 1;
  }
  return 0;
}
