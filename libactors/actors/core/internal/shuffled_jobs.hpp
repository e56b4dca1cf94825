#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace actors::internal {

/// Jobs that are ready, handed out in an order that is drawn from a seed: the same seed and the same program give the
/// same order.
template <class Job>
class shuffled_jobs {
public:
  explicit shuffled_jobs(std::uint64_t seed) noexcept : state_(seed) {}

  void add(Job job) { jobs_.push_back(job); }

  [[nodiscard]] std::size_t size() const noexcept { return jobs_.size(); }

  /// One of the jobs, each as likely as any other. There must be one.
  [[nodiscard]] Job take() noexcept {
    auto& chosen = jobs_[below(jobs_.size())];
    const Job result = chosen;
    chosen = jobs_.back();
    jobs_.pop_back();
    return result;
  }

private:
  /// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014). Not the distributions of
  /// the standard library: each implementation draws other numbers, and a seed would not replay elsewhere.
  [[nodiscard]] std::uint64_t draw() noexcept {
    auto z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }

  /// The bias is below size / 2^32.
  [[nodiscard]] std::size_t below(std::size_t size) noexcept {
    return static_cast<std::size_t>(((draw() >> 32U) * static_cast<std::uint64_t>(size)) >> 32U);
  }

  std::uint64_t state_;
  std::vector<Job> jobs_;
};

} // namespace actors::internal
