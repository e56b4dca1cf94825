#include <services/scraper/frontier.hpp>

#include <services/scraper/internal/ascii.hpp>
#include <services/scraper/internal/url_queue.hpp>
#include <services/scraper/internal/url_set.hpp>

#include <algorithm>
#include <cmath>
#include <deque>
#include <queue>
#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace services::scraper {

namespace {

using time_point = frontier::time_point;
using duration = frontier::duration;
using internal::equal_ignoring_case;

duration interval_for(std::optional<double> rate) {
  if (!rate)
    return duration::zero();
  if (!(*rate > 0) || !std::isfinite(*rate))
    throw std::invalid_argument("frontier: rate must be a number above zero, not " + std::to_string(*rate));
  // A request a day is slow enough for the arithmetic, and for everybody.
  const std::chrono::duration<double> seconds{std::min(1 / *rate, 86'400.0)};
  return std::chrono::duration_cast<duration>(seconds);
}

/// The later of two times that may be far in the future.
time_point after(time_point now, duration wait) noexcept {
  return now > time_point::max() - wait ? time_point::max() : now + wait;
}

/// What a queue keeps of a URL: the part behind the origin, or all of it.
std::string_view behind_origin(std::string_view url, std::string_view origin) noexcept {
  if (!url.starts_with(origin))
    return url;
  const auto rest = url.substr(origin.size());
  return rest.starts_with('/') || rest.starts_with('?') ? rest : url;
}

std::string with_origin(std::string_view text, std::string_view origin) {
  std::string url;
  if (text.starts_with('/') || text.starts_with('?')) {
    url.reserve(origin.size() + text.size());
    url += origin;
  }
  url += text;
  return url;
}

struct delayed_item {
  time_point not_before;
  std::uint64_t order; // keeps items of the same time in order
  crawl_item item;
};

/// For a heap with the earliest on top.
struct is_later {
  bool operator()(const delayed_item& a, const delayed_item& b) const noexcept {
    return a.not_before != b.not_before ? a.not_before > b.not_before : a.order > b.order;
  }
};

struct host_state {
  std::string origin;
  internal::url_queue queue;
  std::vector<delayed_item> delayed;
  std::vector<std::uint32_t> running; // the depths of the URLs that run
  time_point not_before = time_point::min();
  duration interval = duration::zero();
  bool listed = false;                     // stands in the ring of ready hosts
  std::size_t wake_ups = 0;                // how often it stands among the waiting ones
  time_point woken_at = time_point::max(); // the earliest of these

  [[nodiscard]] bool idle() const noexcept {
    return queue.empty() && delayed.empty() && running.empty() && !listed && wake_ups == 0;
  }
};

struct wake_up {
  time_point at;
  host_state* host;
};

struct wakes_later {
  bool operator()(const wake_up& a, const wake_up& b) const noexcept { return a.at > b.at; }
};

/// A host with this many failed URLs per request that it may run gets no new ones until some of those are through: it
/// is likely down, and would only turn its whole queue into retries.
constexpr std::size_t retries_per_request = 4;

/// Idle hosts are looked for when there are more hosts than this, and then not before their number has doubled.
constexpr std::size_t many_hosts = 4096;

} // namespace

bool host_matches(std::string_view pattern, std::string_view origin) noexcept {
  if (pattern == "*")
    return true;
  auto authority = origin;
  if (const auto scheme = origin.find("://"); scheme != std::string_view::npos)
    authority.remove_prefix(scheme + 3);
  // The colon before a port, not one inside an IPv6 address.
  const auto port_of = [](std::string_view text) {
    const auto colon = text.rfind(':');
    const auto bracket = text.rfind(']');
    if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket))
      return text.size();
    // More than one colon and no brackets: an IPv6 address as people write it.
    return bracket == std::string_view::npos && text.find(':') != colon ? text.size() : colon;
  };
  if (port_of(pattern) == pattern.size())
    authority = authority.substr(0, port_of(authority));
  const auto without_brackets = [](std::string_view text) {
    return text.size() > 1 && text.front() == '[' && text.back() == ']' ? text.substr(1, text.size() - 2) : text;
  };
  if (pattern.starts_with("*.")) {
    const auto domain = pattern.substr(2);
    if (authority.size() > domain.size() && authority[authority.size() - domain.size() - 1] == '.')
      authority = authority.substr(authority.size() - domain.size());
    return equal_ignoring_case(authority, domain);
  }
  return equal_ignoring_case(without_brackets(authority), without_brackets(pattern));
}

struct frontier::impl {
  explicit impl(frontier_options given)
      : options(std::move(given)), interval(interval_for(options.rate)),
        seen(options.hash_key_low, options.hash_key_high) {
    if (options.concurrency == 0)
      throw std::invalid_argument("frontier: concurrency must be at least 1");
  }

