#pragma once

#include <chrono>
#include <cstdint>

/// Forward declarations of the core, for headers that only pass these types on.
namespace actors {

/// Every duration of the library: nanoseconds of the monotonic clock.
using duration = std::chrono::steady_clock::duration;

/// Every point in time of the library, on the monotonic clock of the runtime.
using time_point = std::chrono::steady_clock::time_point;

/// No deadline: wait as long as it takes.
inline constexpr duration forever = duration::max();

/// `start + length`, or the end of time if that is later than a `time_point` can say.
[[nodiscard]] constexpr time_point saturating_add(time_point start, duration length) noexcept {
  return length > time_point::max() - start ? time_point::max() : start + length;
}

class cancel_scope;
class cancelled;
class log_fields;
class runtime;
class runtime_options;
class service;
class service_ref;
class spawn_options;
class span;
class span_sink;
class task_group;
class trace_context;

template <class T = void>
class task;

template <class T = void>
class task_handle;

template <class T>
class outcome;

struct call_context;

} // namespace actors

namespace actors::detail {

class host_actor;
class reactor_worker;
class runtime_core;
class service_actor;
class task_actor;
class task_context;
class timer_queue;
class waiter;
struct actor_view;
struct wait_view;

} // namespace actors::detail
