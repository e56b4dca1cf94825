#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/span.hpp>
#include <actors/core/span_record.hpp>
#include <actors/core/trace_context.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

namespace actors::internal {

/// Makes the spans of a runtime that has a sink for them.
class tracer : public std::enable_shared_from_this<tracer> {
public:
  explicit tracer(detail::runtime_core& core);

  [[nodiscard]] span start(const std::shared_ptr<const trace_context>& around, std::string_view name,
                           const span_options& options);

  [[nodiscard]] std::chrono::system_clock::time_point now() const noexcept;

  [[nodiscard]] bool is_virtual() const noexcept { return virtual_ != nullptr; }

  [[nodiscard]] span_sink& sink() const noexcept { return *sink_; }

private:
  [[nodiscard]] std::uint64_t next_number(std::uint64_t seed) noexcept;
  [[nodiscard]] trace_id next_trace() noexcept;
  [[nodiscard]] span_id next_span() noexcept;
  [[nodiscard]] bool samples(trace_id trace) const noexcept;

  detail::runtime_core* virtual_; // null if the clock is the system's
  std::shared_ptr<span_sink> sink_;
  double ratio_;
  std::uint64_t high_seed_;
  std::uint64_t low_seed_;
  std::uint64_t span_seed_;
  std::atomic<std::uint64_t> drawn_{0};
};

} // namespace actors::internal
