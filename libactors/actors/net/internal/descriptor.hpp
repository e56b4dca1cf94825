#pragma once

#include <actors/core/detail/spin_mutex.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/detail/unique_fd.hpp>

#include <caf/actor_control_block.hpp>

#include <boost/asio/io_context.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace actors::net::internal {

class descriptor;
class descriptor_list;

/// The two things that a descriptor can be ready for.
enum class direction : std::uint8_t { read = 0, write = 1 };

/// Suspends a task until its descriptor is ready, or closed. May end for no reason: try the call again and wait again.
class [[nodiscard]] ready_awaiter : public actors::detail::leaf_awaiter<ready_awaiter> {
public:
  /// `target` must be kept alive by the one who waits.
  ready_awaiter(descriptor& target, direction way) noexcept : target_(&target), way_(way) {}

  ~ready_awaiter() override;

  [[nodiscard]] bool start(actors::detail::task_context& context);
  void await_resume();

private:
  descriptor* target_;
  direction way_;
  bool waiting_ = false;
};

/// A non-blocking file descriptor whose readiness is watched by one reactor.
///
/// Readiness and not completion: a task does its own system calls, and waits here only when the system would make it
/// wait. What the reactor does is to wake an actor under an id, so that no pointer into a coroutine's frame is ever
/// left behind with the reactor, and a wait that is cancelled needs no cleanup there.
///
/// The system is told of a descriptor once (see `descriptor_list`) and then tells changes only, so that waiting costs
/// no call. A change is remembered until the next try: whoever has found nothing, with `begin_try` before, does not
/// miss what came meanwhile.
///
/// Threads: all members from any thread. The number of the descriptor is used only inside of a `use`, and the last one
/// who leaves a closed descriptor gives it back to the system; so no call ever hits a number that meanwhile stands for
/// something else.
///
/// End: a descriptor that outlives its reactor is closed when that goes.
class descriptor : public std::enable_shared_from_this<descriptor> {
public:
  /// Keeps the descriptor open while it is used; false if it is closed.
  class use {
  public:
    explicit use(descriptor& target) noexcept : target_(target.enter() ? &target : nullptr) {}

    use(const use&) = delete;
    use& operator=(const use&) = delete;

    ~use() {
      if (target_ != nullptr)
        target_->leave();
    }

    [[nodiscard]] explicit operator bool() const noexcept { return target_ != nullptr; }

    [[nodiscard]] int fd() const noexcept { return target_->fd_.get(); }

  private:
    descriptor* target_;
  };

  /// The right to be the one who reads or writes. Throws `misuse_error` if somebody has it.
  class claim {
  public:
    claim(descriptor& target, direction way) : claimed_(&target.side(way).claimed) {
      if (claimed_->exchange(true, std::memory_order_acquire))
        throw_claimed(way);
    }

    claim(const claim&) = delete;
    claim& operator=(const claim&) = delete;

    ~claim() { claimed_->store(false, std::memory_order_release); }

  private:
    [[noreturn]] static void throw_claimed(direction way);

    std::atomic<bool>* claimed_;
  };

  /// Makes a descriptor of a derived class and puts it on the list of its reactor.
  template <class Derived, class... Args>
  [[nodiscard]] static std::shared_ptr<Derived> make(Args&&... args) {
    auto made = std::make_shared<Derived>(std::forward<Args>(args)...);
    made->start_watching();
    return made;
  }

  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;

  [[nodiscard]] bool is_open() const noexcept { return (uses_.load(std::memory_order_acquire) & closed_bit) == 0; }

  /// Wakes all who wait, and closes.
  void close() noexcept;

  /// Waits until it is worth trying again. Needs the claim.
  [[nodiscard]] ready_awaiter ready(direction way) noexcept { return {*this, way}; }

  // A stream that always has something to read would hold its worker for good: after so many calls in a row it has to
  // go through the reactor once, which lets everybody else of that worker have their turn.

  /// False if it is the turn of others.
  [[nodiscard]] bool take_turn() noexcept {
    const auto taken = turns_.load(std::memory_order_relaxed);
    if (taken >= max_turns)
      return false;
    turns_.store(taken + 1, std::memory_order_relaxed);
    return true;
  }

  /// To be called before the system is asked to read, write or accept: what came until here is no news any more.
  void begin_try(direction way) noexcept {
    auto& news = side(way).has_news;
    if (news.load(std::memory_order_relaxed))
      news.exchange(false, std::memory_order_seq_cst);
  }

  /// The other end has said its last, or the connection is broken: there may be an end to be read behind the data.
  [[nodiscard]] bool at_end() const noexcept { return at_end_.load(std::memory_order_relaxed); }

  // The system's queue was found empty (full, for writing): the next call would have to wait, so it need not be tried.
  // Needs the claim.

  [[nodiscard]] bool exhausted(direction way) const noexcept { return sides_[index(way)].exhausted; }

  void set_exhausted(direction way, bool value) noexcept { side(way).exhausted = value; }

  // What `ready` is made of.

  /// Wakes `waiter` under `id` when it is worth trying again; false if it is so now. Needs the claim, or that only one
  /// task reads (writes).
  [[nodiscard]] bool wait(direction way, caf::strong_actor_ptr waiter, std::uint64_t id);
  void withdraw(direction way) noexcept;

  /// After a wait, or where none was needed: the system is worth asking again.
  void resume(direction way, bool has_waited) noexcept;

protected:
  /// `fd` must be non-blocking.
  descriptor(boost::asio::io_context& home, actors::detail::unique_fd&& fd);
  ~descriptor();

private:
  friend class descriptor_list;
  friend class ready_awaiter;

  /// Somebody whose wait has ended.
  struct wake_up {
    caf::strong_actor_ptr waiter;
    std::uint64_t id = 0;
  };

  struct side_state {
    std::atomic<bool> claimed{false};
    std::atomic<bool> has_news{false}; // set under the lock
    bool exhausted = false;

    // Under the lock.
    caf::strong_actor_ptr waiter;
    std::uint64_t wait_id = 0;
  };

  static constexpr std::uint32_t closed_bit = 1U << 31;
  static constexpr std::uint32_t max_turns = 32;

  void start_watching();

  static constexpr std::size_t index(direction way) noexcept { return static_cast<std::size_t>(way); }

  [[nodiscard]] side_state& side(direction way) noexcept { return sides_[index(way)]; }

  [[nodiscard]] bool enter() noexcept;
  void leave() noexcept;
  void give_back() noexcept;

  void on_ready(direction way) noexcept;

  /// The system reports a change: adds those who wait for it.
  void on_events(std::uint32_t events, std::vector<wake_up>& woken);

  /// How many use it, being open counts as one.
  std::atomic<std::uint32_t> uses_{1};
  std::atomic<std::uint32_t> turns_{0};
  std::atomic<bool> at_end_{false};
  bool is_listed_ = false;
  bool is_watched_ = false; // else the system cannot tell when, and a wait ends soon
  actors::detail::spin_mutex mutex_;
  std::array<side_state, 2> sides_;
  actors::detail::unique_fd fd_;
  boost::asio::io_context* home_;

  std::shared_ptr<descriptor_list> list_;
  descriptor* next_ = nullptr;
  descriptor* previous_ = nullptr;
};

} // namespace actors::net::internal
