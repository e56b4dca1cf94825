#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace actors::observe::internal {

/// One label of a sample.
using text_label = std::pair<std::string_view, std::string_view>;

/// Writes Prometheus' text format, version 0.0.4.
class prometheus_text {
public:
  /// The head of a family: `type` is "counter", "gauge" or "histogram".
  void family(std::string_view name, std::string_view type, std::string_view help);

  void sample(std::string_view name, double value) { sample(name, {}, value); }

  void sample(std::string_view name, std::span<const text_label> labels, double value);

  /// A bucket of a histogram, whose label `le` is `limit`.
  void bucket(std::string_view name, std::span<const text_label> labels, double limit, std::uint64_t cumulative);

  [[nodiscard]] std::string take() && { return std::move(text_); }

private:
  void labels(std::span<const text_label> all, const std::string* limit);
  void number(double value);

  std::string text_;
};

} // namespace actors::observe::internal
