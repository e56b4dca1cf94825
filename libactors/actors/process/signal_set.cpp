#include <actors/process/signal_set.hpp>

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/detail/io_worker.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/runtime.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace actors::process {

struct signal_set::state : std::enable_shared_from_this<state> {
  state(boost::asio::io_context& context, const std::vector<int>& numbers) : set(context) {
    for (const int number : numbers) {
      boost::system::error_code error;
      static_cast<void>(set.add(number, error));
      if (error)
        throw std::system_error(error.value(), std::system_category(),
                                "cannot watch for signal " + std::to_string(number));
    }
  }

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
    const std::scoped_lock guard{mutex};
    if (std::find(pending.begin(), pending.end(), number) == pending.end())
      pending.push_back(number);
    wake_next();
  }

  /// Under the lock: a task that leaves its wait takes it too, so it cannot end, and its runtime with it, before it has
  /// been woken.
  void wake_next() noexcept {
    if (pending.empty() || waiting.empty())
      return;
    actors::detail::wake(waiting.front().actor, waiting.front().id);
    waiting.pop_front();
  }

  struct entry {
    const awaiter* who;
    caf::strong_actor_ptr actor;
    std::uint64_t id;
  };

  std::mutex set_mutex;
  boost::asio::signal_set set;
  bool closed = false;
  std::mutex mutex; // for what follows
  std::deque<int> pending;
  std::deque<entry> waiting;
};

/// Waits for a signal and takes it; may give nothing, if somebody else was quicker.
class signal_set::awaiter : public actors::detail::leaf_awaiter<awaiter> {
public:
  explicit awaiter(std::shared_ptr<state> watched) noexcept : state_(std::move(watched)) {}

  ~awaiter() override {
    const std::scoped_lock guard{state_->mutex};
    const auto erased = std::erase_if(state_->waiting, [this](const state::entry& each) { return each.who == this; });
    // Woken for a signal that it did not take, because it was cancelled: the next one gets it.
    if (waited_ && erased == 0)
      state_->wake_next();
  }

  [[nodiscard]] bool start(actors::detail::task_context& context) {
    const std::scoped_lock guard{state_->mutex};
    if (!state_->pending.empty())
      return false;
    arm(context);
    waited_ = true;
    state_->waiting.push_back({this, actors::detail::actor_of(context), id()});
    return true;
  }

  [[nodiscard]] std::optional<int> await_resume() {
    check_cancelled();
    const std::scoped_lock guard{state_->mutex};
    if (state_->pending.empty())
      return std::nullopt;
    const int number = state_->pending.front();
    state_->pending.pop_front();
    return number;
  }

private:
  std::shared_ptr<state> state_;
  bool waited_ = false;
};

namespace {

actors::detail::runtime_core& core_of_running_task() {
  auto* context = actors::detail::running_context();
  if (context == nullptr)
    throw misuse_error("a signal set was made outside of a task; there, give it the runtime");
  return context->host().core();
}

} // namespace

signal_set::signal_set(const runtime& owner, std::vector<int> numbers)
    : state_(std::make_shared<state>(actors::detail::choose_io_context(owner.core()), numbers)) {
  state_->listen();
}

signal_set::signal_set(std::vector<int> numbers)
    : state_(std::make_shared<state>(actors::detail::choose_io_context(core_of_running_task()), numbers)) {
  state_->listen();
}

signal_set::~signal_set() {
  state_->close();
}

task<int> signal_set::next() {
  // Not a member coroutine of this object, which may go meanwhile.
  return [](std::shared_ptr<state> watched) -> task<int> {
    for (;;) {
      const auto number = co_await awaiter{watched};
      if (number)
        co_return *number;
    }
  }(state_);
}

namespace detail {

task<int> next_signal_of(std::vector<int> numbers) {
  signal_set watched{std::move(numbers)};
  co_return co_await watched.next();
}

} // namespace detail

} // namespace actors::process
