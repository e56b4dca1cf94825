#include <actors/observe/metrics.hpp>

#include <actors/core/error.hpp>
#include <actors/observe/internal/prometheus_text.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace actors::observe::detail {

/// One metric; what it uses of this depends on its type.
struct metric_cell {
  metric_cell(std::vector<std::string> values_arg, const std::vector<double>& limits_arg)
      : values(std::move(values_arg)), limits(limits_arg),
        buckets(std::make_unique<std::atomic<std::uint64_t>[]>(limits_arg.size() + 1)) {}

  const std::vector<std::string> values;
  const std::vector<double> limits;
  std::atomic<double> number{0};
  std::unique_ptr<std::atomic<std::uint64_t>[]> buckets;

  void add(double amount) noexcept {
    auto before = number.load(std::memory_order_relaxed);
    while (!number.compare_exchange_weak(before, before + amount, std::memory_order_relaxed)) {
    }
  }
};

struct metric_family {
  std::string name;
  std::string help;
  const char* type = "";
  std::vector<std::string> labels;
  std::vector<double> limits;

  std::mutex mutex;
  std::map<std::vector<std::string>, std::shared_ptr<metric_cell>> cells;
};

struct metric_registry {
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<metric_family>, std::less<>> families;

  std::shared_ptr<metric_family> find_or_add(std::string_view name, std::string_view help, const char* type,
                                             std::vector<std::string> labels, std::vector<double> limits);
};

namespace {

bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_name(std::string_view text, bool colons) noexcept {
  const auto fits = [&](char c, bool first) {
    return is_letter(c) || (colons && c == ':') || (!first && c >= '0' && c <= '9');
  };
  return !text.empty() && fits(text[0], true) &&
         std::ranges::all_of(text.substr(1), [&](char c) { return fits(c, false); });
}

void check(const metric_family& family) {
  if (!is_name(family.name, true))
    throw misuse_error("metric \"" + family.name +
                       "\": a name is of letters, digits, _ and :, and begins with no digit");
  for (auto i = family.labels.begin(); i != family.labels.end(); ++i) {
    const bool reserved = i->starts_with("__") || *i == "le";
    if (!is_name(*i, false) || reserved || std::find(family.labels.begin(), i, *i) != i)
      throw misuse_error("metric " + family.name + ": \"" + *i +
                         "\" cannot be a label: those are of letters, digits and _, begin with no digit and no __, are "
                         "not le, and differ");
  }
  const auto sound = [&](std::size_t i) {
    return std::isfinite(family.limits[i]) && (i == 0 || family.limits[i - 1] < family.limits[i]);
  };
  for (std::size_t i = 0; i < family.limits.size(); ++i)
    if (!sound(i))
      throw misuse_error("metric " + family.name + ": the limits of the buckets have to be finite and ascending");
}

} // namespace

std::shared_ptr<metric_family> metric_registry::find_or_add(std::string_view name, std::string_view help,
                                                            const char* type, std::vector<std::string> labels,
                                                            std::vector<double> limits) {
  auto created = std::make_shared<metric_family>();
  created->name = name;
  created->help = help;
  created->type = type;
  created->labels = std::move(labels);
  created->limits = std::move(limits);
  check(*created);
  const std::scoped_lock guard{mutex};
  const auto [place, added] = families.try_emplace(created->name, created);
  const auto& known = *place->second;
  if (!added &&
      (std::string_view{known.type} != type || known.labels != created->labels || known.limits != created->limits))
    throw misuse_error("metric " + created->name +
                       " is there already, with another type, other labels or other buckets");
  return place->second;
}

