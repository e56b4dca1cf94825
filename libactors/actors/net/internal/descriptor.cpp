#include <actors/net/internal/descriptor.hpp>

#include <actors/core/detail/io_worker.hpp>
#include <actors/core/error.hpp>
#include <actors/net/error.hpp>
#include <actors/net/internal/descriptor_list.hpp>

#include <boost/asio/post.hpp>

#include <sys/epoll.h>

#include <mutex>
#include <utility>

namespace actors::net::internal {

// -- ready_awaiter -------------------------------------------------------------------------------------------------------

ready_awaiter::~ready_awaiter() {
  if (waiting_)
    target_->withdraw(way_);
}

bool ready_awaiter::start(actors::detail::task_context& context) {
  arm(context);
  waiting_ = target_->wait(way_, actors::detail::actor_of(context), id());
  return waiting_;
}

void ready_awaiter::await_resume() {
  target_->resume(way_, waiting_);
  check_cancelled();
}

// -- descriptor ----------------------------------------------------------------------------------------------------------

descriptor::descriptor(boost::asio::io_context& home, actors::detail::unique_fd&& fd)
    : fd_(std::move(fd)), home_(&home), list_(descriptor_list::of(home)) {}

descriptor::~descriptor() {
  close();
}

void descriptor::start_watching() {
  list_->add(*this, fd_.get());
}

bool descriptor::enter() noexcept {
  auto uses = uses_.load(std::memory_order_relaxed);
  do {
    if ((uses & closed_bit) != 0)
      return false;
  } while (!uses_.compare_exchange_weak(uses, uses + 1, std::memory_order_acquire, std::memory_order_relaxed));
  return true;
}

void descriptor::leave() noexcept {
  if (uses_.fetch_sub(1, std::memory_order_acq_rel) == (closed_bit | 1U))
    give_back();
}

void descriptor::give_back() noexcept {
  list_->remove(*this, fd_.get());
  fd_ = {};
}

void descriptor::close() noexcept {
  if ((uses_.fetch_or(closed_bit, std::memory_order_acq_rel) & closed_bit) != 0)
    return;
  for (auto& side : sides_) {
    caf::strong_actor_ptr waiter;
    std::uint64_t id = 0;
    {
      const std::scoped_lock guard{mutex_};
      waiter = std::move(side.waiter);
      side.waiter = nullptr;
      id = side.wait_id;
    }
    if (waiter)
      actors::detail::wake(waiter, id);
  }
  leave();
}

bool descriptor::wait(direction way, caf::strong_actor_ptr waiter, std::uint64_t id) {
  const use used{*this};
  if (!used)
    return false;
  auto& waited = side(way);
  const std::scoped_lock guard{mutex_};
  // `close` sets the bit first and then looks for waiters.
  if (!is_open())
    return false;
  if (!is_watched_ || turns_.load(std::memory_order_relaxed) >= max_turns) {
    // There may be something, but first it is the turn of others.
    boost::asio::post(*home_, [self = shared_from_this(), way] { self->on_ready(way); });
  } else if (waited.has_news.exchange(false, std::memory_order_seq_cst)) {
    return false;
  }
  waited.waiter = std::move(waiter);
  waited.wait_id = id;
  return true;
}

void descriptor::resume(direction way, bool has_waited) noexcept {
  set_exhausted(way, false);
  // Without a wait the others have had no turn.
  if (has_waited)
    turns_.store(0, std::memory_order_relaxed);
}

void descriptor::withdraw(direction way) noexcept {
  caf::strong_actor_ptr waiter; // released after the lock
  const std::scoped_lock guard{mutex_};
  waiter.swap(side(way).waiter);
}

void descriptor::on_ready(direction way) noexcept {
  auto& waited = side(way);
  caf::strong_actor_ptr waiter;
  std::uint64_t id = 0;
  {
    const std::scoped_lock guard{mutex_};
    waiter.swap(waited.waiter);
    id = waited.wait_id;
  }
  if (waiter)
    actors::detail::wake(waiter, id);
}

void descriptor::on_events(std::uint32_t events, std::vector<wake_up>& woken) {
  constexpr std::uint32_t broken = EPOLLERR | EPOLLHUP;
  constexpr std::array<std::uint32_t, 2> for_side{EPOLLIN | EPOLLRDHUP | broken, EPOLLOUT | broken};
  if ((events & (EPOLLRDHUP | broken)) != 0)
    at_end_.store(true, std::memory_order_relaxed);
  const std::scoped_lock guard{mutex_};
  for (std::size_t i = 0; i < sides_.size(); ++i) {
    if ((events & for_side[i]) == 0)
      continue;
    auto& changed = sides_[i];
    // Also when somebody waits, who may be cancelled before he looks.
    changed.has_news.store(true, std::memory_order_seq_cst);
    if (changed.waiter)
      woken.push_back({std::exchange(changed.waiter, nullptr), changed.wait_id});
  }
}

void descriptor::claim::throw_claimed(direction way) {
  throw misuse_error(way == direction::read
                         ? "two tasks read from the same stream, or accept on the same listener, at once"
                         : "two tasks write to the same stream at once");
}

} // namespace actors::net::internal
