#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The frontier: which URL to fetch next, so that none is fetched twice and no host is asked too much.
///
/// Each origin (`scheme://host:port`) has a FIFO queue. `next` goes round the origins that may be asked now: fewer
/// requests running than the limit, the interval since the last one over, no Retry-After pending. A URL that it hands
/// out runs until it comes back through `done` or `retry`. URLs come in canonical form (normalised, without fragment).
///
/// Memory: seen URLs are told apart by a keyed 64-bit hash, 11 to 22 bytes each. Pending ones take their text behind
/// the origin plus a few bytes, up to `memory_limit`; those beyond it are only counted, and come back from the store
/// through `refill`, in order.
///
/// With a depth limit, an origin's URLs are fetched strictly level by level, because a page that is first found on a
/// longer way would otherwise be cut off from its own links by chance. Add a page's links before calling `done` for it.
///
/// No clock: every call takes the time, and `next_time` tells when to ask again. Not synchronised: keep it in one
/// actor. Errors: `std::invalid_argument` from the constructor, naming the setting.
namespace services::scraper {

/// What bounds a crawl.
class frontier_options {
public:
  frontier_options() = default;

  std::uint32_t concurrency = 8;          ///< requests running at once, per origin
  std::optional<double> rate;             ///< requests per second and origin; none: as fast as it goes
  std::optional<std::uint32_t> max_depth; ///< links followed from a start URL, which has depth 0
  std::optional<std::uint64_t> max_pages; ///< URLs handed out (retries not counted) plus those finished in earlier runs
  std::vector<std::string>
      include_hosts; ///< `example.org`, `*.example.org` (also the bare name), `*`; each also with `:port`
  std::size_t memory_limit = 32 << 20; ///< bytes of pending URLs kept in memory
  std::uint64_t hash_key_low = 0;      ///< the key of the hash: random, unless all sites are trusted
  std::uint64_t hash_key_high = 0;
};

/// A URL to fetch.
struct crawl_item {
  std::string url;
  std::string origin;
  std::uint32_t depth = 0;
  std::uint32_t attempts = 0; ///< how often it was fetched before
};

class frontier {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::steady_clock::duration;

  enum class add_result : std::uint8_t {
    added,
    seen_before,
    too_deep,      ///< below the depth limit
    host_excluded, ///< not one of the hosts to crawl
  };

  /// What `add` did. `id` counts the URLs added, in order; it is the key under which the store keeps them.
  struct addition {
    add_result result;
    std::uint64_t id;
  };

  explicit frontier(frontier_options options);
  ~frontier();
  frontier(frontier&&) noexcept;
  frontier& operator=(frontier&&) noexcept;

  /// Allows a host (a pattern as in `include_hosts`), such as that of a start URL.
  void include_host(std::string_view pattern);

  [[nodiscard]] bool includes(std::string_view origin) const;

  /// Queues a URL unless it was seen or is out of bounds.
  addition add(std::string_view url, std::string_view origin, std::uint32_t depth);

  /// The next URL that may be fetched at `now`, or nothing; see `next_time`.
  [[nodiscard]] std::optional<crawl_item> next(time_point now);

  /// When `next` may have something if nothing else happens: a time up to `now` means at once, nothing means not before
  /// something is added, refilled, done or given back.
  [[nodiscard]] std::optional<time_point> next_time(time_point now);

  /// A URL is finished, well or not.
  void done(const crawl_item& item, time_point now);

  /// A URL is to be fetched again, not before `not_before`. Counts the attempt.
  void retry(crawl_item item, time_point not_before, time_point now);

  /// A URL was not fetched after all and waits for its turn again, as if it had not been handed out.
  void put_back(crawl_item item, time_point now);

  /// No request to this origin before `until` (Retry-After). Never shortens an earlier such time.
  void hold(std::string_view origin, time_point until);

  /// At least this time between the starts of two requests to this origin (Crawl-delay), if that is more than the rate
  /// asks for.
  void set_interval(std::string_view origin, duration interval);

  // ---- with the store -----------------------------------------------------------------------------------------------

  /// Remembers a URL of an earlier run as seen. One that is `finished` also counts for the limit of pages.
  void add_known(std::string_view url, bool finished);

  /// Tells that `count` URLs of an earlier run wait in the store, with ids up to `last_id`. Call `add_known` for each
  /// as well.
  void expect_stored(std::uint64_t count, std::uint64_t last_id);

  /// There is room for URLs that wait in the store. Write what was added, then hand over those with ids above
  /// `loaded_id`.
  [[nodiscard]] bool wants_refill() const noexcept;

  [[nodiscard]] std::uint64_t loaded_id() const noexcept;

  /// Queues a URL from the store, in the order of ids. One that is now out of bounds stays there for another run.
  add_result refill(std::string_view url, std::string_view origin, std::uint32_t depth, std::uint64_t id);

  // ---- figures ------------------------------------------------------------------------------------------------------

  /// Nothing runs, and nothing will be handed out any more.
  [[nodiscard]] bool finished() const noexcept;

  /// URLs waiting, those in the store included.
  [[nodiscard]] std::uint64_t pending() const noexcept;

  /// URLs handed out and not yet back.
  [[nodiscard]] std::size_t running() const noexcept;

  /// All URLs ever added or known.
  [[nodiscard]] std::uint64_t seen() const noexcept;

  /// Origins that are remembered. Idle ones are forgotten from time to time, except for a Crawl-delay.
  [[nodiscard]] std::size_t origins() const noexcept;

private:
  struct impl;

  std::unique_ptr<impl> impl_;
};

/// Does `pattern` (see `frontier_options::include_hosts`) match the host of an origin?
[[nodiscard]] bool host_matches(std::string_view pattern, std::string_view origin) noexcept;

} // namespace services::scraper
