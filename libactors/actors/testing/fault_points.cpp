#include <actors/testing/fault_points.hpp>

#include <actors/core/printable_text.hpp>

#include <functional>
#include <map>
#include <mutex>
#include <random>

namespace actors::testing {

// -- injected_fault ------------------------------------------------------------------------------------------------------

struct injected_fault::place {
  place(std::string_view point_arg, std::uint64_t operation_arg, const std::error_code& code)
      : point(point_arg), operation(operation_arg), what("injected fault at " + printable_text(point) + " (operation " +
                                                         std::to_string(operation) + "): " + code.message()) {}

  std::string point;
  std::uint64_t operation;
  std::string what;
};

injected_fault::injected_fault(std::string_view point, std::uint64_t operation, std::error_code code)
    : std::system_error(code), place_(std::make_shared<const place>(point, operation, code)) {}

const char* injected_fault::what() const noexcept {
  return place_->what.c_str();
}

const std::string& injected_fault::point() const noexcept {
  return place_->point;
}

std::uint64_t injected_fault::operation() const noexcept {
  return place_->operation;
}

// -- fault_points --------------------------------------------------------------------------------------------------------

namespace {

/// Decides about one operation, given its number.
using rule = std::function<bool(std::uint64_t)>;

struct coded_rule {
  coded_rule(rule fails_arg, std::error_code code_arg) : fails(std::move(fails_arg)), code(code_arg) {}

  rule fails;
  std::error_code code;
};

/// What there is about one name.
struct point_state {
  std::uint64_t operations = 0;
  std::uint64_t failures = 0;
  std::vector<coded_rule> rules;

  /// Counts an operation.
  std::optional<std::error_code> next() {
    ++operations;
    std::optional<std::error_code> result;
    // All are asked, so that what a generator draws does not depend on the other rules.
    for (const auto& each : rules)
      if (each.fails(operations) && !result)
        result = each.code;
    return result;
  }
};

void require_positive(std::uint64_t number, const char* what) {
  if (number == 0)
    throw misuse_error(std::string{what} + " of a fault point is 0; they count from 1");
}

} // namespace

struct fault_points::state {
  /// The result, and the number of the operation.
  std::optional<std::error_code> hit(std::string_view name, std::uint64_t& operation) {
    const std::scoped_lock guard{mutex};
    auto& all = find(every_point);
    auto& own = find(name);
    const auto of_all = all.next();
    const auto of_own = own.next();
    operation = own.operations;
    const auto& result = of_own ? of_own : of_all;
    if (result) {
      ++own.failures;
      ++all.failures;
    }
    return result;
  }

  void add(std::string_view name, rule fails, std::error_code code) {
    if (!code)
      throw misuse_error("an operation was told to fail with an error code that means success");
    const std::scoped_lock guard{mutex};
    find(name).rules.emplace_back(std::move(fails), code);
  }

  [[nodiscard]] point_state& find(std::string_view name) {
    const auto found = points.find(name);
    return found != points.end() ? found->second : points.emplace(std::string{name}, point_state{}).first->second;
  }

  mutable std::mutex mutex;
  std::map<std::string, point_state, std::less<>> points;
};

fault_points::fault_points() : state_(std::make_shared<state>()) {}

fault_points& fault_points::fail_nth(std::string_view point, std::uint64_t n, std::error_code code) {
  require_positive(n, "the operation");
  state_->add(point, [n](std::uint64_t operation) { return operation == n; }, code);
  return *this;
}

fault_points& fault_points::fail_every(std::string_view point, std::uint64_t k, std::error_code code) {
  require_positive(k, "the interval");
  state_->add(point, [k](std::uint64_t operation) { return operation % k == 0; }, code);
  return *this;
}

fault_points& fault_points::fail_from(std::string_view point, std::uint64_t n, std::error_code code) {
  require_positive(n, "the operation");
  state_->add(point, [n](std::uint64_t operation) { return operation >= n; }, code);
  return *this;
}

fault_points& fault_points::fail_randomly(std::string_view point, double probability, std::uint64_t seed,
                                          std::error_code code) {
  if (!(probability >= 0 && probability <= 1))
    throw misuse_error("the probability of a fault is " + std::to_string(probability) + ", not between 0 and 1");
  state_->add(
      point,
      [probability, random = std::mt19937_64{seed}](std::uint64_t) mutable {
        // Not a distribution of the standard library: those differ between libraries.
        constexpr double range = 18446744073709551616.0; // 2^64
        return static_cast<double>(random()) < probability * range;
      },
      code);
  return *this;
}

fault_points& fault_points::clear(std::string_view point) {
  const std::scoped_lock guard{state_->mutex};
  state_->find(point).rules.clear();
  return *this;
}

std::optional<std::error_code> fault_points::hit(std::string_view point) const {
  std::uint64_t operation = 0;
  return state_->hit(point, operation);
}

void fault_points::pass(std::string_view point) const {
  std::uint64_t operation = 0;
  if (const auto error = state_->hit(point, operation))
    throw injected_fault(point, operation, *error);
}

std::function<void(std::string_view)> fault_points::hook() const {
  return [points = *this](std::string_view point) { points.pass(point); };
}

std::uint64_t fault_points::operations(std::string_view point) const {
  const std::scoped_lock guard{state_->mutex};
  const auto found = state_->points.find(point);
  return found != state_->points.end() ? found->second.operations : 0;
}

std::uint64_t fault_points::failures(std::string_view point) const {
  const std::scoped_lock guard{state_->mutex};
  const auto found = state_->points.find(point);
  return found != state_->points.end() ? found->second.failures : 0;
}

std::vector<std::string> fault_points::names() const {
  const std::scoped_lock guard{state_->mutex};
  std::vector<std::string> result;
  for (const auto& [name, point] : state_->points)
    if (name != every_point && point.operations > 0)
      result.push_back(name);
  return result;
}

std::error_code fault_points::usual_error() noexcept {
  return std::make_error_code(std::errc::io_error);
}

namespace detail {

void throw_too_many_faults() {
  throw run_failure("the program still fails after " + std::to_string(most_faults) +
                    " of its operations were made to fail one by one; it may not end");
}

} // namespace detail

} // namespace actors::testing
