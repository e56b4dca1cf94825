// A WebSocket server that sends back what it gets, at any path: `example_ws_echo --port 9001`.

#include <actors/core/runtime.hpp>
#include <actors/http/server.hpp>
#include <actors/http/websocket.hpp>

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

namespace {

using namespace actors;

//! [handler]
task<void> echo(http::server_exchange& exchange, http::websocket_options options) {
  auto socket = co_await http::accept_websocket(exchange, std::move(options));
  for (;;) {
    auto message = co_await socket.receive();
    if (!message)
      co_return;
    static_cast<void>(co_await socket.send(*std::move(message)));
  }
}

//! [handler]

task<> serve(std::uint16_t port, http::websocket_options options) {
  const auto handler = [options](http::server_exchange& exchange) { return echo(exchange, options); };
  http::server site{handler, http::server_options{}.port(port)};
  co_await site.start();
  std::printf("listening on %s\n", site.url().c_str());
  std::fflush(stdout);
  co_await site.join();
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"A WebSocket server that sends back what it gets.", "ws_echo"};
  std::uint16_t port = 0;
  std::size_t max_message = std::size_t{16} << 20;
  app.add_option("--port", port, "Where to listen on 127.0.0.1; 0 for any free port")->capture_default_str();
  app.add_option("--max-message", max_message, "The largest message in bytes")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  // Blocked before the workers start, so that they inherit it and only sigwait sees them.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  try {
    runtime home;
    // Anybody may connect: nothing is told that the peer has not said itself.
    const auto options =
        http::websocket_options{}
            .max_message(max_message)
            .allow_any_origin()
            .compression(http::deflate_options{}.server_context_takeover(true).client_context_takeover(true));
    const auto failed = [](const outcome<void>& result) {
      if (result.has_error() && !result.was_cancelled()) {
        std::fprintf(stderr, "ws_echo: %s\n", describe(result.error()).c_str());
        std::_Exit(1);
      }
    };
    const auto serving = home.spawn_then(serve(port, options), failed);
    int signal = 0;
    sigwait(&ends, &signal);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ws_echo: %s\n", error.what());
    return 1;
  }
  return 0;
}
