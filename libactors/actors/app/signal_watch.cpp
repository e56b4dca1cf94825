#include <actors/app/signal_watch.hpp>

#include <actors/core/detail/io_worker.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/runtime.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

namespace actors::app {

struct signal_watch::state : std::enable_shared_from_this<state> {
  explicit state(boost::asio::io_context& context) : set(context) {}

  void listen() {
    const std::scoped_lock guard{set_mutex};
    if (closed)
      return;
    set.async_wait([self = shared_from_this()](boost::system::error_code error, int number) {
      if (error)
        return;
      self->arrived(number);
      self->listen();
    });
  }

  /// Gives the signals their default effect back.
  void close() {
    const std::scoped_lock guard{set_mutex};
    closed = true;
    boost::system::error_code ignored;
    static_cast<void>(set.clear(ignored));
    static_cast<void>(set.cancel(ignored));
  }

  void arrived(int number) {
    caf::strong_actor_ptr target;
    std::uint64_t id = 0;
    {
      const std::scoped_lock guard{mutex};
      if (std::find(pending.begin(), pending.end(), number) == pending.end())
        pending.push_back(number);
      target = std::exchange(waiter, nullptr);
      id = wait_id;
    }
    if (target)
      detail::wake(target, id);
  }

  std::optional<int> take() {
    const std::scoped_lock guard{mutex};
    if (pending.empty())
      return std::nullopt;
    const int number = pending.front();
    pending.pop_front();
    return number;
  }

  std::mutex set_mutex;
  boost::asio::signal_set set;
  bool closed = false;
  std::mutex mutex; // for what follows
  std::deque<int> pending;
  caf::strong_actor_ptr waiter;
  std::uint64_t wait_id = 0;
};

class signal_watch::awaiter : public detail::leaf_awaiter<awaiter> {
public:
  explicit awaiter(std::shared_ptr<state> watched) : state_(std::move(watched)) {}

  [[nodiscard]] bool start(detail::task_context& context) {
    const std::scoped_lock guard{state_->mutex};
    if (!state_->pending.empty())
      return false;
    arm(context);
    state_->waiter = detail::actor_of(context);
    state_->wait_id = id();
    return true;
  }

  void await_resume() { check_cancelled(); }

private:
  std::shared_ptr<state> state_;
};

signal_watch::signal_watch(const runtime& owner, std::vector<int> numbers)
    : state_(std::make_shared<state>(detail::choose_io_context(owner.core()))) {
  for (const int number : numbers) {
    boost::system::error_code error;
    static_cast<void>(state_->set.add(number, error));
    if (error)
      throw std::system_error(error.value(), std::system_category(),
                              "cannot watch for signal " + std::to_string(number));
  }
  state_->listen();
}

signal_watch::~signal_watch() {
  state_->close();
}

task<int> signal_watch::next() {
  const auto watched = state_;
  for (;;) {
    if (const auto number = watched->take())
      co_return *number;
    co_await awaiter{watched};
  }
}

} // namespace actors::app
