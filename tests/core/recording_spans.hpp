#pragma once

#include <actors/core/span_record.hpp>

#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace core_test {

/// Keeps the spans of a runtime.
class recording_spans final : public actors::span_sink {
public:
  void write(actors::span_record finished) noexcept override {
    const std::scoped_lock guard{mutex_};
    spans_.push_back(std::move(finished));
  }

  void flush() noexcept override {
    const std::scoped_lock guard{mutex_};
    ++flushes_;
  }

  [[nodiscard]] std::vector<actors::span_record> spans() const {
    const std::scoped_lock guard{mutex_};
    return spans_;
  }

  /// The only span of this name; throws `std::out_of_range` otherwise.
  [[nodiscard]] actors::span_record span(std::string_view name) const {
    std::vector<actors::span_record> found;
    for (const auto& each : spans())
      if (each.name == name)
        found.push_back(each);
    if (found.size() != 1)
      throw std::out_of_range(std::string{name} + ": " + std::to_string(found.size()) + " spans");
    return found.front();
  }

  [[nodiscard]] int flushes() const {
    const std::scoped_lock guard{mutex_};
    return flushes_;
  }

private:
  mutable std::mutex mutex_;
  std::vector<actors::span_record> spans_;
  int flushes_ = 0;
};

} // namespace core_test
