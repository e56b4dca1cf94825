#include <actors/web/request_timeout.hpp>

#include <actors/core/error.hpp>
#include <actors/core/timeout.hpp>
#include <actors/web/internal/application_core.hpp>
#include <actors/web/internal/request_facts.hpp>
#include <actors/web/websocket_route.hpp>

#include <utility>

namespace actors::web {

namespace {

/// A client cannot escape by saying so where there is none. What is mounted is known no further.
bool may_become_websocket(const context& c) {
  const auto* entry = c.entry();
  return entry != nullptr && internal::wants_websocket(c) &&
         (entry->definition == nullptr ||
          dynamic_cast<const detail::websocket_endpoint*>(entry->endpoint.get()) != nullptr);
}

} // namespace

request_timeout::request_timeout(duration limit) : limit_(limit) {
  if (limit <= duration::zero())
    throw misuse_error("a request_timeout is longer than nothing");
}

task<reply> request_timeout::operator()(context& c, next go_on) const {
  if (may_become_websocket(c))
    co_return co_await go_on(c);
  auto limited = move_on_after(limit_, go_on(c));
  auto answer = co_await std::move(limited);
  if (!answer)
    co_return internal::refusal(status_, "The request took too long");
  co_return std::move(*answer);
}

} // namespace actors::web
