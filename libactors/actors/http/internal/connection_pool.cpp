#include <actors/http/internal/connection_pool.hpp>

#include <actors/core/detail/io_worker.hpp>
#include <actors/core/error.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/this_task.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace actors::http::internal {

// -- lease -------------------------------------------------------------------------------------------------------------

connection_pool::lease& connection_pool::lease::operator=(lease&& other) noexcept {
  if (this != &other) {
    drop();
    pool_ = std::move(other.pool_);
    key_ = std::move(other.key_);
    connection_ = std::move(other.connection_);
    reused_ = other.reused_;
  }
  return *this;
}

void connection_pool::lease::keep() noexcept {
  if (const auto pool = std::exchange(pool_, nullptr))
    pool->give_back(key_, std::move(connection_));
}

void connection_pool::lease::drop() noexcept {
  connection_.reset();
  if (const auto pool = std::exchange(pool_, nullptr))
    pool->give_back(key_, nullptr);
}

// -- waiting -----------------------------------------------------------------------------------------------------------

class connection_pool::aftermath {
public:
  aftermath() = default;
  aftermath(const aftermath&) = delete;
  aftermath& operator=(const aftermath&) = delete;

  ~aftermath() {
    if (actor)
      actors::detail::wake(actor, id);
  }

  connection_ptr evicted;
  caf::strong_actor_ptr actor;
  std::uint64_t id = 0;
};

/// A task that waits for a lease. What it is granted is put here under the pool's lock.
class connection_pool::acquire_awaiter : public actors::detail::leaf_awaiter<acquire_awaiter> {
public:
  acquire_awaiter(connection_pool& pool, std::string key) : pool_(pool), key_(std::move(key)) {}

  ~acquire_awaiter() { pool_.withdraw(*this); }

  [[nodiscard]] bool start(actors::detail::task_context& context) {
    aftermath after;
    const std::scoped_lock guard{pool_.mutex_};
    if (pool_.waiting_.empty() && pool_.grant(key_, connection_, after)) {
      granted_ = true;
      return false;
    }
    arm(context);
    actor_ = actors::detail::actor_of(context);
    place_ = pool_.waiting_.insert(pool_.waiting_.end(), this);
    waiting_ = true;
    ++pool_.hosts_[key_].waiting;
    return true;
  }

  lease await_resume() {
    check_cancelled();
    granted_ = false;
    return lease{pool_.shared_from_this(), std::move(key_), std::move(connection_)};
  }

private:
  friend class connection_pool;

  connection_pool& pool_;
  std::string key_;
  connection_ptr connection_;
  caf::strong_actor_ptr actor_;
  std::list<acquire_awaiter*>::iterator place_;
  bool waiting_ = false;
  bool granted_ = false;
};

void connection_pool::withdraw(acquire_awaiter& entry) noexcept {
  bool was_granted = false;
  {
    const std::scoped_lock guard{mutex_};
    if (std::exchange(entry.waiting_, false)) {
      waiting_.erase(entry.place_);
      --hosts_.find(entry.key_)->second.waiting;
      forget_if_unused(entry.key_);
    }
    was_granted = std::exchange(entry.granted_, false);
  }
  // Cancelled after the grant: the connection is untouched, so the next one may have it.
  if (was_granted)
    give_back(entry.key_, std::move(entry.connection_));
}

void connection_pool::serve_next(aftermath& after) {
  for (auto* const entry : waiting_) {
    if (!grant(entry->key_, entry->connection_, after))
      continue;
    waiting_.erase(entry->place_);
    --hosts_.find(entry->key_)->second.waiting;
    entry->waiting_ = false;
    entry->granted_ = true;
    after.actor = std::move(entry->actor_);
    after.id = entry->id();
    return;
  }
}

task<connection_pool::lease> connection_pool::acquire(std::string key) {
  const auto self = shared_from_this();
  co_return co_await acquire_awaiter{*self, std::move(key)};
}

// -- the connections ---------------------------------------------------------------------------------------------------

connection_pool::lease connection_pool::try_acquire(const std::string& key) {
  aftermath after;
  connection_ptr connection;
  const std::scoped_lock guard{mutex_};
  // Nobody overtakes those who wait for the same host; who waits for another one waits for that one's limit.
  if (const auto found = hosts_.find(key); found != hosts_.end() && found->second.waiting > 0)
    return {};
  if (!grant(key, connection, after))
    return {};
  return lease{shared_from_this(), key, std::move(connection)};
}

bool connection_pool::grant(const std::string& key, connection_ptr& connection, aftermath& after) {
  if (const auto found = hosts_.find(key); found != hosts_.end()) {
    auto& entry = found->second;
    if (!entry.idle.empty()) {
      connection = std::move(entry.idle.back());
      entry.idle.pop_back();
      --idle_;
      return true;
    }
    if (entry.open >= limits_.per_host)
      return false;
  }
  if (open_ >= limits_.total) {
    if (idle_ == 0)
      return false;
    after.evicted = evict_oldest();
  }
  ++hosts_[key].open;
  ++open_;
  return true;
}

