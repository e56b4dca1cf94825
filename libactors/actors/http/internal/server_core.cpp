#include <actors/http/internal/server_core.hpp>

#include <actors/core/detail/io_worker.hpp>

#include <chrono>
#include <utility>
#include <vector>

namespace actors::http::internal {

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
  stopping_.store(true, std::memory_order_release);
  std::vector<entry> entries;
  {
    const std::scoped_lock guard{mutex_};
    entries.reserve(connections_.size());
    for (const auto& [key, value] : connections_)
      entries.push_back(value);
  }
  for (const auto& [actor, id] : entries)
    actors::detail::wake(actor, id);
}

std::size_t server_core::connections() const {
  const std::scoped_lock guard{mutex_};
  return connections_.size();
}

void server_core::enter(const void* connection, caf::strong_actor_ptr actor, std::uint64_t id) {
  const std::scoped_lock guard{mutex_};
  connections_.try_emplace(connection, entry{std::move(actor), id});
}

void server_core::leave(const void* connection) noexcept {
  caf::strong_actor_ptr actor; // released after the lock
  const std::scoped_lock guard{mutex_};
  if (const auto found = connections_.find(connection); found != connections_.end()) {
    actor = std::move(found->second.actor);
    connections_.erase(found);
  }
}

} // namespace actors::http::internal
