#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The results of a crawl in an SQLite file, with all that is needed to go on after an interruption.
///
/// Table `pages` has a row for every URL that is finished: `url` (primary key), `status` (null without a response),
/// `title`, `text`, `links` (a JSON array of absolute URLs: `select value from pages, json_each(links)`), `fetched_at`
/// (UTC, ISO 8601), `attempts`, `error` (null if all is well). Table `frontier` (`id`, `url`, `depth`) has the URLs
/// that were found and are not finished. A page, the links found on it and its leaving the frontier are written in one
/// transaction, many pages at a time: after Ctrl-C or SIGKILL nothing is lost or fetched twice but what had not been
/// written. Others may read the file meanwhile.
///
/// One `result_store` per file: a second one, in this process or another, is refused. Calls block on the disk: keep it
/// on a thread of its own. Errors: `actors::sql::error`, whose text starts with the file. If `write` throws, nothing of
/// that call is in the file and all that was written before is.
namespace services::scraper {

/// A finished URL.
class page_record {
public:
  page_record() = default;

  std::string url;
  int status = 0; ///< of the response; 0 if there was none
  std::string title;
  std::string text;
  std::vector<std::string> links;
  std::chrono::system_clock::time_point fetched_at;
  std::uint32_t attempts = 0;
  std::string error;
};

/// A URL that is not finished. `id` gives the order and comes from the frontier.
class frontier_record {
public:
  frontier_record() = default;

  frontier_record(std::uint64_t id, std::string url, std::uint32_t depth) : id(id), url(std::move(url)), depth(depth) {}

  std::uint64_t id = 0;
  std::string url;
  std::uint32_t depth = 0;
};

/// A page with the URLs that were first found on it.
class finished_page {
public:
  finished_page() = default;

  page_record page;
  std::vector<frontier_record> found;
};

class result_store {
public:
  enum class mode : std::uint8_t {
    fresh,  ///< the file must be new or without results
    resume, ///< goes on with the results that are there, if any
  };

  result_store(std::string file, mode how);
  ~result_store();
  result_store(result_store&&) noexcept;
  result_store& operator=(result_store&&) noexcept;

  /// Adds start URLs to the frontier.
  void add(std::span<const frontier_record> urls);

  /// Writes finished pages in one transaction.
  void write(std::span<const finished_page> pages);

  /// The next URLs of the frontier with ids above `after`, in order.
  [[nodiscard]] std::vector<frontier_record> pending(std::uint64_t after, std::size_t limit);

  /// Calls `f` with every URL in the file and whether it is finished. The text is valid during the call only.
  void for_each_known(const std::function<void(std::string_view url, bool finished)>& f);

  struct figures {
    std::uint64_t pages = 0;
    std::uint64_t errors = 0; ///< pages with an error
    std::uint64_t pending = 0;
    std::uint64_t last_id = 0; ///< the highest id in the frontier
  };

  [[nodiscard]] figures count();

  [[nodiscard]] const std::string& file() const noexcept;

private:
  struct impl;

  std::unique_ptr<impl> impl_;
};

/// Reads finished pages from a file that a crawl may be writing. Blocks on the disk; one thread at a time.
class result_reader {
public:
  explicit result_reader(std::string file);
  ~result_reader();
  result_reader(result_reader&&) noexcept;
  result_reader& operator=(result_reader&&) noexcept;

  /// Up to `limit` pages in the order in which they were written, after skipping what was read up to `position`, which
  /// is 0 at first and moved on.
  [[nodiscard]] std::vector<page_record> read(std::uint64_t& position, std::size_t limit);

private:
  struct impl;

  std::unique_ptr<impl> impl_;
};

/// UTC in milliseconds as `2024-02-29T12:34:56.789Z`.
[[nodiscard]] std::string iso_8601(std::chrono::system_clock::time_point time);

} // namespace services::scraper
