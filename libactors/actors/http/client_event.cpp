#include <actors/http/client_event.hpp>

namespace actors::http {

std::string_view to_string(client_event_kind kind) noexcept {
  switch (kind) {
  case client_event_kind::connecting:
    return "connecting";
  case client_event_kind::connected:
    return "connected";
  case client_event_kind::tunnel:
    return "tunnel";
  case client_event_kind::reused:
    return "reused";
  case client_event_kind::request_sent:
    return "request_sent";
  case client_event_kind::interim:
    return "interim";
  case client_event_kind::head:
    return "head";
  case client_event_kind::body_end:
    return "body_end";
  case client_event_kind::challenge:
    return "challenge";
  case client_event_kind::redirect:
    return "redirect";
  case client_event_kind::retry:
    return "retry";
  }
  return "unknown";
}

} // namespace actors::http