  frontier_options options;
  duration interval;
  internal::url_set seen;
  std::unordered_map<std::string_view, std::unique_ptr<host_state>> hosts; // the keys are the hosts' own texts
  std::deque<host_state*> ready;
  std::priority_queue<wake_up, std::vector<wake_up>, wakes_later> waiting;
  std::size_t queued = 0;
  std::size_t queued_bytes = 0;
  std::size_t delayed = 0;
  std::size_t running = 0;
  std::uint64_t stored = 0;    // URLs that wait in the store only
  std::uint64_t last_id = 0;   // the id of the URL added last
  std::uint64_t loaded_id = 0; // pending URLs with ids up to this are, or were, in memory
  std::uint64_t counted = 0;   // URLs that count for the limit of pages
  std::uint64_t order = 0;
  std::size_t sweep_above = many_hosts;
  time_point clock = time_point::min(); // the latest time that was passed in

  void note_time(time_point now) noexcept { clock = std::max(clock, now); }

  [[nodiscard]] bool may_start_new() const noexcept { return !options.max_pages || counted < *options.max_pages; }

  [[nodiscard]] bool includes(std::string_view origin) const {
    return std::ranges::any_of(options.include_hosts, [&](const auto& x) { return host_matches(x, origin); });
  }

  [[nodiscard]] host_state& host_of(std::string_view origin) {
    if (const auto found = hosts.find(origin); found != hosts.end())
      return *found->second;
    if (hosts.size() >= sweep_above)
      forget_idle_hosts();
    auto host = std::make_unique<host_state>();
    host->origin = origin;
    auto& result = *host;
    hosts.emplace(std::string_view{result.origin}, std::move(host));
    return result;
  }

  void forget_idle_hosts() {
    std::erase_if(hosts, [this](const auto& entry) {
      const auto& host = *entry.second;
      // A Crawl-delay is kept: whoever read the robots.txt will not tell it again. So is a time that is not over.
      return host.idle() && host.interval == duration::zero() && host.not_before <= clock;
    });
    sweep_above = std::max(many_hosts, hosts.size() * 2);
  }

  void push(std::string_view url, std::string_view origin, std::uint32_t depth) {
    auto& host = host_of(origin);
    const auto text = behind_origin(url, host.origin);
    host.queue.push(text, depth);
    ++queued;
    queued_bytes += text.size();
    schedule(host);
  }

  /// The depth that must be finished before a deeper URL of this host may start.
  [[nodiscard]] static std::uint32_t unfinished_depth(const host_state& host) {
    std::uint32_t depth = UINT32_MAX;
    for (const auto x : host.running)
      depth = std::min(depth, x);
    for (const auto& x : host.delayed)
      depth = std::min(depth, x.item.depth);
    return depth;
  }

  /// When this host's next URL may start; nothing if that depends on something else than time.
  [[nodiscard]] std::optional<time_point> ready_time(const host_state& host) const {
    if (host.running.size() >= options.concurrency)
      return std::nullopt;
    std::optional<time_point> result;
    if (!host.delayed.empty())
      result = std::max(host.not_before, host.delayed.front().not_before);
    if (can_take_new(host))
      result = result ? std::min(*result, host.not_before) : host.not_before;
    return result;
  }

  [[nodiscard]] bool can_take_new(const host_state& host) const {
    return !host.queue.empty() && may_start_new() && host.delayed.size() < retries_per_request * options.concurrency &&
           (!options.max_depth || host.queue.front().depth <= unfinished_depth(host));
  }

  /// Puts a host where it belongs: among the ready ones, the waiting ones, or nowhere until something happens.
  void schedule(host_state& host) {
    const auto at = ready_time(host);
    if (!at || host.listed)
      return;
    if (*at <= clock) {
      ready.push_back(&host);
      host.listed = true;
    } else if (*at < host.woken_at) {
      waiting.push({*at, &host});
      host.woken_at = *at;
      ++host.wake_ups;
    }
  }

  void wake() {
    while (!waiting.empty() && waiting.top().at <= clock) {
      const auto [at, host] = waiting.top();
      waiting.pop();
      --host->wake_ups;
      if (at == host->woken_at)
        host->woken_at = time_point::max();
      schedule(*host);
    }
  }

  /// The next host whose URL may start now, taken out of the ring.
  [[nodiscard]] host_state* take_ready() {
    wake();
    while (!ready.empty()) {
      auto& host = *ready.front();
      ready.pop_front();
      host.listed = false;
      if (const auto at = ready_time(host); at && *at <= clock)
        return &host;
      schedule(host);
    }
    return nullptr;
  }

  [[nodiscard]] crawl_item take(host_state& host) {
    crawl_item item;
    if (!host.delayed.empty() && host.delayed.front().not_before <= clock) {
      std::ranges::pop_heap(host.delayed, is_later{});
      item = std::move(host.delayed.back().item);
      host.delayed.pop_back();
      --delayed;
    } else {
      const auto [text, depth] = host.queue.front();
      item = {with_origin(text, host.origin), host.origin, depth, 0};
      queued_bytes -= text.size();
      host.queue.pop();
      --queued;
      ++counted;
    }
    host.running.push_back(item.depth);
    ++running;
    host.not_before = std::max(host.not_before, after(clock, std::max(interval, host.interval)));
    schedule(host);
    return item;
  }

