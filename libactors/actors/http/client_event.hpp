#pragma once

#include <actors/core/fwd.hpp>
#include <actors/http/url.hpp>

#include <cstdint>
#include <functional>
#include <string_view>

/// What a client does, step by step: for traces, metrics and `--verbose`.
///
///     const auto tell = [](const client_event& e) { log(to_string(e.what), e.target.without_userinfo(), e.detail); };
///     client web{client_options{}.on_event(tell)};
///
/// The hook is called in the task that makes the request (`request_sent` of a body that is sent in pieces: in the task
/// that sends it), at once; what it throws ends the request, so it should not. Views are valid during the call. A
/// client without a hook does nothing for it. `target` is the URL as it was given: a log wants it `without_userinfo()`.
namespace actors::http {

enum class client_event_kind : std::uint8_t {
  connecting,   ///< the host's name is resolved and connected to
  connected,    ///< `detail`: the peer
  tunnel,       ///< a proxy has opened a tunnel; `detail`: the proxy
  reused,       ///< a kept connection is taken instead
  request_sent, ///< with the whole body, as far as the system has taken it
  interim,      ///< an interim response; `number`: its status
  head,         ///< the head of the response; `number`: its status
  body_end,     ///< the last byte of the response; `number`: bytes of the body as handed out
  challenge,    ///< the request is sent again with an answer to the server's challenge; `number`: the status
  redirect,     ///< `detail`: where to; `number`: the status
  retry,        ///< the request is sent again; `detail`: why; `number`: milliseconds to wait first
};

/// A short name such as `request_sent`, stable for logs and metrics.
[[nodiscard]] std::string_view to_string(client_event_kind kind) noexcept;

struct client_event {
  client_event_kind what;
  const url& target; ///< of the request, or, in a redirect, of the one that was sent
  time_point at;     ///< on the clock of the runtime
  std::uint64_t number = 0;
  std::string_view detail;
};

using client_hook = std::function<void(const client_event&)>;

} // namespace actors::http