connection_pool::connection_ptr connection_pool::evict_oldest() {
  auto oldest = hosts_.end();
  for (auto candidate = hosts_.begin(); candidate != hosts_.end(); ++candidate)
    if (!candidate->second.idle.empty() &&
        (oldest == hosts_.end() || candidate->second.idle.front()->expires < oldest->second.idle.front()->expires))
      oldest = candidate;
  auto& entry = oldest->second;
  auto result = std::move(entry.idle.front());
  entry.idle.erase(entry.idle.begin());
  --entry.open;
  --open_;
  --idle_;
  forget_if_unused(std::string{oldest->first});
  return result;
}

void connection_pool::forget_if_unused(const std::string& key) {
  const auto found = hosts_.find(key);
  if (found != hosts_.end() && found->second.open == 0 && found->second.waiting == 0)
    hosts_.erase(found);
}

void connection_pool::give_back(const std::string& key, connection_ptr connection) noexcept {
  // Outside of a task there is no clock and nobody to close the connection later.
  auto* const context =
      connection && limits_.keep_alive > duration::zero() ? actors::detail::running_context() : nullptr;
  bool needs_sweeper = false;
  {
    aftermath after;
    const std::scoped_lock guard{mutex_};
    auto& entry = hosts_.find(key)->second;
    if (context != nullptr) {
      const auto now = actors::detail::now_of(actors::detail::core_of(*context));
      connection->expires = saturating_add(now, limits_.keep_alive);
      entry.idle.push_back(std::move(connection));
      ++idle_;
      needs_sweeper = !std::exchange(sweeping_, true);
    } else {
      after.evicted = std::move(connection);
      --entry.open;
      --open_;
      forget_if_unused(key);
    }
    serve_next(after);
  }
  if (needs_sweeper)
    start_sweeper();
}

// -- closing -----------------------------------------------------------------------------------------------------------

void connection_pool::close_idle() noexcept {
  static_cast<void>(drop_expired(time_point::max()));
}

time_point connection_pool::drop_expired(time_point now) {
  std::vector<connection_ptr> expired;
  auto next = time_point::max();
  const std::scoped_lock guard{mutex_};
  for (auto place = hosts_.begin(); place != hosts_.end();) {
    auto& entry = place->second;
    const auto kept = std::find_if(entry.idle.begin(), entry.idle.end(),
                                   [now](const auto& connection) { return connection->expires > now; });
    const auto count = static_cast<std::size_t>(kept - entry.idle.begin());
    expired.insert(expired.end(), std::make_move_iterator(entry.idle.begin()), std::make_move_iterator(kept));
    entry.idle.erase(entry.idle.begin(), kept);
    entry.open -= count;
    open_ -= count;
    idle_ -= count;
    if (!entry.idle.empty())
      next = std::min(next, entry.idle.front()->expires);
    place = entry.open == 0 && entry.waiting == 0 ? hosts_.erase(place) : std::next(place);
  }
  if (idle_ == 0)
    sweeping_ = false;
  return next;
}

/// Closes what is idle when the sweeper ends before its time: cancelled with the runtime, perhaps before its first
/// step.
class connection_pool::idle_closer {
public:
  explicit idle_closer(std::weak_ptr<connection_pool> pool) noexcept : pool_(std::move(pool)) {}

  idle_closer(idle_closer&&) noexcept = default;
  idle_closer& operator=(idle_closer&&) = delete;

  ~idle_closer() {
    if (const auto target = pool())
      target->close_idle();
  }

  [[nodiscard]] std::shared_ptr<connection_pool> pool() const noexcept { return pool_.lock(); }

  void disarm() noexcept { pool_.reset(); }

private:
  std::weak_ptr<connection_pool> pool_;
};

void connection_pool::start_sweeper() noexcept {
  try {
    static_cast<void>(
        spawn_detached(sweep(idle_closer{weak_from_this()}), spawn_options{}.name("http connection pool")));
  } catch (...) {
    close_idle(); // the runtime is stopping
  }
}

task<void> connection_pool::sweep(idle_closer owner) {
  for (;;) {
    const auto now = (co_await this_task()).now();
    auto next = time_point::max();
    if (const auto pool = owner.pool())
      next = pool->drop_expired(now);
    if (next == time_point::max()) {
      owner.disarm();
      co_return;
    }
    co_await sleep_until(next);
  }
}

std::size_t connection_pool::idle_count() const {
  const std::scoped_lock guard{mutex_};
  return idle_;
}

std::size_t connection_pool::open_count() const {
  const std::scoped_lock guard{mutex_};
  return open_;
}

std::size_t connection_pool::waiting_count() const {
  const std::scoped_lock guard{mutex_};
  return waiting_.size();
}

} // namespace actors::http::internal
