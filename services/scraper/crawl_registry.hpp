#pragma once

#include <actors/core/task.hpp>
#include <actors/core/task_handle.hpp>
#include <services/scraper/crawler.hpp>
#include <services/scraper/options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

/// The crawls of a node: starts them, tells how far they are, stops them.
///
/// Ownership: crawls are tasks of the runtime; `stop_all` ends them, and whoever owns the registry calls it before the
/// runtime stops.
///
/// Threads: all members may be called from any task of one runtime.
///
/// Limits: so many crawls run at once, and so many that have ended are remembered; their files stay.
namespace services::scraper {

/// A crawl cannot be started now or with these options; the text says why.
class crawl_refused : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

class crawl_registry {
public:
  enum class crawl_state : std::uint8_t { running, finished, stopped, failed };

  /// What is known of a crawl.
  struct status {
    std::uint64_t id = 0;
    std::vector<std::string> urls;
    std::string db;
    crawl_state state = crawl_state::running;
    progress_counters counters;
    std::string error; ///< why it has failed
    std::chrono::system_clock::time_point started_at;
  };

  /// Result files are made in `directory`.
  explicit crawl_registry(std::string directory = ".", std::size_t max_running = 4);

  /// Starts a crawl, from inside of a task. `options.db` is a file name without a folder; empty: one is made up.
  [[nodiscard]] std::uint64_t start(scrape_options options);

  [[nodiscard]] std::optional<status> find(std::uint64_t id) const;

  [[nodiscard]] std::vector<status> list() const;

  /// Asks a crawl to stop; false if there is none that runs.
  bool stop(std::uint64_t id);

  /// Stops all and waits until what they had fetched is written.
  [[nodiscard]] actors::task<void> stop_all();

private:
  struct entry {
    status known;
    std::shared_ptr<crawl_monitor> monitor;
    actors::task_handle<crawl_report> task;
  };

  static constexpr std::size_t most_remembered = 100;

  [[nodiscard]] static status look(const entry& crawl);
  void forget_oldest();

  std::string directory_;
  std::size_t max_running_;
  mutable std::mutex mutex_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, entry> crawls_;
};

/// `running`, `finished`, `stopped` or `failed`.
[[nodiscard]] std::string to_string(crawl_registry::crawl_state state);

} // namespace services::scraper
