#include <actors/http/internal/conversation.hpp>

#include <actors/core/sleep.hpp>
#include <actors/core/this_task.hpp>
#include <actors/core/timeout.hpp>
#include <actors/http/cookie_jar.hpp>
#include <actors/http/date.hpp>
#include <actors/http/internal/client_hook.hpp>
#include <actors/http/internal/route.hpp>
#include <actors/supervise/retry.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <string>
#include <utility>

namespace actors::http::internal {

namespace {

bool is_transient(client_errc kind) noexcept {
  return kind == client_errc::resolve || kind == client_errc::connect || kind == client_errc::disconnected ||
         kind == client_errc::timeout;
}

bool is_transient(status answer) noexcept {
  return answer == status::request_timeout || answer == status::too_many_requests || answer == status::bad_gateway ||
         answer == status::service_unavailable || answer == status::gateway_timeout;
}

/// A server that wants us to wait for longer does not want us to try again.
constexpr auto longest_pause = std::chrono::hours(1);

/// How long the server wants us to wait.
duration wished_pause(const response& answer) {
  const auto text = answer.get("Retry-After");
  if (!text)
    return duration::zero();
  const auto today = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return parse_retry_after(*text, today).value_or(std::chrono::seconds{0});
}

} // namespace

conversation::conversation(std::shared_ptr<const client_options> options, request_sender& sending,
                           std::shared_ptr<digest_sessions> digests, const url& where, const request& first)
    : options_(std::move(options)), sender_(&sending), who_(options_, std::move(digests), where, first),
      own_cookies_(first.fields().contains("Cookie")) {}

void conversation::add_cookies(cookie_jar& jar, const url& where, request& what) {
  if (own_cookies_ && what.fields().contains("Cookie"))
    return;
  own_cookies_ = false; // a redirect has taken them away
  what.fields().remove("Cookie");
  if (const auto text = jar.field_for(where); !text.empty())
    what.set("Cookie", text);
}

task<conversation::exchange_ptr> conversation::try_once(const url& where, request& what, outgoing_body* body) {
  const route way{*options_, where};
  const auto& jar = options_->cookies();
  for (;;) {
    way.prepare(where, what);
    who_.prepare(where, what);
    if (jar)
      add_cookies(*jar, where, what);
    auto exchange = co_await sender_->send(where, what, body);
    way.withdraw(what);
    if (jar)
      jar->store(where, exchange->head().fields());
    const bool is_challenged = who_.is_challenged(where, what, exchange->head());
    // A server that does not know what we expect is asked without (RFC 9110 §10.1.1).
    const bool is_unexpected =
        exchange->head().status() == status::expectation_failed && what.fields().contains("Expect");
    if (!is_challenged && !is_unexpected)
      co_return exchange;
    if (body != nullptr) {
      const bool is_new = co_await body->rewind();
      if (!is_new)
        co_return exchange;
    }
    if (is_unexpected)
      what.fields().remove("Expect");
    tell_hook(*options_, client_event_kind::challenge, where, code(exchange->head().status()));
    co_await exchange->drain();
  }
}

task<conversation::exchange_ptr> conversation::try_again(const url& where, request& what, outgoing_body* body) {
  const auto self = co_await this_task();
  supervise::retry_state state{*options_->retry(), self.now()};
  for (;;) {
    exchange_ptr exchange;
    std::exception_ptr problem;
    std::string why;
    const auto limit = state.time_for_attempt(self.now());
    try {
      exchange = co_await with_timeout(limit, try_once(where, what, body));
    } catch (const client_error& error) {
      if (!is_transient(error.kind()))
        throw;
      problem = std::current_exception();
      why = error.what();
    } catch (const timeout_error&) {
      const auto error = make_client_error(client_errc::timeout, what, where, "no response after " + text_of(limit));
      problem = std::make_exception_ptr(error);
      why = error.what();
    }
    auto at_least = duration::zero();
    if (exchange) {
      if (!is_transient(exchange->head().status()))
        co_return exchange;
      why = std::to_string(code(exchange->head().status()));
      at_least = wished_pause(exchange->head());
      if (at_least > longest_pause)
        co_return exchange;
    }
    auto wait = state.after_failure(problem, at_least, self.now(), std::min(sender_->deadline(), self.deadline()));
    if (wait && body != nullptr) {
      const bool is_new = co_await body->rewind();
      if (!is_new)
        wait.reset();
    }
    if (!wait && problem)
      std::rethrow_exception(problem);
    if (!wait)
      co_return exchange;
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(*wait).count();
    tell_hook(*options_, client_event_kind::retry, where, static_cast<std::uint64_t>(ms), why);
    if (exchange)
      co_await exchange->drain();
    exchange.reset();
    co_await sleep(*wait);
  }
}

} // namespace actors::http::internal
