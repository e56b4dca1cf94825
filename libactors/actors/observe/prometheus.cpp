#include <actors/observe/prometheus.hpp>

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/detail/introspection.hpp>
#include <actors/core/error.hpp>
#include <actors/core/runtime.hpp>
#include <actors/observe/internal/prometheus_text.hpp>
#include <actors/observe/metrics.hpp>

#include <caf/actor_system.hpp>
#include <caf/telemetry/counter.hpp>
#include <caf/telemetry/gauge.hpp>
#include <caf/telemetry/histogram.hpp>
#include <caf/telemetry/metric.hpp>
#include <caf/telemetry/metric_family.hpp>
#include <caf/telemetry/metric_registry.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

namespace actors::observe {

namespace {

using internal::prometheus_text;
using internal::text_label;
using statistics = actors::detail::runtime_statistics;

constexpr std::size_t most_names = 1000;

double seconds(duration value) {
  return std::chrono::duration<double>(value).count();
}

void single(prometheus_text& out, std::string_view name, std::string_view type, std::string_view help, double value) {
  out.family(name, type, help);
  out.sample(name, value);
}

void append_tasks(prometheus_text& out, const statistics& now) {
  const auto counted = [&](std::string_view name, std::string_view help, std::uint64_t value) {
    single(out, name, "counter", help, static_cast<double>(value));
  };
  counted("actors_tasks_started_total", "Tasks that were started.", now.tasks_started);
  counted("actors_tasks_completed_total", "Tasks that returned.", now.tasks_completed);
  counted("actors_tasks_failed_total", "Tasks that ended with an error.", now.tasks_failed);
  counted("actors_tasks_cancelled_total", "Tasks that ended cancelled or killed.", now.tasks_cancelled);
  const auto ended = now.tasks_completed + now.tasks_failed + now.tasks_cancelled;
  single(out, "actors_task_completion_rate", "gauge", "The share of ended tasks that returned; 1 before any has ended.",
         ended == 0 ? 1.0 : static_cast<double>(now.tasks_completed) / static_cast<double>(ended));
  counted("actors_services_started_total", "Services that were started.", now.services_started);
  counted("actors_services_ended_total", "Services that ended in order.", now.services_ended);
  counted("actors_services_failed_total", "Services that ended with an error.", now.services_failed);
  counted("actors_stalls_total", "Handlers that held a worker for longer than the stall threshold.", now.stalls);
}

/// What is summed for each name.
struct by_name {
  std::unordered_map<std::string, double> values;

  void add(const std::string& name, double value) { values[name] += value; }

  void append(prometheus_text& out, std::string_view name, std::string_view help) const {
    // The largest keep their names, whatever the order in which they were met.
    std::vector<std::pair<std::string_view, double>> sorted{values.begin(), values.end()};
    std::ranges::sort(sorted, [](const auto& a, const auto& b) {
      return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    double others = 0;
    for (std::size_t i = most_names; i < sorted.size(); ++i)
      others += sorted[i].second;
    if (sorted.size() > most_names) {
      sorted.resize(most_names);
      const auto same = std::ranges::find(sorted, "other", &std::pair<std::string_view, double>::first);
      if (same != sorted.end())
        same->second += others;
      else
        sorted.emplace_back("other", others);
    }
    out.family(name, "gauge", help);
    for (const auto& [label, value] : sorted) {
      const std::array labels{text_label{"name", label}};
      out.sample(name, labels, value);
    }
  }
};

bool append_actors(prometheus_text& out, actors::detail::runtime_core& core) {
  by_name tasks;
  by_name services;
  by_name mailboxes;
  const bool there = actors::detail::visit_actors(
      core, [&](const actors::detail::actor_view& seen, const actors::detail::host_actor*) {
        const std::string name = static_cast<const actors::detail::host_actor&>(*seen.self->get()).name();
        if (seen.kind == actors::detail::actor_kind::task) {
          tasks.add(name, 1);
          return;
        }
        services.add(name, 1);
        mailboxes.add(name, static_cast<double>(seen.mailbox));
      });
  if (!there)
    return false;
  tasks.append(out, "actors_running_tasks", "Tasks that have not ended, by name.");
  services.append(out, "actors_running_services", "Services that have not ended, by name.");
  mailboxes.append(out, "actors_mailbox_messages", "Messages that services have not handled yet, by name.");
  return true;
}

void append_delays(prometheus_text& out, const statistics& now) {
  constexpr std::string_view name = "actors_scheduling_delay_seconds";
  out.family(name, "histogram", "From ready to running, of one in 64 wake-ups.");
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < statistics::delay_buckets; ++i) {
    cumulative += now.delays[i];
    const bool last = i + 1 == statistics::delay_buckets;
    out.bucket(name, {}, last ? std::numeric_limits<double>::infinity() : seconds(statistics::delay_limit(i)),
               cumulative);
  }
  out.sample(std::string{name} + "_sum", seconds(now.delay_sum));
  out.sample(std::string{name} + "_count", static_cast<double>(cumulative));
}

void append_workers(prometheus_text& out, const statistics& now) {
  const auto each = [&](std::string_view name, std::string_view type, std::string_view help, auto value) {
    out.family(name, type, help);
    for (std::size_t i = 0; i < now.workers.size(); ++i) {
      const auto index = std::to_string(i);
      const std::array labels{text_label{"worker", index}};
      out.sample(name, labels, static_cast<double>(value(now.workers[i])));
    }
  };
  using worker = statistics::worker;
  const auto busy = [&](const worker& one) { return std::max(0.0, seconds(now.uptime - one.idle)); };
  each("actors_worker_busy_seconds_total", "counter", "Time that a worker was not parked.", busy);
  each("actors_worker_utilisation", "gauge", "The share of its time so far that a worker was not parked.",
       [&](const worker& one) { return std::clamp(busy(one) / std::max(1e-9, seconds(now.uptime)), 0.0, 1.0); });
  each("actors_worker_jobs_total", "counter", "Steps of actors that a worker has run.",
       [](const worker& one) { return one.jobs; });
  each("actors_worker_steals_total", "counter", "Times that a worker took jobs from another.",
       [](const worker& one) { return one.steals; });
  each("actors_worker_parks_total", "counter", "Times that a worker found nothing to do and slept.",
       [](const worker& one) { return one.parks; });
  each("actors_worker_queued_jobs", "gauge", "Jobs in a worker's own queue.",
       [](const worker& one) { return one.queued; });
  each("actors_worker_timers", "gauge", "Timers that a worker looks after.",
       [](const worker& one) { return one.timers; });
  single(out, "actors_injected_jobs", "gauge", "Jobs that no worker owns yet.", static_cast<double>(now.injected));
  single(out, "actors_timers", "gauge", "Timers that are set.", static_cast<double>(now.timers));
}

void append_blocking(prometheus_text& out, const statistics& now) {
  const auto count = [&](std::string_view name, std::string_view help, std::size_t value) {
    single(out, name, "gauge", help, static_cast<double>(value));
  };
  count("actors_blocking_threads", "Threads for calls that block.", now.blocking_threads);
  count("actors_blocking_threads_limit", "Most threads for calls that block.", now.blocking_limit);
  count("actors_blocking_running", "Blocking calls that run.", now.blocking_running);
  count("actors_blocking_queued", "Blocking calls that wait for a thread.", now.blocking_queued);
  single(out, "actors_uptime_seconds", "gauge", "Since the runtime was made.", seconds(now.uptime));
}

/// CAF's own collector cannot say infinity and escapes nothing.
class caf_collector {
public:
  explicit caf_collector(prometheus_text& out) noexcept : out_(&out) {}

