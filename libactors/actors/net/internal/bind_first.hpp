#pragma once

#include <actors/core/detail/io_worker.hpp>
#include <actors/core/task.hpp>
#include <actors/net/endpoint.hpp>
#include <actors/net/error.hpp>
#include <actors/net/resolver.hpp>

#include <cstdint>
#include <exception>
#include <string>
#include <utility>

namespace actors::net::internal {

/// Resolves a host and gives what `bind(home, endpoint)` makes of the first of its addresses for which it does not
/// throw `net_error`; the first error if there is none.
template <class Result, class Bind>
[[nodiscard]] task<Result> bind_first(std::string host, std::uint16_t port, Bind bind) {
  auto& context = co_await actors::detail::current_context{};
  const auto candidates = co_await resolve(std::move(host), port);
  auto& home = actors::detail::choose_io_context(context);
  std::exception_ptr first_error;
  for (const auto& each : candidates) {
    try {
      co_return bind(home, each);
    } catch (const net_error&) {
      if (!first_error)
        first_error = std::current_exception();
    }
  }
  std::rethrow_exception(first_error);
}

} // namespace actors::net::internal
