#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/log.hpp>
#include <actors/http/message.hpp>
#include <actors/http/method.hpp>
#include <actors/http/status.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

/// What a server tells about each request: an event for any callable, and the forms that everybody reads.
///
///     server_options{}.access_log(access_lines(sink, access_form::combined))
///
/// There is an event for each request that was answered, also by a refusal, and for each whose client left before
/// (`is_aborted`). It is made when the answer has been handed over for sending; a server without an access log makes
/// none.
///
/// Threads: the callable is called on the connections' workers, several at a time, and must not block. What it throws
/// ends the connection. Ownership: an event belongs to the connection; copy what is to stay.
///
/// What clients send may hold quotes and control characters: the text forms escape them, so that an event is one line.
///
/// @snippet examples/http.cpp server
namespace actors::http {

/// One request.
struct access_event {
  std::chrono::system_clock::time_point when; ///< its head was complete
  std::string peer;                           ///< such as `127.0.0.1:40123`; behind trusted proxies the client
  http::method method = http::method::get;
  std::string target; ///< empty if the request line could not be read
  http::version version = http::version::http_1_1;
  std::string host;
  std::string referer;
  std::string user_agent;
  http::status status = http::status::ok; ///< 499, as nginx says it, if the client left before there was an answer
  std::uint64_t sent = 0;                 ///< bytes of the answer's body, without framing
  duration took = duration::zero();       ///< from the head to the answer
  bool is_aborted = false;                ///< the client left, or the answer broke off
  std::string route;                      ///< the pattern that took it, where somebody knows; JSON only
  std::string request_id;                 ///< what tells it apart, where somebody knows; JSON only
};

using access_sink = std::function<void(const access_event&)>;

enum class access_form : std::uint8_t {
  common,   ///< the Common Log Format of NCSA
  combined, ///< the same with Referer and User-Agent
  json,     ///< an object a line
};

/// One line, without its end. Times are UTC, `took` is in microseconds (`took_us`, JSON only).
[[nodiscard]] std::string format_access(const access_event& event, access_form form);

/// A sink that writes a line an event to a log, as `info` of the component `access`.
[[nodiscard]] access_sink access_lines(std::shared_ptr<log_sink> log, access_form form = access_form::combined);

} // namespace actors::http
