#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

/// What a crawl is asked to do, and how that is said on the command line: `actors scrape URL… [options]`.
///
/// `scrape_options` is a plain value with the documented defaults, for code that starts a crawl. `check` finds what
/// makes no sense.
///
/// `scrape_command` adds the subcommand `scrape` with its options and help to a command line. It must live until that
/// has been parsed. What is wrong on the command line is reported by the parser (`CLI::ParseError`), in a sentence that
/// names the option and the value.
namespace services::scraper {

class scrape_options {
public:
  scrape_options() = default;

  std::vector<std::string> urls;                 ///< start URLs, `http` or `https`
  std::string db = "pages.sqlite";               ///< the file for the results
  std::uint32_t concurrency = 8;                 ///< requests running at once, per host
  std::optional<double> rate;                    ///< requests per second and host
  std::optional<std::uint32_t> depth;            ///< links followed from a start URL
  std::optional<std::uint64_t> max_pages;        ///< pages in the file at the end
  std::uint32_t retries = 5;                     ///< after connection errors, 429 and 5xx
  std::vector<std::string> include_hosts;        ///< besides those of the start URLs
  std::string user_agent = default_user_agent(); ///< its first word is the name that robots.txt knows us by
  std::chrono::milliseconds timeout = std::chrono::seconds{30}; ///< for one request, body included
  bool resume = false;                                          ///< go on with the results in `db`
  bool quiet = false;                                           ///< no progress

  [[nodiscard]] static std::string default_user_agent();

  /// What is wrong, as a sentence that names the setting; nothing if all is well. Schemes are added to bare start URLs
  /// before.
  [[nodiscard]] std::optional<std::string> check() const;
};

/// `example.org/a` becomes `http://example.org/a`; what has a scheme stays.
[[nodiscard]] std::string with_scheme(std::string url);

class scrape_command {
public:
  /// Adds the subcommand to `parent`, which must outlive this.
  explicit scrape_command(CLI::App& parent);
  ~scrape_command();
  scrape_command(const scrape_command&) = delete;
  scrape_command& operator=(const scrape_command&) = delete;

  /// True if the command line named this subcommand.
  [[nodiscard]] bool chosen() const;

  /// What the command line said, checked.
  [[nodiscard]] const scrape_options& options() const noexcept;

private:
  struct impl;

  std::unique_ptr<impl> impl_;
};

} // namespace services::scraper
