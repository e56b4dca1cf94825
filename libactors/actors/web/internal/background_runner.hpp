#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/core/task_handle.hpp>
#include <actors/web/background.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace actors::web::internal {

/// Runs what is to be done after replies, in tasks of the runtime, and knows which have not ended.
class background_runner : public std::enable_shared_from_this<background_runner> {
public:
  /// From a task. Takes none while the runtime stops: then they are logged as lost.
  void start(std::vector<background_tasks::entry> what, const std::string& request_id);

  /// Waits until all have ended; cancels what has not after `limit`. The number of those that were cancelled.
  [[nodiscard]] task<std::size_t> drain(duration limit);

  [[nodiscard]] std::size_t running() const;

private:
  [[nodiscard]] static task<void> run(std::shared_ptr<background_runner> self, std::uint64_t number,
                                      std::vector<background_tasks::entry> what, std::string request_id);
  void ended(std::uint64_t number) noexcept;
  [[nodiscard]] std::vector<task_handle<void>> handles() const;

  mutable std::mutex mutex_;
  std::map<std::uint64_t, task_handle<void>> running_;
  std::uint64_t next_ = 0;
};

} // namespace actors::web::internal
