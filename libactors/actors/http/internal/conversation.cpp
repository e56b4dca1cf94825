#include <actors/http/internal/conversation.hpp>

#include <actors/http/cookie_jar.hpp>
#include <actors/http/internal/client_hook.hpp>
#include <actors/http/internal/route.hpp>

#include <utility>

namespace actors::http::internal {

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

task<conversation::exchange_ptr> conversation::answer_to(const url& where, request& what, outgoing_body* body) {
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

} // namespace actors::http::internal
