// A WebSocket server that sends back what it gets, at any path: `example_ws_echo --port 9001`. With `--tls CERT KEY` it
// speaks wss with the certificate and the private key of these PEM files.

#include <actors/http/server.hpp>
#include <actors/http/websocket.hpp>
#include <actors/net/error.hpp>
#include <actors/process/run_main.hpp>

#include <CLI/CLI.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

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

task<int> serve(http::server_options where, http::websocket_options options) {
  const auto handler = [options](http::server_exchange& exchange) { return echo(exchange, options); };
  http::server site{handler, std::move(where)};
  co_await site.start();
  std::printf("listening on %s\n", site.url().c_str());
  std::fflush(stdout);
  co_await site.join();
  co_return 0;
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"A WebSocket server that sends back what it gets.", "ws_echo"};
  std::uint16_t port = 0;
  std::size_t max_message = std::size_t{16} << 20;
  std::vector<std::string> identity;
  app.add_option("--port", port, "Where to listen on 127.0.0.1; 0 for any free port")->capture_default_str();
  app.add_option("--max-message", max_message, "The largest message in bytes")->capture_default_str();
  app.add_option("--tls", identity, "Speaks TLS with this certificate and private key, both PEM files")
      ->type_name("CERT KEY")
      ->expected(2);
  CLI11_PARSE(app, argc, argv);

  // Anybody may connect: nothing is told that the peer has not said itself.
  const auto options =
      http::websocket_options{}
          .max_message(max_message)
          .allow_any_origin()
          .compression(http::deflate_options{}.server_context_takeover(true).client_context_takeover(true));
  auto where = http::server_options{}.port(port);
  try {
    if (!identity.empty())
      where.tls(net::tls_server_settings{net::tls_identity::files(identity.front(), identity.back())});
    return process::run_main(serve(where, options));
  } catch (const net::net_error& error) {
    std::fprintf(stderr, "ws_echo: %s\n", error.what());
    return 1;
  }
}
