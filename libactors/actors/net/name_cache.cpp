#include <actors/net/name_cache.hpp>

#include <actors/core/detail/io_worker.hpp>
#include <actors/core/error.hpp>
#include <actors/core/shield.hpp>
#include <actors/core/spawn.hpp>
#include <actors/net/error.hpp>
#include <actors/net/resolver.hpp>

#include <netdb.h>

#include <algorithm>
#include <exception>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace actors::net {

namespace {

using addresses = std::vector<ip_address>;

/// What a question led to. A value also if it failed: when nobody waits any more, that is no error of anybody.
class answer {
public:
  answer() = default;

  std::shared_ptr<const addresses> found;
  std::exception_ptr error;
};

std::vector<endpoint> with_port(const answer& from, std::uint16_t port) {
  if (from.error)
    std::rethrow_exception(from.error);
  std::vector<endpoint> result;
  result.reserve(from.found->size());
  for (const auto& each : *from.found)
    result.emplace_back(each, port);
  return result;
}

task<addresses> ask_system(std::string host) {
  const auto found = co_await resolve(std::move(host), 0);
  addresses result;
  result.reserve(found.size());
  for (const auto& each : found)
    result.push_back(each.address());
  co_return result;
}

/// Names do not differ by case.
std::string key_of(std::string_view host) {
  std::string result{host};
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

} // namespace

struct name_cache::state {
  explicit state(name_cache_options options) : options_(std::move(options)) {
    if (!options_.lookup())
      options_.lookup(ask_system);
  }

  struct entry {
    answer known;
    time_point expires = time_point::min(); // of what is known; pinned: never
    task_handle<answer> asking;
    std::uint64_t question = 0; // of `asking`

    [[nodiscard]] bool is_pinned() const noexcept { return expires == time_point::max(); }
  };

  using names = std::unordered_map<std::string, entry>;

  /// The answer if it is known, else who is asking.
  [[nodiscard]] static task<std::vector<endpoint>> resolve(std::shared_ptr<state> self, std::string host,
                                                           std::uint16_t port);

  [[nodiscard]] static task<answer> look_up(std::shared_ptr<state> self, std::string host, std::uint64_t question);

  void remember(const std::string& key, std::uint64_t question, const answer& value, time_point now);

  /// Makes room for one more. Under the lock.
  void make_room(time_point now);

  name_cache_options options_;
  mutable std::mutex mutex_;
  names names_;
  std::uint64_t questions_ = 0;
  std::size_t pinned_ = 0;
};

task<std::vector<endpoint>> name_cache::state::resolve(std::shared_ptr<state> self, std::string host,
                                                       std::uint16_t port) {
  if (const auto address = ip_address::parse(host))
    co_return std::vector<endpoint>(1, endpoint{*address, port});
  auto& context = co_await actors::detail::current_context{};
  const auto now = actors::detail::now_of(actors::detail::core_of(context));
  std::optional<answer> known;
  task_handle<answer> asking;
  {
    auto key = key_of(host);
    const std::scoped_lock guard{self->mutex_};
    auto found = self->names_.find(key);
    if (found != self->names_.end() && now < found->second.expires) {
      known = found->second.known;
    } else {
      if (found == self->names_.end()) {
        self->make_room(now);
        found = self->names_.try_emplace(std::move(key)).first;
      }
      auto& entry = found->second;
      // Who asked may have been killed with its runtime.
      if (!entry.asking || entry.asking.done()) {
        entry.question = ++self->questions_;
        const auto named = spawn_options{}.name("resolve " + host);
        entry.asking = spawn_detached(look_up(self, host, entry.question), named);
      }
      asking = entry.asking;
    }
  }
  if (!known)
    known = co_await shield(std::move(asking));
  co_return with_port(*known, port);
}

task<answer> name_cache::state::look_up(std::shared_ptr<state> self, std::string host, std::uint64_t question) {
  answer result;
  try {
    auto found = co_await self->options_.lookup()(host);
    if (found.empty())
      throw net_error("resolve", host, std::error_code{EAI_NONAME, resolver_category()});
    result.found = std::make_shared<const addresses>(std::move(found));
  } catch (const std::exception&) {
    result.error = std::current_exception();
  }
  auto& context = co_await actors::detail::current_context{};
  self->remember(key_of(host), question, result, actors::detail::now_of(actors::detail::core_of(context)));
  co_return result;
}

void name_cache::state::remember(const std::string& key, std::uint64_t question, const answer& value, time_point now) {
  const auto length = value.error ? options_.error_ttl() : options_.ttl();
  task_handle<answer> dropped; // released after the lock
  const std::scoped_lock guard{mutex_};
  const auto found = names_.find(key);
  // Pinned or forgotten meanwhile, or asked again.
  if (found == names_.end() || found->second.question != question || found->second.is_pinned())
    return;
  auto& entry = found->second;
  dropped = std::move(entry.asking);
  if (length <= duration::zero()) {
    names_.erase(found);
    return;
  }
  entry.known = value;
  // The very end of time is for what is pinned.
  entry.expires = std::min(saturating_add(now, length), time_point::max() - duration{1});
}

void name_cache::state::make_room(time_point now) {
  if (names_.size() - pinned_ < options_.max_names())
    return;
  std::erase_if(names_, [now](const auto& each) { return each.second.expires <= now && !each.second.asking; });
  while (names_.size() - pinned_ >= options_.max_names()) {
    auto first = names_.end();
    for (auto i = names_.begin(); i != names_.end(); ++i) {
      if (!i->second.is_pinned() && (first == names_.end() || i->second.expires < first->second.expires))
        first = i;
    }
    names_.erase(first);
  }
}

name_cache::name_cache(name_cache_options options) : state_(std::make_shared<state>(std::move(options))) {}

task<std::vector<endpoint>> name_cache::resolve(std::string host, std::uint16_t port) const {
  return state::resolve(state_, std::move(host), port);
}

void name_cache::pin(std::string_view host, std::vector<ip_address> pinned) const {
  if (pinned.empty())
    throw misuse_error("a name was pinned to no address");
  answer value;
  value.found = std::make_shared<const addresses>(std::move(pinned));
  const std::scoped_lock guard{state_->mutex_};
  auto& entry = state_->names_[key_of(host)];
  if (!entry.is_pinned())
    ++state_->pinned_;
  entry.known = std::move(value);
  entry.expires = time_point::max();
}

bool name_cache::forget(std::string_view host) const {
  const std::scoped_lock guard{state_->mutex_};
  const auto found = state_->names_.find(key_of(host));
  if (found == state_->names_.end())
    return false;
  if (found->second.is_pinned())
    --state_->pinned_;
  state_->names_.erase(found);
  return true;
}

void name_cache::clear() const {
  const std::scoped_lock guard{state_->mutex_};
  std::erase_if(state_->names_, [](const auto& each) { return !each.second.is_pinned(); });
}

std::size_t name_cache::size() const {
  const std::scoped_lock guard{state_->mutex_};
  return static_cast<std::size_t>(
      std::ranges::count_if(state_->names_, [](const auto& each) { return each.second.expires > time_point::min(); }));
}

} // namespace actors::net
