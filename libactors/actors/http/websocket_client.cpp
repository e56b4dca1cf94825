#include <actors/http/websocket_client.hpp>

#include <actors/core/error.hpp>
#include <actors/core/timeout.hpp>
#include <actors/http/error.hpp>
#include <actors/http/internal/parser.hpp>
#include <actors/http/internal/route.hpp>
#include <actors/http/internal/serializer.hpp>
#include <actors/http/internal/transport.hpp>
#include <actors/http/internal/websocket_core.hpp>
#include <actors/http/internal/websocket_handshake.hpp>
#include <actors/net/error.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace actors::http {

namespace {

using internal::parse_event;
using internal::transport;
using internal::websocket_core;

std::string name_of(const url& where) {
  return where.without_userinfo().to_string();
}

websocket_error make_error(websocket_errc kind, const url& where, std::string_view problem) {
  return websocket_error{kind, name_of(where), problem};
}

websocket_errc kind_of(const net::net_error& error) noexcept {
  switch (transport::phase_of(error)) {
  case transport::phase::resolve:
    return websocket_errc::resolve;
  case transport::phase::tls:
    return error.code() == std::errc::timed_out ? websocket_errc::timeout : websocket_errc::tls;
  default:
    return websocket_errc::connect;
  }
}

/// A stream to the server of `where`, straight or through a proxy's tunnel.
task<std::unique_ptr<net::stream>> open_stream(transport& way, const url& where,
                                               const websocket_client_options& options) {
  const auto* const proxy = options.proxy().for_url(where);
  if (proxy == nullptr)
    co_return co_await way.open(where);
  auto stream = co_await way.open_proxy(*proxy);
  std::optional<std::string> agent;
  if (const auto given = options.headers().get("User-Agent"))
    agent = *given;
  const message_limits limits;
  const auto failure = co_await internal::open_tunnel(*stream, *proxy, where, std::move(agent), limits);
  if (failure)
    throw websocket_error{websocket_errc::proxy, name_of(where), failure->problem, failure->code};
  if (where.is_secure())
    stream = co_await way.secure(std::move(stream), std::string{where.host()});
  co_return stream;
}

task<std::unique_ptr<net::stream>> connect(const url& where, const websocket_client_options& options) {
  transport way{options.connect_with(), options.names(), options.tls(), options.proxy().tls()};
  try {
    co_return co_await with_timeout(options.connect_timeout(), open_stream(way, where, options));
  } catch (const timeout_error&) {
    throw make_error(websocket_errc::timeout, where, "no connection in time");
  } catch (const net::net_error& error) {
    throw make_error(kind_of(error), where, error.what());
  }
}

/// The server's answer, and what it has sent behind it.
struct handshake_answer {
  response head;
  std::string early;
};

/// Reads the head of the final answer; interim ones are passed over.
task<handshake_answer> read_answer(net::stream& stream, const url& where) {
  constexpr std::size_t max_interim = 20;
  internal::response_parser parser;
  std::array<char, 4096> buffer{};
  std::string_view input;
  std::size_t interim = 0;
  for (;;) {
    const auto event = parser.next(input);
    if (event == parse_event::failed)
      throw make_error(websocket_errc::handshake, where, parser.failure().message);
    if (event == parse_event::complete && parser.head().status() == status::switching_protocols) {
      handshake_answer result;
      result.head = std::move(parser.head());
      result.early = input;
      co_return result;
    }
    if (event == parse_event::head) {
      const auto code = parser.head().status();
      if (static_cast<int>(code) >= 200)
        throw websocket_error{websocket_errc::refused, name_of(where),
                              "the server answers " + std::to_string(static_cast<int>(code)) + " " +
                                  std::string{parser.head().reason()},
                              code};
      if (code != status::switching_protocols && ++interim > max_interim)
        throw make_error(websocket_errc::handshake, where, "too many interim answers");
    }
    if (event != parse_event::more)
      continue;
    const auto size = co_await stream.read_some(buffer);
    if (size == 0)
      throw make_error(websocket_errc::handshake, where, "the connection ended without an answer");
    input = {buffer.data(), size};
  }
}

task<handshake_answer> shake_hands(net::stream& stream, const url& where, const websocket_client_options& options,
                                   std::string key) {
  auto head = request{method::get, where.target()};
  for (const auto [name, value] : options.headers())
    head.add(name, value);
  head.fields().remove("Proxy-Authorization"); // no proxy is to see this request
  internal::set_handshake_fields(head, options.websocket(), key);
  std::string text;
  append_head(text, head, internal::body_framing::none(), where.authority());
  try {
    co_await stream.write_all(text);
  } catch (const net::net_error&) {
    // Why the server does not listen any more is among what it has sent, such as an alert of TLS.
  }
  co_return co_await read_answer(stream, where);
}

task<websocket> open(url where, websocket_client_options options) {
  const auto scheme = where.scheme();
  if (scheme != "ws" && scheme != "wss" && !where.is_http())
    throw make_error(websocket_errc::unsupported, where, "only the schemes ws and wss are supported");
  if (where.port() == 0)
    throw make_error(websocket_errc::unsupported, where, "port 0 cannot be connected to");
  auto stream = co_await connect(where, options);
  const auto key = internal::make_key();
  handshake_answer answer;
  try {
    answer = co_await with_timeout(options.handshake_timeout(), shake_hands(*stream, where, options, key));
  } catch (const timeout_error&) {
    throw make_error(websocket_errc::timeout, where, "no answer to the handshake in time");
  } catch (const net::net_error& error) {
    // With TLS 1.3 a server says only after TLS's handshake that it does not like the client's certificate.
    const bool is_tls = transport::phase_of(error) == transport::phase::tls;
    throw make_error(is_tls ? websocket_errc::tls : websocket_errc::handshake, where, error.what());
  }
  std::string problem;
  auto agreed = internal::check_answer(answer.head, options.websocket(), key, problem);
  if (!problem.empty())
    throw make_error(websocket_errc::handshake, where, problem);
  auto core = std::make_shared<websocket_core>(std::move(stream), internal::websocket_side::client, options.websocket(),
                                               std::move(agreed), std::move(answer.early));
  core->start();
  co_return websocket{std::move(core)};
}

} // namespace

task<websocket> connect_websocket(std::string_view where, websocket_client_options options) {
  return open(url::parse(where), std::move(options));
}

task<websocket> connect_websocket(url where, websocket_client_options options) {
  return open(std::move(where), std::move(options));
}

} // namespace actors::http
