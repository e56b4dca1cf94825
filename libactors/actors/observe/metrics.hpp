#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

/// Metrics of your own: counters, gauges and histograms with labels, to be rendered with those of the runtime by
/// `render_prometheus`.
///
/// `metrics` is a registry. Ask it for a family once, for the metric of a set of label values where it is needed, and
/// keep that: counting is then one atomic addition, looking up a lock and a search. Asking again for the same name
/// gives the same family.
///
/// Ownership: metrics and families share their values with the registry, so neither has to outlive the other. Nothing
/// is global. Threads: any, for everything.
///
/// Errors: `misuse_error` for a name or label that Prometheus does not allow, for a name that is taken with another
/// type, other labels or buckets, for a wrong number of label values, and for a negative addition to a counter. A
/// family keeps at most `max_metrics` sets of label values, so that labels taken from requests cannot fill the memory:
/// what is more counts in one set whose values are all `other`.
///
/// @snippet examples/observe.cpp metrics
namespace actors::observe {

namespace detail {

struct metric_cell;
struct metric_family;
struct metric_registry;

} // namespace detail

/// Something that only grows.
class counter {
public:
  void add(double amount = 1) const;
  [[nodiscard]] double value() const noexcept;

private:
  template <class Metric>
  friend class family;

  explicit counter(std::shared_ptr<detail::metric_cell> cell) noexcept : cell_(std::move(cell)) {}

  std::shared_ptr<detail::metric_cell> cell_;
};

/// Something that goes up and down.
class gauge {
public:
  void set(double value) const noexcept;
  void add(double amount) const noexcept;
  [[nodiscard]] double value() const noexcept;

private:
  template <class Metric>
  friend class family;

  explicit gauge(std::shared_ptr<detail::metric_cell> cell) noexcept : cell_(std::move(cell)) {}

  std::shared_ptr<detail::metric_cell> cell_;
};

/// How values are distributed over buckets.
class histogram {
public:
  void observe(double value) const noexcept;
  [[nodiscard]] std::uint64_t count() const noexcept;
  [[nodiscard]] double sum() const noexcept;

private:
  template <class Metric>
  friend class family;

  explicit histogram(std::shared_ptr<detail::metric_cell> cell) noexcept : cell_(std::move(cell)) {}

  std::shared_ptr<detail::metric_cell> cell_;
};

namespace detail {

[[nodiscard]] std::shared_ptr<metric_cell> cell_of(metric_family& family, const std::vector<std::string>& values);

} // namespace detail

/// All metrics of one name, which differ in the values of their labels.
template <class Metric>
class family {
public:
  /// The metric of these label values, in the order of the labels.
  [[nodiscard]] Metric with(const std::vector<std::string>& values) const {
    return Metric{detail::cell_of(*family_, values)};
  }

  /// The only metric of a family without labels.
  [[nodiscard]] Metric get() const { return with({}); }

private:
  friend class metrics;

  explicit family(std::shared_ptr<detail::metric_family> shared) noexcept : family_(std::move(shared)) {}

  std::shared_ptr<detail::metric_family> family_;
};

class metrics {
public:
  static constexpr std::size_t max_metrics = 1000;

  metrics();

  [[nodiscard]] family<counter> counters(std::string_view name, std::string_view help,
                                         std::vector<std::string> labels = {}) const;
  [[nodiscard]] family<gauge> gauges(std::string_view name, std::string_view help,
                                     std::vector<std::string> labels = {}) const;
  /// `limits` are the upper ends of the buckets in ascending order; one more takes what is larger.
  [[nodiscard]] family<histogram> histograms(std::string_view name, std::string_view help, std::vector<double> limits,
                                             std::vector<std::string> labels = {}) const;

  /// The metrics in Prometheus' text format.
  [[nodiscard]] std::string render() const;

private:
  std::shared_ptr<detail::metric_registry> registry_;
};

} // namespace actors::observe
