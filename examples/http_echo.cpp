// A server that answers every method on every path with the request's body, and `GET /` with "hello".
//
//   http_echo --port P      listens on 127.0.0.1; port 0 takes a free one and prints it

#include <actors/http/server.hpp>
#include <actors/process/run_main.hpp>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

using namespace actors;

namespace {

//! [echo]
http::response echo(http::request what) {
  if (what.method() == http::method::get && what.target() == "/" && what.body().empty())
    return http::response{http::status::ok, "hello", "text/plain"};
  const std::string type{what.get("Content-Type").value_or("application/octet-stream")};
  return http::response{http::status::ok, std::move(what.body()), type};
}

task<int> serve(http::server_options options) {
  http::server site{echo, std::move(options)};
  co_await site.start();
  std::printf("listening on %s\n", site.url().c_str());
  std::fflush(stdout);
  co_await site.join();
  co_return 0;
}

//! [echo]

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (problem != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return port;
}

} // namespace

int main(int argc, char** argv) {
  std::optional<std::uint16_t> port;
  if (argc == 3 && std::string_view{argv[1]} == "--port")
    port = parse_port(argv[2]);
  if (!port) {
    std::fprintf(stderr, "usage: http_echo --port P\n");
    return 2;
  }
  return process::run_main(serve(http::server_options{}.port(*port)));
}
