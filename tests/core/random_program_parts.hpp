#pragma once

#include "random_program.hpp"

#include <actors/core/task.hpp>

#include <cstdint>
#include <string>

/// What the parts of random programs share.
namespace core_test::programs {

using number = std::uint64_t;

[[nodiscard]] number mix(number sum, number value);
[[nodiscard]] number hash(const std::string& text);

/// A number for a value as for an error.
[[nodiscard]] number number_of(const result& x);

/// The value or the error of a node.
[[nodiscard]] actors::task<number> run(const node& n, surroundings& around);

/// The value or the error, as a result.
[[nodiscard]] actors::task<result> caught(const node& n, surroundings& around);

/// A number that says that a wait was too long for its time limit.
[[nodiscard]] number too_late_value(number n);

/// A number that says that the answer was an error.
[[nodiscard]] number refused_value(number n);

/// What a task comes to that was cancelled and goes on.
[[nodiscard]] number stubborn_value(number n);

[[nodiscard]] std::string error_text(number n);
[[nodiscard]] std::string reason_text(number n);

/// Nodes whose work goes through a queue.
[[nodiscard]] actors::task<number> run_with_queue(const node& n, surroundings& around);

} // namespace core_test::programs
