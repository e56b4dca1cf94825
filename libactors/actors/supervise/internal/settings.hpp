#pragma once

#include <actors/core/fwd.hpp>
#include <actors/supervise/backoff.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Checks and texts that the settings of this folder have in common.
namespace actors::supervise::internal {

/// A duration in messages: `0.25 s`.
[[nodiscard]] std::string seconds(duration value);

/// The time after which a child counts as stable: as given, else the longest delay. Throws `std::invalid_argument` that
/// begins with `who` unless it is above zero.
[[nodiscard]] duration stable_after(std::string_view who, const backoff_policy& policy, std::optional<duration> given);

/// A seed that nobody knows.
[[nodiscard]] std::uint64_t random_seed();

/// Throws `std::invalid_argument` ("who: what must be above zero, not …") unless `value` is.
void require_positive(std::string_view who, std::string_view what, duration value);

} // namespace actors::supervise::internal
