#include <services/scraper/options.hpp>

#include <services/scraper/internal/ascii.hpp>
#include <services/scraper/robots.hpp>

#include <CLI/CLI.hpp>

#include <charconv>
#include <cmath>
#include <string_view>

namespace services::scraper {

namespace {

constexpr std::uint32_t concurrency_limit = 1000;
constexpr std::uint32_t retries_limit = 100;
constexpr double rate_limit = 1e6;
constexpr std::chrono::hours timeout_limit{24};

constexpr const char* description = "Fetch web sites and store their pages in an SQLite file";

constexpr const char* footer = R"(
Follows links from the start URLs on the same hosts, honours robots.txt and
nofollow, and writes one row per URL to the table "pages": url, status, title,
text, links (a JSON array), fetched_at, attempts, error.

Ctrl-C stops at once and loses nothing; the same command with --resume goes on.

Exit codes: 0 all done, 1 something could not be done (see the message),
2 wrong usage, 130 stopped by Ctrl-C.

Examples:
  actors scrape https://example.org/
  actors scrape https://example.org/ --rate 2 --max-pages 1000 --db example.sqlite
  actors scrape --resume --db example.sqlite
  sqlite3 pages.sqlite "select status, url, title from pages where error is null")";

bool has_host(std::string_view url) noexcept {
  const auto begin = url.find("://");
  if (begin == std::string_view::npos)
    return false;
  const auto rest = url.substr(begin + 3);
  const auto end = rest.find_first_of("/?#");
  return !rest.substr(0, end).empty() && rest.front() != ':';
}

bool is_http(std::string_view url) noexcept {
  const auto scheme = internal::lower(url.substr(0, url.find("://")));
  return scheme == "http" || scheme == "https";
}

bool is_visible_ascii(std::string_view text) noexcept {
  for (const auto c : text)
    if (c < ' ' || c > '~')
      return false;
  return true;
}

std::optional<std::string> check_host_pattern(std::string_view pattern) {
  if (pattern.empty())
    return "--include-host: an empty name";
  if (pattern.find("://") != std::string_view::npos || pattern.find('/') != std::string_view::npos)
    return "--include-host " + std::string{pattern} + ": give the name of a host, such as example.org, not a URL";
  const auto star = pattern.rfind('*');
  if (star != std::string_view::npos && pattern != "*" &&
      !(star == 0 && pattern.starts_with("*.") && pattern.size() > 2))
    return "--include-host " + std::string{pattern} + ": a * stands alone or at the start, as in *.example.org";
  return std::nullopt;
}

} // namespace

std::string scrape_options::default_user_agent() {
  return "actors-scraper/0.1";
}

std::optional<std::string> scrape_options::check() const {
  if (urls.empty() && !resume)
    return "give at least one URL to start from, or --resume to go on with an earlier crawl";
  for (const auto& url : urls) {
    if (!is_http(url))
      return "URL " + url + ": only http and https can be fetched";
    if (!has_host(url))
      return "URL " + url + ": there is no host in it";
  }
  if (db.empty())
    return "--db: an empty file name";
  if (concurrency < 1 || concurrency > concurrency_limit)
    return "--concurrency " + std::to_string(concurrency) + ": must be from 1 to " + std::to_string(concurrency_limit);
  if (rate && (!(*rate > 0) || *rate > rate_limit))
    return "--rate: must be above 0 and at most " + std::to_string(static_cast<int>(rate_limit)) +
           " requests per second";
  if (max_pages && *max_pages == 0)
    return "--max-pages 0: must be at least 1";
  if (retries > retries_limit)
    return "--retries " + std::to_string(retries) + ": must be at most " + std::to_string(retries_limit);
  for (const auto& pattern : include_hosts)
    if (auto wrong = check_host_pattern(pattern))
      return wrong;
  if (!is_visible_ascii(user_agent))
    return "--user-agent: only printable ASCII characters can be sent";
  if (product_token(user_agent).empty())
    return "--user-agent \"" + user_agent +
           "\": must begin with a name made of letters, - or _, by which robots.txt knows it";
  if (timeout < std::chrono::milliseconds{1} || timeout > timeout_limit)
    return "--timeout: must be from 0.001 to 86400 seconds";
  return std::nullopt;
}

std::string with_scheme(std::string url) {
  return url.find("://") == std::string::npos ? "http://" + url : url;
}

struct scrape_command::impl {
  CLI::App* command = nullptr;
  scrape_options options;
  double rate = 0;
  std::uint32_t depth = 0;
  std::uint64_t max_pages = 0;
  double timeout = 30;
};

scrape_command::scrape_command(CLI::App& parent) : impl_(std::make_unique<impl>()) {
  auto& x = *impl_;
  auto& command = *parent.add_subcommand("scrape", description);
  x.command = &command;
  command.footer(footer);

  command.add_option("URL", x.options.urls, "Where to start; without a scheme, http:// is meant")->expected(0, -1);
  command.add_option("--db", x.options.db, "SQLite file for the results")->type_name("FILE")->capture_default_str();
  command.add_option("-c,--concurrency", x.options.concurrency, "Requests running at once, per host")
      ->type_name("N")
      ->capture_default_str();
  auto* rate = command.add_option("--rate", x.rate, "Requests per second and host [no limit]")->type_name("N");
  auto* depth =
      command.add_option("--depth", x.depth, "Links to follow from a start URL; 0 fetches only these [no limit]")
          ->type_name("N");
  auto* max_pages = command.add_option("--max-pages", x.max_pages, "Stop when the file has this many pages [no limit]")
                        ->type_name("N");
  command
      .add_option("--retries", x.options.retries,
                  "Retries of a page after connection errors, 429 and 5xx, with exponential back-off")
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--include-host", x.options.include_hosts,
                  "Also follow links to this host; *.example.org means a domain, * every host; may be repeated")
      ->type_name("HOST")
      // One value each time: otherwise it would swallow URLs that follow.
      ->allow_extra_args(false);
  command.add_option("--user-agent", x.options.user_agent, "Sent with requests; robots.txt is read for its first word")
      ->type_name("TEXT")
      ->capture_default_str();
  command.add_option("--timeout", x.timeout, "Seconds for one request, its body included")
      ->type_name("SECONDS")
      ->capture_default_str();
  command.add_flag("--resume", x.options.resume, "Go on with the crawl in the file; URLs may be left out");
  command.add_flag("-q,--quiet", x.options.quiet, "No progress, only errors");

  // Runs at the end of the subcommand's own parsing, so that mistakes are reported as the parser's.
  command.final_callback([&x, rate, depth, max_pages] {
    auto& options = x.options;
    for (auto& url : options.urls)
      url = with_scheme(std::move(url));
    if (*rate)
      options.rate = x.rate;
    if (*depth)
      options.depth = x.depth;
    if (*max_pages)
      options.max_pages = x.max_pages;
    // Not converted before it is known to fit.
    if (!(x.timeout > 0) || x.timeout > 1e6)
      options.timeout = std::chrono::milliseconds{0};
    else
      options.timeout = std::chrono::milliseconds{static_cast<std::int64_t>(std::ceil(x.timeout * 1000))};
    if (const auto wrong = options.check())
      throw CLI::ValidationError{*wrong};
  });
}

scrape_command::~scrape_command() = default;

bool scrape_command::chosen() const {
  return impl_->command->parsed();
}

const scrape_options& scrape_command::options() const noexcept {
  return impl_->options;
}

} // namespace services::scraper
