#pragma once

#include <actors/core/error.hpp>
#include <actors/core/spawn.hpp>
#include <actors/testing/deterministic.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

/// Fault points: named places in a program where a test makes an operation fail.
///
/// A place calls `pass("name")`, which counts the operation and throws if the test has said so: the n-th, every k-th,
/// all from the n-th on, or some at random from a seed. A point needs no declaration; `every_point` stands for all of
/// them together. Code that must not know about this folder takes a `std::function<void(std::string_view)>` instead and
/// is given `hook()`; in-memory streams take the object itself (`stream_faults::points`).
///
/// `under_every_fault(body)` runs a program again and again, failing its first operation, then its second and so on,
/// until a run goes through all: what SQLite does to its memory allocations
/// (https://www.sqlite.org/testing.html#anomaly_testing).
///
/// Ownership: copies stand for the same points. Threads: all members from any thread; with more than one thread it is
/// not determined which operation is the n-th. Operations count from 1.
///
/// Errors: `injected_fault`, a `std::system_error` with the code that the test chose; `misuse_error` for an operation
/// number or an interval of 0 and for a probability outside of 0 to 1. Cost: a lock and a look-up for each operation.
///
/// @snippet examples/testing.cpp faults
namespace actors::testing {

/// Thrown by `fault_points::pass`.
class injected_fault : public std::system_error {
public:
  injected_fault(std::string_view point, std::uint64_t operation, std::error_code code);

  [[nodiscard]] const char* what() const noexcept override;

  [[nodiscard]] const std::string& point() const noexcept;

  /// Which operation of the point it was.
  [[nodiscard]] std::uint64_t operation() const noexcept;

private:
  struct place;
  std::shared_ptr<const place> place_;
};

class fault_points {
public:
  /// In place of a name: the operations of all points, counted together.
  static constexpr std::string_view every_point = "*";

  /// Nothing fails.
  fault_points();

  // What is set for one point adds up: it fails if any of it says so, with the code that was set first.

  /// The n-th operation fails.
  fault_points& fail_nth(std::string_view point, std::uint64_t n, std::error_code code = usual_error());

  /// Every k-th operation fails: with 3 the third, the sixth and so on.
  fault_points& fail_every(std::string_view point, std::uint64_t k, std::error_code code = usual_error());

  /// The n-th operation and all after it fail.
  fault_points& fail_from(std::string_view point, std::uint64_t n, std::error_code code = usual_error());

  /// Each operation fails with this probability, drawn from a generator with this seed.
  fault_points& fail_randomly(std::string_view point, double probability, std::uint64_t seed,
                              std::error_code code = usual_error());

  /// Nothing of this point fails any more; its operations stay counted.
  fault_points& clear(std::string_view point);

  /// Counts an operation; the error that it has to fail with, nothing if it may go on.
  [[nodiscard]] std::optional<std::error_code> hit(std::string_view point) const;

  /// Counts an operation and throws `injected_fault` if it has to fail.
  void pass(std::string_view point) const;

  /// `pass` as a function, for code that does not know this class.
  [[nodiscard]] std::function<void(std::string_view)> hook() const;

  /// How many operations there were, and how many of them were made to fail.
  [[nodiscard]] std::uint64_t operations(std::string_view point = every_point) const;
  [[nodiscard]] std::uint64_t failures(std::string_view point = every_point) const;

  /// The names that operations came with, in alphabetical order.
  [[nodiscard]] std::vector<std::string> names() const;

  /// What operations fail with unless something else is said: an I/O error.
  [[nodiscard]] static std::error_code usual_error() noexcept;

private:
  struct state;
  std::shared_ptr<state> state_;
};

namespace detail {

/// Throws `run_failure`: the program has more operations than anybody would try one by one.
[[noreturn]] void throw_too_many_faults();

inline constexpr std::uint64_t most_faults = 100'000;

} // namespace detail

/// Runs `body(points)` in deterministic runs in which the first, the second, … operation fails, until one has no such
/// operation. The body says what has to hold in each; it throws, or fails an expectation, if it does not. Returns the
/// number of operations that were made to fail.
template <class F>
  requires actors::detail::is_task<std::invoke_result_t<F&, fault_points>>::value
std::uint64_t under_every_fault(const F& body, const deterministic_options& options = {}, std::uint64_t seed = 1) {
  for (std::uint64_t n = 1; n <= detail::most_faults; ++n) {
    fault_points points;
    points.fail_nth(fault_points::every_point, n);
    run_deterministic(seed, [kept = F{body}, points]() mutable { return kept(points); }, options);
    if (points.failures() == 0 || (options.failed_when() && options.failed_when()()))
      return n - 1;
  }
  detail::throw_too_many_faults();
}

} // namespace actors::testing
