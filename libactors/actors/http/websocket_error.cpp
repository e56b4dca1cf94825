#include <actors/http/websocket_error.hpp>

#include <actors/core/printable_text.hpp>

namespace actors::http {

namespace {

std::string text_of(std::string_view peer, std::string_view problem) {
  std::string text = "WebSocket ";
  text.append(peer).append(": ").append(problem);
  return printable_text(text);
}

} // namespace

std::string_view to_string(websocket_errc kind) noexcept {
  switch (kind) {
  case websocket_errc::refused:
    return "refused";
  case websocket_errc::handshake:
    return "handshake";
  case websocket_errc::resolve:
    return "resolve";
  case websocket_errc::connect:
    return "connect";
  case websocket_errc::tls:
    return "tls";
  case websocket_errc::proxy:
    return "proxy";
  case websocket_errc::timeout:
    return "timeout";
  case websocket_errc::protocol:
    return "protocol";
  case websocket_errc::invalid_data:
    return "invalid_data";
  case websocket_errc::too_large:
    return "too_large";
  case websocket_errc::disconnected:
    return "disconnected";
  case websocket_errc::slow_reader:
    return "slow_reader";
  case websocket_errc::closed:
    return "closed";
  case websocket_errc::unsupported:
    return "unsupported";
  }
  return "unknown";
}

websocket_error::websocket_error(websocket_errc kind, std::string_view peer, std::string_view problem,
                                 std::optional<http::status> status)
    : std::runtime_error(text_of(peer, problem)), kind_(kind), status_(status) {}

} // namespace actors::http
