#include <actors/supervise/hedged.hpp>

#include <actors/supervise/internal/settings.hpp>

namespace actors::supervise::detail {

void check_hedge(duration delay, std::size_t most) {
  if (most == 0)
    throw misuse_error("hedged: there must be at least one attempt");
  if (delay < duration::zero())
    throw misuse_error("hedged: the delay must not be below zero, it is " + internal::seconds(delay));
}

} // namespace actors::supervise::detail
