// A server that answers every method on every path with the request's body, and `GET /` with "hello".
//
//   http_echo --port P [--tls CERT KEY]
//
// listens on 127.0.0.1; port 0 takes a free one and prints it. With --tls it speaks https with the certificate and the
// private key of these PEM files.

#include <actors/http/server.hpp>
#include <actors/net/error.hpp>
#include <actors/process/run_main.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

/// Nothing if they make no sense. Reads the certificate.
std::optional<http::server_options> parse(const std::vector<std::string>& arguments) {
  http::server_options options;
  bool has_port = false;
  for (std::size_t i = 0; i < arguments.size();) {
    const auto values = arguments.size() - i - 1;
    if (arguments[i] == "--port" && values >= 1) {
      const auto port = parse_port(arguments[i + 1]);
      if (!port)
        return std::nullopt;
      options.port(*port);
      has_port = true;
      i += 2;
    } else if (arguments[i] == "--tls" && values >= 2) {
      //! [tls]
      options.tls(net::tls_server_settings{net::tls_identity::files(arguments[i + 1], arguments[i + 2])});
      //! [tls]
      i += 3;
    } else {
      return std::nullopt;
    }
  }
  return has_port ? std::optional{std::move(options)} : std::nullopt;
}

} // namespace

int main(int argc, char** argv) {
  try {
    auto options = parse({argv + 1, argv + argc});
    if (!options) {
      std::fprintf(stderr, "usage: http_echo --port P [--tls CERT KEY]\n");
      return 2;
    }
    return process::run_main(serve(*std::move(options)));
  } catch (const net::net_error& error) {
    std::fprintf(stderr, "http_echo: %s\n", error.what());
    return 1;
  }
}
