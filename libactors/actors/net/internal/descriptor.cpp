#include <actors/net/internal/descriptor.hpp>

#include <actors/core/detail/io_worker.hpp>
#include <actors/core/error.hpp>
#include <actors/net/error.hpp>
#include <actors/net/internal/descriptor_list.hpp>

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
  target_->set_exhausted(way_, false);
  target_->turns_.store(0, std::memory_order_relaxed);
  check_cancelled();
}

// -- descriptor ----------------------------------------------------------------------------------------------------------

/// What Asio keeps. Holds the descriptor, and with it the memory that the operation itself lives in.
struct descriptor::ready_handler {
  using allocator_type = handler_allocator<void>;

  [[nodiscard]] allocator_type get_allocator() const noexcept { return allocator_type{target->side(way).memory}; }

  void operator()(const boost::system::error_code&) const noexcept { target->on_ready(way); }

  std::shared_ptr<descriptor> target;
  direction way;
};

descriptor::descriptor(boost::asio::io_context& home, actors::detail::unique_fd&& fd) : fd_(fd.get()) {
  boost::system::error_code error;
  handle_.emplace(home.get_executor());
  static_cast<void>(handle_->assign(fd.get(), error));
  if (error)
    throw net_error("watch", "a new socket", error);
  static_cast<void>(fd.release());
  // Tells Asio what is so already; otherwise each wait would ask the system to change it.
  static_cast<void>(handle_->native_non_blocking(true, error));
  if (error)
    throw net_error("watch", "a new socket", error);
  list_ = descriptor_list::of(home);
}

descriptor::~descriptor() {
  close();
}

void descriptor::start_watching() {
  list_->add(*this);
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
  handle_.reset();
  list_->remove(*this);
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
  if (!waited.watched) {
    // Asks for the present state and not only for changes: what arrived since the last call of this task counts.
    handle_->async_wait(way == direction::read ? handle::wait_read : handle::wait_write,
                        ready_handler{shared_from_this(), way});
    waited.watched = true;
  }
  waited.waiter = std::move(waiter);
  waited.wait_id = id;
  return true;
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
    waited.watched = false;
    waiter.swap(waited.waiter);
    id = waited.wait_id;
  }
  if (waiter)
    actors::detail::wake(waiter, id);
}

void descriptor::claim::throw_claimed(direction way) {
  throw misuse_error(way == direction::read
                         ? "two tasks read from the same stream, or accept on the same listener, at once"
                         : "two tasks write to the same stream at once");
}

} // namespace actors::net::internal
