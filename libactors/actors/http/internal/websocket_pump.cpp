// The part of websocket_core that is a task of its own: it writes what waits and minds the deadlines.

#include <actors/core/detail/at_end.hpp>
#include <actors/core/detail/host_actor.hpp>
#include <actors/core/detail/io_worker.hpp>
#include <actors/core/error.hpp>
#include <actors/core/timeout.hpp>
#include <actors/http/internal/websocket_core.hpp>
#include <actors/net/error.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace actors::http::internal {

namespace {

/// How long a peer that was told what it did wrong has to take it in.
constexpr auto refusal_time = std::chrono::seconds(2);

} // namespace

/// Suspends the pump until it is wanted.
class [[nodiscard]] websocket_core::pump_wait : public actors::detail::leaf_awaiter<pump_wait> {
public:
  explicit pump_wait(websocket_core& core) noexcept : core_(&core) {}

  ~pump_wait() override {
    if (!waits_)
      return;
    const std::scoped_lock guard{core_->mutex_};
    core_->pump_waits_ = false;
  }

  [[nodiscard]] bool start(actors::detail::task_context& context) {
    const std::scoped_lock guard{core_->mutex_};
    if (std::exchange(core_->pump_wanted_, false))
      return false;
    arm(context);
    core_->pump_id_ = id();
    core_->pump_waits_ = waits_ = true;
    return true;
  }

  void await_resume() {
    check_cancelled();
    waits_ = false; // whoever has woken it has said so
  }

private:
  websocket_core* core_;
  bool waits_ = false;
};

/// Wakes the pump at its deadlines. It stays armed while messages come and go, so that these cost no operation on the
/// timers of the worker.
class websocket_core::alarm : public actors::detail::waiter {
public:
  alarm(websocket_core& core, actors::detail::task_context& context) : core_(&core) { arm(context); }

  void set(time_point when) {
    if (when >= armed_for_)
      return; // rings too early, and is set again then
    timer_.disarm();
    armed_for_ = when;
    timer_.arm(context()->host(), id(), when);
  }

private:
  void on_wake() override {
    armed_for_ = time_point::max();
    const std::scoped_lock guard{core_->mutex_};
    core_->rang_ = true;
    core_->wake_locked();
  }

  websocket_core* core_;
  actors::detail::timer timer_;
  time_point armed_for_ = time_point::max();
};

task<void> websocket_core::pump(std::shared_ptr<websocket_core> self) {
  auto& context = co_await actors::detail::current_context{};
  // The connection ends with the pump, also when that is killed.
  const actors::detail::at_end end_connection([&c = *self] { c.finish(); });
  {
    const std::scoped_lock guard{self->mutex_};
    self->pump_ = actors::detail::actor_of(context);
  }
  try {
    co_await self->run_pump();
  } catch (const cancelled&) {
    self->say_goodbye();
    throw;
  }
}

/// The runtime stops: a Close, if there is room for it, is all that there is time for.
void websocket_core::say_goodbye() noexcept {
  {
    const std::scoped_lock guard{mutex_};
    set_failure_locked(websocket_errc::disconnected, "the runtime stops");
    if (close_sent_)
      return;
  }
  if (!left_to_write_.empty())
    return; // in the middle of a frame
  try {
    written_.clear();
    append(opcode::close, true, 0, close_payload(close_status{close_code::going_away, {}}));
    static_cast<void>(stream_->try_write_some(written_));
  } catch (const std::exception&) {
    // The peer will see the end of the connection instead.
  }
}

task<void> websocket_core::run_pump() {
  auto& context = co_await actors::detail::current_context{};
  const auto now = [&context] { return actors::detail::now_of(actors::detail::core_of(context)); };
  if (options_.ping_interval() != forever)
    ping_at_ = saturating_add(now(), options_.ping_interval());
  alarm deadline{*this, context};
  for (;;) {
    const auto step = take_batch();
    if (step == pump_step::write) {
      if (!write_at_once())
        co_await write_rest();
      continue;
    }
    if (step == pump_step::look_around) {
      if (may_finish())
        co_return;
      mind_time(now());
      if (may_finish())
        co_return;
      if (read_alone_) {
        // Nobody receives any more: what the peer still says is ours to read.
        read_alone_ = false;
        const auto left = closed_by_ - now();
        try {
          co_await with_timeout(left, read_to_close());
        } catch (const timeout_error&) {
          co_return;
        }
        continue;
      }
      deadline.set(next_deadline());
    }
    co_await pump_wait{*this};
  }
}

bool websocket_core::may_finish() const {
  const std::scoped_lock guard{mutex_};
  return ended_ || input_ended_ || (close_sent_ && close_received_ && side_ == websocket_side::server);
}

void websocket_core::mind_time(time_point now) {
  const std::scoped_lock guard{mutex_};
  if (closing_) {
    if (closed_by_ == time_point::max()) {
      duration limit = options_.close_timeout();
      if (failing_ || abandoned_)
        limit = std::min<duration>(limit, refusal_time);
      closed_by_ = saturating_add(now, limit);
    }
    if (now >= closed_by_)
      ended_ = true;
    if (failing_ && close_sent_ && !std::exchange(shut_down_, true)) {
      try {
        stream_->shutdown_write();
      } catch (const net::net_error&) {
        ended_ = true;
      }
    }
    if (abandoned_ && close_sent_ && !reading_ && !ended_ && !input_ended_)
      read_alone_ = true;
    return;
  }
  if (options_.ping_interval() == forever)
    return;
  if (heard_.exchange(false, std::memory_order_relaxed)) {
    if (awaits_pong_ || now >= ping_at_) {
      awaits_pong_ = false;
      ping_at_ = saturating_add(now, options_.ping_interval());
    } else {
      heard_.store(true, std::memory_order_relaxed);
    }
    return;
  }
  if (!awaits_pong_ && now >= ping_at_) {
    awaits_pong_ = true;
    pong_by_ = saturating_add(now, options_.pong_timeout());
    control_.emplace_back(1, static_cast<char>(opcode::ping));
    pump_wanted_ = rang_ = true;
  } else if (awaits_pong_ && now >= pong_by_) {
    if (reading_) {
      set_failure_locked(websocket_errc::timeout, "no answer to a ping");
      closing_ = true;
      ended_ = true;
    } else {
      // Nobody receives, so the answer may well be there.
      pong_by_ = saturating_add(now, options_.pong_timeout());
    }
  }
}

time_point websocket_core::next_deadline() const {
  const std::scoped_lock guard{mutex_};
  if (closing_)
    return closed_by_;
  return awaits_pong_ ? pong_by_ : ping_at_;
}

void websocket_core::finish() noexcept {
  stream_->close();
  const std::scoped_lock guard{mutex_};
  ended_ = true;
  if (!closing_)
    set_failure_locked(websocket_errc::disconnected, "the connection ended without a closing handshake");
  closing_ = true;
  queue_.clear();
  control_.clear();
  queued_bytes_ = 0;
  pump_waits_ = false;
  pump_ = nullptr;
  deflater_.reset();
  has_room_.set();
  has_ended_.set();
}

} // namespace actors::http::internal
