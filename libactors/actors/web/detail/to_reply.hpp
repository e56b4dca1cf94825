#pragma once

#include <actors/http/message.hpp>
#include <actors/web/context.hpp>
#include <actors/web/reply.hpp>
#include <actors/web/values.hpp>

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>

namespace actors::web::detail {

/// With the status of the route.
[[nodiscard]] reply json_reply(const context& c, std::string text);

template <class R>
concept whole_answer = std::same_as<R, reply> || std::same_as<R, http::response>;

/// What a handler gave.
template <class R>
[[nodiscard]] reply to_reply(const context& c, R&& what) {
  using result = std::remove_cvref_t<R>;
  if constexpr (whole_answer<result>) {
    return reply{std::forward<R>(what)};
  } else {
    static_assert(value<result>, "what a handler returns is no answer, and cannot be written as JSON (value_traits)");
    std::string text;
    value_traits<result>::write(what, text);
    return json_reply(c, std::move(text));
  }
}

} // namespace actors::web::detail
