#include <actors/core/internal/tracer.hpp>

#include <actors/core/internal/runtime_core.hpp>

#include <random>
#include <utility>

namespace actors::internal {

namespace {

/// The end of splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators"): one-to-one, so
/// different inputs give different numbers.
std::uint64_t mix(std::uint64_t value) noexcept {
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

constexpr std::uint64_t golden = 0x9e3779b97f4a7c15U;

// 2000-01-01: under virtual time spans are the same in each run, and no time is 0, which would read as "not known".
constexpr std::chrono::sys_seconds virtual_epoch{std::chrono::seconds{946'684'800}};

std::uint64_t random_seed() {
  std::random_device source;
  return std::uint64_t{source()} << 32U | source();
}

} // namespace

tracer::tracer(detail::runtime_core& core)
    : virtual_(core.options().clock() == clock_kind::virtual_time ? &core : nullptr), sink_(core.options().trace()),
      ratio_(core.options().trace_ratio()) {
  if (const auto& seed = core.options().schedule_seed()) {
    high_seed_ = mix(*seed + golden);
    low_seed_ = mix(high_seed_ + golden);
    span_seed_ = mix(low_seed_ + golden);
  } else {
    high_seed_ = random_seed();
    low_seed_ = random_seed();
    span_seed_ = random_seed();
  }
}

std::uint64_t tracer::next_number(std::uint64_t seed) noexcept {
  return mix(seed + (drawn_.fetch_add(1, std::memory_order_relaxed) + 1) * golden);
}

trace_id tracer::next_trace() noexcept {
  for (;;) {
    const trace_id result{next_number(high_seed_), next_number(low_seed_)};
    if (result)
      return result;
  }
}

span_id tracer::next_span() noexcept {
  for (;;) {
    const span_id result{next_number(span_seed_)};
    if (result)
      return result;
  }
}

bool tracer::samples(trace_id trace) const noexcept {
  if (ratio_ >= 1)
    return true;
  // As OpenTelemetry's TraceIdRatioBased: from the last 7 bytes, which are random by the recommendation.
  constexpr std::uint64_t mask = (std::uint64_t{1} << 56U) - 1;
  return static_cast<double>(trace.low() & mask) < ratio_ * static_cast<double>(mask + 1);
}

std::chrono::system_clock::time_point tracer::now() const noexcept {
  if (virtual_ == nullptr)
    return std::chrono::system_clock::now();
  return virtual_epoch +
         std::chrono::duration_cast<std::chrono::system_clock::duration>(virtual_->now().time_since_epoch());
}

} // namespace actors::internal
