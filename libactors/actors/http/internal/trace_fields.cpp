#include <actors/http/internal/trace_fields.hpp>

#include <actors/core/detail/io_worker.hpp>
#include <actors/http/method.hpp>
#include <actors/http/status.hpp>

#include <string>
#include <utility>

namespace actors::http::internal {

namespace {

constexpr std::string_view parent_field = "traceparent";
constexpr std::string_view state_field = "tracestate";

std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}

} // namespace

std::shared_ptr<const trace_context> trace_of(const fields& from) {
  const auto parent = from.get(parent_field);
  if (!parent || from.count(parent_field) != 1)
    return nullptr;
  std::string state;
  for (const auto each : from.get_all(state_field)) {
    if (!state.empty())
      state += ',';
    state += each;
  }
  auto read = trace_context::parse(*parent, state);
  return read ? std::make_shared<const trace_context>(std::move(*read)) : nullptr;
}

void set_trace(fields& to, const trace_context* trace) {
  to.remove(parent_field);
  to.remove(state_field);
  if (trace == nullptr)
    return;
  to.add(parent_field, trace->traceparent());
  if (!trace->state().empty())
    to.add(state_field, trace->state());
}

request_scope::request_scope(actors::detail::task_context& context, const request& head) {
  // What the connection was spawned in has nothing to do with the request.
  auto incoming = trace_of(head.fields());
  if (incoming || context.values().peek_trace() != nullptr)
    trace_.emplace(context, context.values().with_trace(std::move(incoming)));
  if (!actors::detail::takes_spans(context))
    return;
  span_options options;
  options.kind(span_kind::server)
      .attribute("http.request.method", to_string(head.method()))
      .attribute("url.path", path_of(head.target()));
  span_.emplace(context, to_string(head.method()), options);
}

void request_scope::answered(status code, const std::exception_ptr& problem) {
  if (!span_)
    return;
  auto& span = span_->get();
  span.set_attribute("http.response.status_code", http::code(code));
  if (problem)
    span.fail(problem);
  else if (http::code(code) >= 500)
    span.set_status(span_status::error, reason_phrase(code));
  span_->leave();
}

void request_scope::failed(const std::exception_ptr& error) noexcept {
  if (span_)
    span_->fail(error);
}

outgoing_request::outgoing_request(actors::detail::task_context& context, const url& where, request& what,
                                   bool own_trace) {
  const auto* carried = context.values().peek_trace();
  if (actors::detail::takes_spans(context)) {
    span_options options;
    options.kind(span_kind::client)
        .attribute("http.request.method", to_string(what.method()))
        .attribute("server.address", where.host())
        .attribute("server.port", where.port())
        .attribute("url.full", where.without_userinfo().to_string());
    span_ = actors::detail::start_span(context, to_string(what.method()), options);
    if (span_.context())
      carried = span_.context().get();
  }
  if (!own_trace)
    set_trace(what.fields(), carried);
}

void outgoing_request::answered(status code) {
  span_.set_attribute("http.response.status_code", http::code(code));
  // To a client an answer that blames it is a failure too (OpenTelemetry's conventions for HTTP).
  if (http::code(code) >= 400)
    span_.set_status(span_status::error, reason_phrase(code));
  span_.end();
}

void outgoing_request::failed(const std::exception_ptr& error) {
  span_.fail(error);
  span_.end();
}

} // namespace actors::http::internal
