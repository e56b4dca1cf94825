#pragma once

#include <actors/core/ask.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/service_ref.hpp>
#include <actors/core/task.hpp>
#include <actors/web/parameter.hpp>

#include <caf/actor.hpp>

#include <type_traits>
#include <utility>

// GCC 12 complains that frames of coroutines hold types that only one file can name.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

namespace actors::web {

namespace detail {

/// What a parameter is in a message: its value.
template <class P>
[[nodiscard]] auto message_value(P& of) {
  if constexpr (requires {
                  typename P::value_type;
                  *of;
                })
    return typename P::value_type(*of);
  else
    return of;
}

template <class R, class Target, class... Parameters, class... Before>
[[nodiscard]] auto make_actor_handler(Target target, duration limit, Before... before) {
  return [=](Parameters... values) -> task<R> {
    auto asking = ask<R>(target, Before(before)..., message_value(values)...).within(limit);
    co_return co_await std::move(asking);
  };
}

} // namespace detail

/// An actor as handler: a request becomes a message of the values of its parameters, behind what stands before them,
/// and the answer is what the actor answers.
///
///     app.get("/users/{user_id}", actor_handler<user, path<"user_id", std::int32_t>>(users, 2s, find_user_atom_v));
///
/// Values travel as they are: their types need type ids of CAF, as those of all messages. Errors: what the actor
/// answers with, as `ask` has it; one that does not answer in time is a `timeout_error`, so a 500 unless an exception
/// handler says otherwise. Cancellation: a client that leaves cancels the actor's handler, if it is a service.
template <class R, class... Parameters, class... Before>
[[nodiscard]] auto actor_handler(service_ref target, duration limit, Before... before) {
  return detail::make_actor_handler<R, service_ref, Parameters...>(std::move(target), limit, std::move(before)...);
}

/// The same for any actor of CAF.
template <class R, class... Parameters, class... Before>
[[nodiscard]] auto actor_handler(caf::actor target, duration limit, Before... before) {
  return detail::make_actor_handler<R, caf::actor, Parameters...>(std::move(target), limit, std::move(before)...);
}

} // namespace actors::web

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
