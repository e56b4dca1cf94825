#include <actors/supervise/internal/settings.hpp>

#include <chrono>
#include <random>
#include <stdexcept>

namespace actors::supervise::internal {

std::string seconds(duration value) {
  auto text = std::to_string(std::chrono::duration<double>{value}.count());
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.'))
    text.pop_back();
  return text + " s";
}

void require_positive(std::string_view who, std::string_view what, duration value) {
  if (value <= duration::zero())
    throw std::invalid_argument(std::string{who} + ": " + std::string{what} + " must be above zero, not " +
                                seconds(value));
}

std::uint64_t random_seed() {
  std::random_device source;
  return (std::uint64_t{source()} << 32U) | source();
}

duration stable_after(std::string_view who, const backoff_policy& policy, std::optional<duration> given) {
  const auto result = given.value_or(policy.cap());
  require_positive(who, "stable_after", result);
  return result;
}

} // namespace actors::supervise::internal
