// A WebSocket client that sends back what it gets: `example_ws_client ws://127.0.0.1:9001/ --count 10`. For wss the
// server must show a certificate of an authority that the system trusts, or of one in the file after --cacert. Exits
// with 0 if the connection was closed in order.

#include <actors/core/run.hpp>
#include <actors/http/websocket_client.hpp>

#include <CLI/CLI.hpp>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>

namespace {

using namespace actors;

//! [connect]
task<void> echo(std::string where, http::websocket_client_options options, std::uint64_t count) {
  auto socket = co_await http::connect_websocket(where, std::move(options));
  for (std::uint64_t i = 0; i < count; ++i) {
    auto message = co_await socket.receive();
    if (!message)
      co_return;
    static_cast<void>(co_await socket.send(*std::move(message)));
  }
  co_await socket.close();
}

//! [connect]

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"A WebSocket client that sends back what it gets, until the server closes.", "ws_client"};
  std::string where;
  std::string authorities;
  std::uint64_t count = UINT64_MAX;
  app.add_option("url", where, "Such as ws://127.0.0.1:9001/ or wss://example.org/")->required();
  app.add_option("--count", count, "Closes after so many messages");
  app.add_option("--cacert", authorities, "Trusts the authorities in this PEM file, and not the system's");
  CLI11_PARSE(app, argc, argv);
  try {
    auto options = http::websocket_client_options{}.websocket(http::websocket_options{}.compression(
        http::deflate_options{}.server_context_takeover(true).client_context_takeover(true)));
    if (!authorities.empty())
      options.tls(net::tls_client_settings{}.ca_file(authorities));
    run(echo(where, options, count));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ws_client: %s\n", error.what());
    return 1;
  }
  return 0;
}