  template <class T>
  void operator()(const caf::telemetry::metric_family* family, const caf::telemetry::metric* instance,
                  const caf::telemetry::counter<T>* value) {
    add(family, instance, "counter", static_cast<double>(value->value()));
  }

  template <class T>
  void operator()(const caf::telemetry::metric_family* family, const caf::telemetry::metric* instance,
                  const caf::telemetry::gauge<T>* value) {
    add(family, instance, "gauge", static_cast<double>(value->value()));
  }

  void operator()(const caf::telemetry::metric_family* family, const caf::telemetry::metric* instance,
                  const caf::telemetry::int_gauge* value) {
    add(family, instance, "gauge", static_cast<double>(value->value()));
  }

  void operator()(const caf::telemetry::metric_family* family, const caf::telemetry::metric* instance,
                  const caf::telemetry::dbl_gauge* value) {
    add(family, instance, "gauge", value->value());
  }

  template <class T>
  void operator()(const caf::telemetry::metric_family* family, const caf::telemetry::metric* instance,
                  const caf::telemetry::histogram<T>* value) {
    begin(family, "histogram");
    const auto labels = labels_of(instance);
    std::uint64_t cumulative = 0;
    const auto buckets = value->buckets();
    for (std::size_t i = 0; i < buckets.size(); ++i) {
      cumulative += static_cast<std::uint64_t>(buckets[i].count.value());
      const bool last = i + 1 == buckets.size();
      out_->bucket(name_, labels,
                   last ? std::numeric_limits<double>::infinity() : static_cast<double>(buckets[i].upper_bound),
                   cumulative);
    }
    out_->sample(name_ + "_sum", labels, static_cast<double>(value->sum()));
    out_->sample(name_ + "_count", labels, static_cast<double>(cumulative));
  }

private:
  void add(const caf::telemetry::metric_family* family, const caf::telemetry::metric* instance, std::string_view type,
           double value) {
    begin(family, type);
    out_->sample(name_, labels_of(instance), value);
  }

  void begin(const caf::telemetry::metric_family* family, std::string_view type) {
    if (std::exchange(family_, family) == family)
      return;
    name_ = family->prefix() + "_" + family->name();
    if (family->unit() != "1")
      name_ += "_" + family->unit();
    if (family->is_sum())
      name_ += "_total";
    std::ranges::replace_if(name_, [](char c) { return c == '.' || c == '-'; }, '_');
    out_->family(name_, type, family->helptext());
  }

  [[nodiscard]] static std::vector<text_label> labels_of(const caf::telemetry::metric* instance) {
    std::vector<text_label> result;
    for (const auto& label : instance->labels())
      result.emplace_back(std::string_view{label.name().data(), label.name().size()},
                          std::string_view{label.value().data(), label.value().size()});
    return result;
  }

  prometheus_text* out_;
  const caf::telemetry::metric_family* family_ = nullptr;
  std::string name_;
};

} // namespace

std::string render_prometheus(const runtime& target) {
  prometheus_text out;
  try {
    auto& core = target.core();
    statistics now;
    if (!actors::detail::read_statistics(core, now))
      return {};
    append_tasks(out, now);
    if (!append_actors(out, core))
      return {};
    append_delays(out, now);
    append_workers(out, now);
    append_blocking(out, now);
    const auto add_caf = [&](caf::actor_system& system) {
      caf_collector collector{out};
      system.metrics().collect(collector);
    };
    if (!actors::detail::with_system(core, add_caf))
      return {};
  } catch (const stopping_error&) {
    return {};
  }
  return std::move(out).take();
}

std::string render_prometheus(const runtime& target, const metrics& own) {
  return render_prometheus(target) + own.render();
}

} // namespace actors::observe
