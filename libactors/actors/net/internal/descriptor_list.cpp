#include <actors/net/internal/descriptor_list.hpp>

#include <actors/core/detail/io_worker.hpp>
#include <actors/net/error.hpp>

#include <boost/asio/execution_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/epoll.h>

#include <cerrno>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace actors::net::internal {

namespace {

// Asio tells its services when an io_context is about to go, the youngest service first.
class descriptor_list_service final : public boost::asio::execution_context::service {
public:
  inline static boost::asio::execution_context::id id;

  explicit descriptor_list_service(boost::asio::execution_context& owner)
      : service(owner), list_(std::make_shared<descriptor_list>()) {
    // Made by now, what this needs of Asio is older than this service, so that it still works in `shutdown`.
    watch_.emplace(static_cast<boost::asio::io_context&>(owner));
  }

  /// Not by the constructor: of two threads that ask for the first time both make one, and Asio destroys the second
  /// under a lock, where nothing may be under way.
  [[nodiscard]] const std::shared_ptr<descriptor_list>& started() {
    std::call_once(begun_, [this] {
      watch_->assign(list_->fd());
      wait();
    });
    return list_;
  }

private:
  /// Asks for the present state, so what was left over by `collect` counts.
  void wait() {
    watch_->async_wait(boost::asio::posix::descriptor_base::wait_read, [this](const boost::system::error_code& error) {
      if (error)
        return;
      list_->collect();
      wait();
    });
  }

  void shutdown() override {
    list_->close_all();
    if (watch_->is_open())
      static_cast<void>(watch_->release()); // the list closes it
    watch_.reset();
  }

  std::shared_ptr<descriptor_list> list_;
  std::optional<boost::asio::posix::stream_descriptor> watch_;
  std::once_flag begun_;
};

} // namespace

descriptor_list::descriptor_list() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_)
    throw net_error("watch", "sockets", last_system_error());
  woken_.reserve(2 * batch_size);
}

std::shared_ptr<descriptor_list> descriptor_list::of(boost::asio::io_context& io) {
  return boost::asio::use_service<descriptor_list_service>(io).started();
}

void descriptor_list::add(descriptor& member, int fd) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &member;
  const std::scoped_lock guard{mutex_};
  member.is_watched_ = ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
  if (!member.is_watched_ && errno != EPERM)
    throw net_error("watch", "a new socket", last_system_error());
  member.is_listed_ = true;
  member.next_ = first_;
  if (first_ != nullptr)
    first_->previous_ = &member;
  first_ = &member;
}

void descriptor_list::remove(descriptor& member, int fd) noexcept {
  // While this is held nobody has news of the member in hand, and afterwards there are none.
  const std::scoped_lock guard{mutex_};
  if (!std::exchange(member.is_listed_, false))
    return;
  if (member.is_watched_)
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  (member.previous_ != nullptr ? member.previous_->next_ : first_) = member.next_;
  if (member.next_ != nullptr)
    member.next_->previous_ = member.previous_;
  member.next_ = member.previous_ = nullptr;
}

void descriptor_list::collect() {
  {
    std::array<epoll_event, batch_size> events;
    const std::scoped_lock guard{mutex_};
    const auto count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < count; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      static_cast<descriptor*>(event.data.ptr)->on_events(event.events, woken_);
    }
  }
  // After the lock: the last reference to an actor may go here, and its descriptors with it.
  for (auto& each : woken_) {
    actors::detail::wake(each.waiter, each.id);
    each.waiter = nullptr;
  }
  woken_.clear();
}

void descriptor_list::close_all() noexcept {
  for (;;) {
    std::shared_ptr<descriptor> member;
    {
      const std::scoped_lock guard{mutex_};
      if (first_ == nullptr)
        return;
      member = first_->weak_from_this().lock();
    }
    // A member leaves the list when it has given its handle back. One that another thread is using or destroying takes
    // a moment.
    if (member != nullptr && member->is_open())
      member->close();
    else
      std::this_thread::yield();
  }
}

} // namespace actors::net::internal