std::shared_ptr<metric_cell> cell_of(metric_family& family, const std::vector<std::string>& values) {
  if (values.size() != family.labels.size())
    throw misuse_error("metric " + family.name + " has " + std::to_string(family.labels.size()) + " labels, and " +
                       std::to_string(values.size()) + " values were given");
  const std::scoped_lock guard{family.mutex};
  if (const auto found = family.cells.find(values); found != family.cells.end())
    return found->second;
  auto wanted = values;
  if (family.cells.size() >= metrics::max_metrics)
    wanted.assign(values.size(), "other");
  auto& cell = family.cells[wanted];
  if (!cell)
    cell = std::make_shared<metric_cell>(wanted, family.limits);
  return cell;
}

} // namespace actors::observe::detail

namespace actors::observe {

void counter::add(double amount) const {
  if (!(amount >= 0))
    throw misuse_error("a counter can only grow");
  cell_->add(amount);
}

double counter::value() const noexcept {
  return cell_->number.load(std::memory_order_relaxed);
}

void gauge::set(double value) const noexcept {
  cell_->number.store(value, std::memory_order_relaxed);
}

void gauge::add(double amount) const noexcept {
  cell_->add(amount);
}

double gauge::value() const noexcept {
  return cell_->number.load(std::memory_order_relaxed);
}

void histogram::observe(double value) const noexcept {
  const auto& limits = cell_->limits;
  // A value that is no number is larger than every limit: it must not be lost.
  const auto place =
      std::partition_point(limits.begin(), limits.end(), [&](double limit) { return !(value <= limit); });
  cell_->buckets[static_cast<std::size_t>(place - limits.begin())].fetch_add(1, std::memory_order_relaxed);
  cell_->add(value);
}

std::uint64_t histogram::count() const noexcept {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i <= cell_->limits.size(); ++i)
    sum += cell_->buckets[i].load(std::memory_order_relaxed);
  return sum;
}

double histogram::sum() const noexcept {
  return cell_->number.load(std::memory_order_relaxed);
}

metrics::metrics() : registry_(std::make_shared<detail::metric_registry>()) {}

family<counter> metrics::counters(std::string_view name, std::string_view help, std::vector<std::string> labels) const {
  return family<counter>{registry_->find_or_add(name, help, "counter", std::move(labels), {})};
}

family<gauge> metrics::gauges(std::string_view name, std::string_view help, std::vector<std::string> labels) const {
  return family<gauge>{registry_->find_or_add(name, help, "gauge", std::move(labels), {})};
}

family<histogram> metrics::histograms(std::string_view name, std::string_view help, std::vector<double> limits,
                                      std::vector<std::string> labels) const {
  return family<histogram>{registry_->find_or_add(name, help, "histogram", std::move(labels), std::move(limits))};
}

std::string metrics::render() const {
  internal::prometheus_text out;
  std::vector<std::shared_ptr<detail::metric_family>> families;
  {
    const std::scoped_lock guard{registry_->mutex};
    for (const auto& [name, entry] : registry_->families)
      families.push_back(entry);
  }
  for (const auto& entry : families) {
    out.family(entry->name, entry->type, entry->help);
    const std::scoped_lock guard{entry->mutex};
    for (const auto& [values, cell] : entry->cells) {
      std::vector<internal::text_label> labels;
      for (std::size_t i = 0; i < values.size(); ++i)
        labels.emplace_back(entry->labels[i], values[i]);
      if (std::string_view{entry->type} != "histogram") {
        out.sample(entry->name, labels, cell->number.load(std::memory_order_relaxed));
        continue;
      }
      std::uint64_t cumulative = 0;
      for (std::size_t i = 0; i <= cell->limits.size(); ++i) {
        cumulative += cell->buckets[i].load(std::memory_order_relaxed);
        const auto limit = i < cell->limits.size() ? cell->limits[i] : std::numeric_limits<double>::infinity();
        out.bucket(entry->name, labels, limit, cumulative);
      }
      out.sample(entry->name + "_sum", labels, cell->number.load(std::memory_order_relaxed));
      out.sample(entry->name + "_count", labels, static_cast<double>(cumulative));
    }
  }
  return std::move(out).take();
}

} // namespace actors::observe
