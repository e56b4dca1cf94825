#pragma once

#include <actors/core/fwd.hpp>

#include <string>
#include <string_view>

/// The counters of a runtime as Prometheus text: those of this library, and CAF's metric registry.
///
/// Of the library, among others: `actors_tasks_started_total`, `_completed_`, `_failed_` and `_cancelled_`,
/// `actors_task_completion_rate` (completed of those that have ended), `actors_running_tasks` and
/// `actors_running_services` by name (the thousand most frequent names; the rest is `other`), `actors_mailbox_messages`
/// of services by name, `actors_scheduling_delay_seconds` (a histogram of one in 64 wake-ups), for each worker its busy
/// time, jobs, steals and parks, the blocking pool and the timers; each says in its
/// `HELP` line what it is.
///
/// Threads: any; no worker takes part. Errors: none; a runtime that was stopped gives an empty text. Cost: counting is
/// a few additions in each worker's own cache lines; rendering looks at every live task, about half a microsecond each.
///
/// @snippet examples/observe.cpp metrics
namespace actors::observe {

class metrics;

/// What to send as `Content-Type` with the text.
inline constexpr std::string_view prometheus_content_type = "text/plain; version=0.0.4; charset=utf-8";

[[nodiscard]] std::string render_prometheus(const runtime& target);

/// With metrics of your own after it.
[[nodiscard]] std::string render_prometheus(const runtime& target, const metrics& own);

} // namespace actors::observe
