#pragma once

#include <actors/core/detail/run_with_values.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/span.hpp>
#include <actors/core/trace_context.hpp>
#include <actors/http/fields.hpp>
#include <actors/http/message.hpp>
#include <actors/http/url.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <string_view>

/// How a trace travels over HTTP: the fields `traceparent` and `tracestate` of W3C Trace Context.
namespace actors::http::internal {

/// The trace that a request belongs to; null if it says none, or something malformed, or more than one.
[[nodiscard]] std::shared_ptr<const trace_context> trace_of(const fields& from);

/// Writes the fields in place of those that are there; null: none.
void set_trace(fields& to, const trace_context* trace);

/// What a server's connection does around the handling of one request: the handler sees the request's trace, and there
/// is a span if somebody takes it. In the frame, or an object of it, of the connection's coroutine.
class request_scope {
public:
  request_scope(actors::detail::task_context& context, const request& head);
  request_scope(const request_scope&) = delete;
  request_scope& operator=(const request_scope&) = delete;

  /// Without an answer the handling was broken off, which the span says.
  ~request_scope() = default;

  /// There is an answer; `problem` is what the handler threw, null if it did not.
  void answered(status code, const std::exception_ptr& problem);

  /// There will be none.
  void failed(const std::exception_ptr& error) noexcept;

private:
  std::optional<actors::detail::context_values_scope> trace_;
  std::optional<actors::detail::span_scope> span_;
};

/// What a client does around one request: it carries the trace, and is a span if somebody takes it.
class outgoing_request {
public:
  /// Writes the fields into `what`, except where the caller has written them (`own_trace`).
  outgoing_request(actors::detail::task_context& context, const url& where, request& what, bool own_trace);

  void answered(status code);
  void failed(const std::exception_ptr& error);

private:
  span span_;
};

} // namespace actors::http::internal