  host_state& stop_running(const crawl_item& item) {
    auto& host = host_of(item.origin);
    const auto found = std::ranges::find(host.running, item.depth);
    if (found == host.running.end())
      throw std::logic_error("frontier: this URL is not running: " + item.url);
    host.running.erase(found);
    --running;
    return host;
  }

  void delay(crawl_item item, time_point not_before) {
    auto& host = stop_running(item);
    host.delayed.push_back({not_before, ++order, std::move(item)});
    std::ranges::push_heap(host.delayed, is_later{});
    ++delayed;
    schedule(host);
  }
};

frontier::frontier(frontier_options options) : impl_(std::make_unique<impl>(std::move(options))) {}

frontier::~frontier() = default;
frontier::frontier(frontier&&) noexcept = default;
frontier& frontier::operator=(frontier&&) noexcept = default;

void frontier::include_host(std::string_view pattern) {
  auto& patterns = impl_->options.include_hosts;
  if (std::ranges::find(patterns, pattern) == patterns.end())
    patterns.emplace_back(pattern);
}

bool frontier::includes(std::string_view origin) const {
  return impl_->includes(origin);
}

frontier::addition frontier::add(std::string_view url, std::string_view origin, std::uint32_t depth) {
  auto& x = *impl_;
  if (x.options.max_depth && depth > *x.options.max_depth)
    return {add_result::too_deep, 0};
  if (!x.includes(origin))
    return {add_result::host_excluded, 0};
  if (!x.seen.insert(url))
    return {add_result::seen_before, 0};
  const auto id = ++x.last_id;
  // Once something waits in the store, everything new queues up behind it.
  if (x.stored > 0 || x.queued_bytes >= x.options.memory_limit) {
    ++x.stored;
  } else {
    x.push(url, origin, depth);
    x.loaded_id = id;
  }
  return {add_result::added, id};
}

std::optional<crawl_item> frontier::next(time_point now) {
  impl_->note_time(now);
  auto* host = impl_->take_ready();
  if (host == nullptr)
    return std::nullopt;
  return impl_->take(*host);
}

std::optional<time_point> frontier::next_time(time_point now) {
  auto& x = *impl_;
  x.note_time(now);
  if (auto* host = x.take_ready()) {
    // Only asked: it keeps its turn.
    x.ready.push_front(host);
    host->listed = true;
    return now;
  }
  if (x.waiting.empty())
    return std::nullopt;
  return x.waiting.top().at;
}

void frontier::done(const crawl_item& item, time_point now) {
  impl_->note_time(now);
  impl_->schedule(impl_->stop_running(item));
}

void frontier::retry(crawl_item item, time_point not_before, time_point now) {
  impl_->note_time(now);
  ++item.attempts;
  impl_->delay(std::move(item), not_before);
}

void frontier::put_back(crawl_item item, time_point now) {
  impl_->note_time(now);
  impl_->delay(std::move(item), now);
}

void frontier::hold(std::string_view origin, time_point until) {
  auto& host = impl_->host_of(origin);
  host.not_before = std::max(host.not_before, until);
}

void frontier::set_interval(std::string_view origin, duration interval) {
  impl_->host_of(origin).interval = std::clamp<duration>(interval, duration::zero(), std::chrono::hours{24});
}

void frontier::add_known(std::string_view url, bool finished) {
  if (impl_->seen.insert(url) && finished)
    ++impl_->counted;
}

void frontier::expect_stored(std::uint64_t count, std::uint64_t last_id) {
  impl_->stored += count;
  impl_->last_id = std::max(impl_->last_id, last_id);
}

bool frontier::wants_refill() const noexcept {
  return impl_->stored > 0 && impl_->queued_bytes <= impl_->options.memory_limit / 2;
}

std::uint64_t frontier::loaded_id() const noexcept {
  return impl_->loaded_id;
}

frontier::add_result frontier::refill(std::string_view url, std::string_view origin, std::uint32_t depth,
                                      std::uint64_t id) {
  auto& x = *impl_;
  x.loaded_id = std::max(x.loaded_id, id);
  if (x.stored > 0)
    --x.stored;
  if (x.options.max_depth && depth > *x.options.max_depth)
    return add_result::too_deep;
  if (!x.includes(origin))
    return add_result::host_excluded;
  x.push(url, origin, depth);
  return add_result::added;
}

bool frontier::finished() const noexcept {
  const auto& x = *impl_;
  return x.running == 0 && x.delayed == 0 && ((x.queued == 0 && x.stored == 0) || !x.may_start_new());
}

std::uint64_t frontier::pending() const noexcept {
  return impl_->queued + impl_->delayed + impl_->stored;
}

std::size_t frontier::running() const noexcept {
  return impl_->running;
}

std::uint64_t frontier::seen() const noexcept {
  return impl_->seen.size();
}

std::size_t frontier::origins() const noexcept {
  return impl_->hosts.size();
}

} // namespace services::scraper
