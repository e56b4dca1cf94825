#include <actors/http/internal/server_core.hpp>

#include <actors/core/detail/io_worker.hpp>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace actors::http::internal {

namespace {

/// As a semaphore counts.
std::ptrdiff_t places(std::size_t most) noexcept {
  constexpr auto max = static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max());
  return static_cast<std::ptrdiff_t>(std::clamp<std::size_t>(most, 1, max));
}

} // namespace

server_core::server_core(handler function, server_options options)
    : handler_(std::move(function)), options_(std::move(options)),
      room_(std::make_shared<sync::semaphore>(places(options_.max_connections()))) {}

log_sink& server_core::log(const actors::detail::task_context& context) const {
  return options_.log() ? *options_.log() : actors::detail::log_of(actors::detail::core_of(context));
}

std::optional<std::uint64_t> server_core::may_log_refusal(time_point now) noexcept {
  constexpr unsigned most = 10;
  const std::scoped_lock guard{mutex_};
  if (now - refusals_since_ >= std::chrono::seconds(1)) {
    refusals_since_ = now;
    refusals_ = 0;
  }
  if (refusals_ == most) {
    ++refusals_left_out_;
    return std::nullopt;
  }
  ++refusals_;
  return std::exchange(refusals_left_out_, 0);
}

void server_core::begin_stop() {
  ends_wanted_.fetch_or(all_wanted, std::memory_order_release);
  std::vector<entry> entries;
  {
    const std::scoped_lock guard{mutex_};
    entries.reserve(connections_.size());
    for (const auto& [key, value] : connections_)
      entries.push_back(value);
  }
  for (const auto& each : entries)
    actors::detail::wake(each.actor, each.id);
}

// -- room --------------------------------------------------------------------------------------------------------------

bool server_core::close_idle(std::size_t waiting) {
  constexpr std::size_t most = 32;
  std::vector<entry> chosen;
  {
    const std::scoped_lock guard{mutex_};
    if (leaving_ > waiting)
      return true;
    std::vector<std::pair<duration::rep, const entry*>> idle;
    for (const auto& [key, value] : connections_) {
      if (value.mark == nullptr || value.mark->is_unwanted())
        continue;
      if (const auto since = value.mark->since())
        idle.emplace_back(*since, &value);
    }
    if (idle.empty())
      return false;
    const auto count = std::clamp<std::size_t>(idle.size() / 8, 1, most);
    std::nth_element(idle.begin(), idle.begin() + static_cast<std::ptrdiff_t>(count - 1), idle.end());
    for (std::size_t i = 0; i < count; ++i) {
      const auto& one = *idle[i].second;
      one.mark->set_unwanted(true);
      chosen.push_back(one);
    }
    leaving_ += count;
  }
  for (const auto& each : chosen)
    actors::detail::wake(each.actor, each.id);
  return true;
}

bool server_core::close_idle(std::size_t waiting, time_point now) {
  // A look at one takes about 100 ns.
  constexpr auto pause = std::chrono::microseconds(10);
  {
    const std::scoped_lock guard{mutex_};
    if (leaving_ <= waiting && now < may_look_at_)
      return false;
  }
  if (close_idle(waiting))
    return true;
  const std::scoped_lock guard{mutex_};
  may_look_at_ = now + pause * static_cast<duration::rep>(connections_.size());
  return false;
}

server_core::newcomer::newcomer(std::shared_ptr<server_core> core) : core_(std::move(core)) {
  std::size_t others = 0;
  {
    const std::scoped_lock guard{core_->mutex_};
    others = core_->newcomers_++;
  }
  // Wanted first: a connection that becomes idle while others are looked at will see it.
  core_->want_end();
  if (core_->close_idle(others))
    static_cast<void>(core_->take_wanted_end());
}

/// What was wanted for it need not be any more.
server_core::newcomer::~newcomer() {
  const std::scoped_lock guard{core_->mutex_};
  const auto most = static_cast<std::uint32_t>(--core_->newcomers_);
  auto wanted = core_->ends_wanted_.load(std::memory_order_relaxed);
  while ((wanted & ~all_wanted) > most)
    if (core_->ends_wanted_.compare_exchange_weak(wanted, (wanted & all_wanted) | most, std::memory_order_relaxed))
      break;
}

void server_core::want_end() noexcept {
  ends_wanted_.fetch_add(1, std::memory_order_seq_cst);
}

void server_core::look_again() {
  std::size_t others = 0;
  {
    const std::scoped_lock guard{mutex_};
    others = newcomers_ > 0 ? newcomers_ - 1 : 0;
  }
  if (close_idle(others))
    static_cast<void>(take_wanted_end());
}

bool server_core::take_wanted_end() noexcept {
  auto wanted = ends_wanted_.load(std::memory_order_relaxed);
  while (wanted != 0 && (wanted & all_wanted) == 0)
    if (ends_wanted_.compare_exchange_weak(wanted, wanted - 1, std::memory_order_relaxed))
      return true;
  return wanted != 0;
}

void server_core::keep(const void* connection) noexcept {
  {
    const std::scoped_lock guard{mutex_};
    const auto found = connections_.find(connection);
    if (found == connections_.end() || !found->second.mark->is_unwanted())
      return;
    found->second.mark->set_unwanted(false);
    --leaving_;
  }
  want_end();
}

bool server_core::may_log_full(time_point now) noexcept {
  const std::scoped_lock guard{mutex_};
  if (full_logged_at_ && now - *full_logged_at_ < std::chrono::minutes(1))
    return false;
  full_logged_at_ = now;
  return true;
}

// -- connections -------------------------------------------------------------------------------------------------------

std::size_t server_core::connections() const {
  const std::scoped_lock guard{mutex_};
  return connections_.size();
}

void server_core::enter(const void* connection, caf::strong_actor_ptr actor, std::uint64_t id, idle_mark* mark) {
  const std::scoped_lock guard{mutex_};
  connections_.try_emplace(connection, entry{std::move(actor), id, mark});
}

void server_core::leave(const void* connection) noexcept {
  caf::strong_actor_ptr actor; // released after the lock
  const std::scoped_lock guard{mutex_};
  if (const auto found = connections_.find(connection); found != connections_.end()) {
    if (found->second.mark != nullptr && found->second.mark->is_unwanted())
      --leaving_;
    actor = std::move(found->second.actor);
    connections_.erase(found);
  }
}

} // namespace actors::http::internal
