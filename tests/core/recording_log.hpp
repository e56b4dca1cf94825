#pragma once

#include <actors/core/log.hpp>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace core_test {

/// Keeps what a runtime logs, one text a record.
class recording_log final : public actors::log_sink {
public:
  void write(const actors::log_record& record) noexcept override {
    const std::scoped_lock guard{mutex_};
    lines_.push_back(std::string{actors::to_string(record.level)} + " " + actors::format_log_text(record));
    changed_.notify_all();
  }

  [[nodiscard]] std::vector<std::string> lines() const {
    const std::scoped_lock guard{mutex_};
    return lines_;
  }

  /// Waits until a line contains `text`; false after ten seconds without one.
  [[nodiscard]] bool wait_for(std::string_view text) const {
    std::unique_lock guard{mutex_};
    return changed_.wait_for(guard, std::chrono::seconds(10), [&] {
      for (const auto& line : lines_)
        if (line.find(text) != std::string::npos)
          return true;
      return false;
    });
  }

private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<std::string> lines_;
};

} // namespace core_test
