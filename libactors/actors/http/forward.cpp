#include <actors/http/forward.hpp>

#include <actors/core/ask.hpp>
#include <actors/core/error.hpp>

#include <caf/sec.hpp>

#include <utility>

namespace actors::http {

namespace {

response make_error(status code, const char* text) {
  return response{code, text, "text/plain; charset=utf-8"};
}

template <class Target>
task<response> answer_by(const Target& target, duration limit, request what) {
  try {
    co_return co_await ask<response>(target, std::move(what)).within(limit);
  } catch (const timeout_error&) {
    co_return make_error(status::gateway_timeout, "504 Gateway Timeout\n");
  } catch (const remote_error& error) {
    if (error.error() != caf::sec::request_receiver_down)
      throw;
    co_return make_error(status::service_unavailable, "503 Service Unavailable\n");
  }
}

template <class Target>
handler make_handler(Target target, duration limit) {
  return [target = std::move(target), limit](request what) { return answer_by(target, limit, std::move(what)); };
}

} // namespace

handler forward_to(service_ref target, duration limit) {
  return make_handler(std::move(target), limit);
}

handler forward_to(caf::actor target, duration limit) {
  return make_handler(std::move(target), limit);
}

} // namespace actors::http
