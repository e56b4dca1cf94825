#include <actors/web/access_logging.hpp>

#include <actors/core/this_task.hpp>
#include <actors/web/internal/observed_reply.hpp>
#include <actors/web/internal/request_facts.hpp>

#include <chrono>
#include <exception>
#include <string>
#include <string_view>

namespace actors::web {

namespace {

/// nginx's, for those who did not wait.
constexpr auto client_left = static_cast<http::status>(499);

/// What is known when a request comes.
http::access_event event_of(context& c, bool is_behind_proxies) {
  const auto& r = c.request();
  const auto text = [&r](std::string_view name) { return std::string{r.get(name).value_or("")}; };
  http::access_event result;
  result.when = std::chrono::system_clock::now();
  result.peer = internal::client_address(c, is_behind_proxies);
  result.method = r.method();
  result.target = r.target();
  result.version = r.version();
  result.host = text("Host");
  result.referer = text("Referer");
  result.user_agent = text("User-Agent");
  return result;
}

} // namespace

task<reply> access_logging::operator()(context& c, next go_on) const {
  if (skip_when_ && skip_when_(c))
    co_return co_await go_on(c);
  auto event = event_of(c, is_behind_proxies_);
  const auto began = (co_await this_task()).now();
  reply answer;
  std::exception_ptr problem;
  try {
    answer = co_await go_on(c);
  } catch (...) {
    problem = std::current_exception();
  }
  const auto now = (co_await this_task()).now();
  event.route = c.route();
  event.request_id = c.request_id();
  event.took = now - began;
  if (problem) {
    event.status = client_left;
    event.is_aborted = true;
    to_(event);
    std::rethrow_exception(problem);
  }
  if (answer.is_taken_over()) {
    event.status = internal::wants_websocket(c) ? http::status::switching_protocols : http::status::ok;
    to_(event);
    co_return answer;
  }
  const bool is_head = c.request().method() == http::method::head;
  internal::observe_reply(answer, is_head, now,
                          [to = to_, event = std::move(event), began](const internal::sent_reply& sent) mutable {
                            event.status = sent.status;
                            event.sent = sent.bytes;
                            event.took = sent.when - began;
                            event.is_aborted = sent.is_aborted;
                            to(event);
                          });
  co_return answer;
}

} // namespace actors::web
