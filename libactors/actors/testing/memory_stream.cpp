#include <actors/testing/memory_stream.hpp>

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/detail/io_worker.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/detail/timer.hpp>
#include <actors/core/error.hpp>
#include <actors/net/error.hpp>
#include <actors/testing/internal/memory_pipe.hpp>

#include <array>
#include <atomic>
#include <mutex>
#include <optional>
#include <utility>

namespace actors::testing {

namespace {

using internal::memory_pipe;
using internal::pipe_waiter;

time_point now_in(const actors::detail::task_context& context) noexcept {
  return actors::detail::now_of(actors::detail::core_of(context));
}

/// The time of the task that runs here, else `otherwise`: outside of tasks there is no clock.
time_point now_here(time_point otherwise) noexcept {
  const auto* context = actors::detail::running_context();
  return context != nullptr ? now_in(*context) : otherwise;
}

// So that nothing is delayed outside of tasks.
constexpr time_point earliest{};
constexpr time_point latest = time_point::max();

void wake(pipe_waiter& waiter) noexcept {
  if (waiter.actor)
    actors::detail::wake(waiter.actor, waiter.id);
}

/// What both ends share. Everything in it is under its lock.
struct connection {
  explicit connection(const memory_stream_options& options)
      : names{options.first_name(), options.second_name()},
        pipes{memory_pipe{options.buffer(), options.from_first()},
              memory_pipe{options.buffer(), options.from_second()}} {}

  std::mutex mutex;
  const std::array<std::string, 2> names;
  std::array<memory_pipe, 2> pipes;
  std::array<bool, 2> open{true, true};

  /// Those to wake once the lock is released.
  class wake_list {
  public:
    wake_list() = default;
    wake_list(const wake_list&) = delete;
    wake_list& operator=(const wake_list&) = delete;

    ~wake_list() {
      for (auto& waiter : waiters_)
        wake(waiter);
    }

    void add(pipe_waiter& waiter) noexcept { waiters_[count_++] = std::exchange(waiter, pipe_waiter{}); }

  private:
    std::array<pipe_waiter, 8> waiters_;
    std::size_t count_ = 0;
  };

  /// Breaks the connection if the faults of one direction say so.
  void check_cuts(time_point now, wake_list& woken) noexcept {
    for (auto& pipe : pipes) {
      if (!pipe.reached_cut())
        continue;
      const auto how = pipe.kind_of_cut() == cut::end ? memory_pipe::state::ended : memory_pipe::state::reset;
      for (auto& broken : pipes) {
        broken.end(how, now);
        woken.add(broken.reader);
        woken.add(broken.writer);
      }
      return;
    }
  }
};

/// One end's view of the connection.
class memory_end {
public:
  memory_end(std::shared_ptr<connection> shared, std::size_t index) : shared_(std::move(shared)), index_(index) {}

  [[nodiscard]] const std::string& peer() const noexcept { return shared_->names[1 - index_]; }

  [[nodiscard]] bool is_open() const noexcept {
    const std::scoped_lock guard{shared_->mutex};
    return shared_->open[index_];
  }

  [[nodiscard]] std::optional<std::size_t> try_read(std::span<char> buffer, time_point now) {
    connection::wake_list woken;
    const std::scoped_lock guard{shared_->mutex};
    require_open("read from");
    // An operation is a read that finds something, not each look whether there is something.
    if (const auto ready = incoming().readable_at(); ready && *ready <= now)
      throw_injected("read from", incoming().faults().hit_read());
    const auto result = incoming().read(buffer, now);
    if (result.count > 0) {
      woken.add(incoming().writer);
      return result.count;
    }
    if (result.state_after == memory_pipe::state::reset)
      throw net::net_error("read from", peer(), std::make_error_code(std::errc::connection_reset));
    if (result.state_after == memory_pipe::state::ended)
      return 0;
    return std::nullopt;
  }

  [[nodiscard]] std::size_t try_write(std::string_view data, time_point now) {
    connection::wake_list woken;
    const std::scoped_lock guard{shared_->mutex};
    require_open("write to");
    if (cut_short)
      throw net::net_error("write to", peer(), net::errc::write_cut_short);
    if (!outgoing().writable())
      throw net::net_error(
          "write to", peer(),
          std::make_error_code(outgoing().was_reset() ? std::errc::connection_reset : std::errc::broken_pipe));
    if (outgoing().ready_to_write())
      throw_injected("write to", outgoing().faults().hit_write());
    const auto count = outgoing().write(data, now);
    if (count > 0)
      woken.add(outgoing().reader);
    shared_->check_cuts(now, woken);
    return count;
  }

  void shutdown_write(time_point now) noexcept {
    connection::wake_list woken;
    const std::scoped_lock guard{shared_->mutex};
    outgoing().end(memory_pipe::state::ended, now);
    woken.add(outgoing().reader);
  }

  void close(time_point now) noexcept {
    connection::wake_list woken;
    const std::scoped_lock guard{shared_->mutex};
    if (!std::exchange(shared_->open[index_], false))
      return;
    outgoing().end(memory_pipe::state::ended, now);
    incoming().abandon();
    for (auto& pipe : shared_->pipes) {
      woken.add(pipe.reader);
      woken.add(pipe.writer);
    }
  }

  /// Registers a reader who has to wait. False if there is no need to; else the time until when at most, if there is
  /// one.
  [[nodiscard]] bool wait_to_read(pipe_waiter waiter, time_point now, std::optional<time_point>& until) {
    const std::scoped_lock guard{shared_->mutex};
    until = incoming().readable_at();
    if (!shared_->open[index_] || (until && *until <= now))
      return false;
    incoming().reader = std::move(waiter);
    return true;
  }

  [[nodiscard]] bool wait_to_write(pipe_waiter waiter) {
    const std::scoped_lock guard{shared_->mutex};
    if (!shared_->open[index_] || outgoing().ready_to_write())
      return false;
    outgoing().writer = std::move(waiter);
    return true;
  }

  void withdraw_reader() noexcept { withdraw(incoming().reader); }

  void withdraw_writer() noexcept { withdraw(outgoing().writer); }

  std::atomic<bool> reading{false};
  std::atomic<bool> writing{false};
  /// Owned by the one who writes.
  bool cut_short = false;

private:
  [[nodiscard]] memory_pipe& outgoing() noexcept { return shared_->pipes[index_]; }

  [[nodiscard]] memory_pipe& incoming() noexcept { return shared_->pipes[1 - index_]; }

  void require_open(std::string_view operation) const {
    if (!shared_->open[index_])
      throw net::net_error(operation, peer(), net::errc::closed);
  }

  void throw_injected(std::string_view operation, const std::optional<std::error_code>& error) const {
    if (error)
      throw net::net_error(operation, peer(), *error, "injected fault");
  }

  void withdraw(pipe_waiter& registered) noexcept {
    pipe_waiter waiter; // released after the lock
    const std::scoped_lock guard{shared_->mutex};
    std::swap(waiter, registered);
  }

  std::shared_ptr<connection> shared_;
  std::size_t index_;
};

/// The right to be the one who reads or writes.
class claim {
public:
  claim(std::atomic<bool>& flag, const char* verb) : flag_(&flag) {
    if (flag_->exchange(true, std::memory_order_acquire))
      throw misuse_error(std::string{"two tasks "} + verb + " the same stream at once");
  }

  claim(const claim&) = delete;
  claim& operator=(const claim&) = delete;

  ~claim() { flag_->store(false, std::memory_order_release); }

private:
  std::atomic<bool>* flag_;
};

class [[nodiscard]] readable : public actors::detail::leaf_awaiter<readable> {
public:
  explicit readable(memory_end& end) noexcept : end_(&end) {}

  ~readable() override { end_->withdraw_reader(); }

  [[nodiscard]] bool start(actors::detail::task_context& context) {
    arm(context);
    std::optional<time_point> until;
    pipe_waiter waiter;
    waiter.actor = actors::detail::actor_of(context);
    waiter.id = id();
    if (!end_->wait_to_read(std::move(waiter), now_in(context), until))
      return false;
    if (until)
      timer_.arm(context.host(), id(), *until);
    return true;
  }

  void await_resume() { check_cancelled(); }

private:
  memory_end* end_;
  actors::detail::timer timer_;
};

class [[nodiscard]] writable : public actors::detail::leaf_awaiter<writable> {
public:
  explicit writable(memory_end& end) noexcept : end_(&end) {}

  ~writable() override { end_->withdraw_writer(); }

  [[nodiscard]] bool start(actors::detail::task_context& context) {
    arm(context);
    pipe_waiter waiter;
    waiter.actor = actors::detail::actor_of(context);
    waiter.id = id();
    return end_->wait_to_write(std::move(waiter));
  }

  void await_resume() { check_cancelled(); }

private:
  memory_end* end_;
};

task<std::size_t> read_some_from(std::shared_ptr<memory_end> end, std::span<char> buffer) {
  const claim reading{end->reading, "read from"};
  auto& context = co_await actors::detail::current_context{};
  for (;;) {
    if (const auto count = end->try_read(buffer, now_in(context)))
      co_return *count;
    co_await readable{*end};
  }
}

/// Notes a write that was left half-way.
class write_in_progress {
public:
  write_in_progress(memory_end& end, std::string_view data) noexcept : end_(&end), left_(data), size_(data.size()) {}

  write_in_progress(const write_in_progress&) = delete;
  write_in_progress& operator=(const write_in_progress&) = delete;

  ~write_in_progress() {
    if (!left_.empty() && left_.size() < size_)
      end_->cut_short = true;
  }

  [[nodiscard]] std::string_view left() const noexcept { return left_; }

  void took(std::size_t count) noexcept { left_.remove_prefix(count); }

private:
  memory_end* end_;
  std::string_view left_;
  std::size_t size_;
};

task<void> write_all_to(std::shared_ptr<memory_end> end, std::string_view data) {
  const claim writing{end->writing, "write to"};
  auto& context = co_await actors::detail::current_context{};
  write_in_progress progress{*end, data};
  while (!progress.left().empty()) {
    if (const auto count = end->try_write(progress.left(), now_in(context)); count > 0)
      progress.took(count);
    else
      co_await writable{*end};
  }
}

class memory_stream final : public net::stream {
public:
  explicit memory_stream(std::shared_ptr<memory_end> end) noexcept : end_(std::move(end)) {}

  ~memory_stream() override { end_->close(now_here(earliest)); }

  task<std::size_t> read_some(std::span<char> buffer) override {
    require_room(buffer);
    return read_some_from(end_, buffer);
  }

  std::optional<std::size_t> try_read_some(std::span<char> buffer) override {
    require_room(buffer);
    const claim reading{end_->reading, "read from"};
    return end_->try_read(buffer, now_here(latest));
  }

  task<void> write_all(std::string_view data) override { return write_all_to(end_, data); }

  std::size_t try_write_some(std::string_view data) override {
    const claim writing{end_->writing, "write to"};
    return end_->try_write(data, now_here(earliest));
  }

  void shutdown_write() override { end_->shutdown_write(now_here(earliest)); }

  void close() noexcept override { end_->close(now_here(earliest)); }

  [[nodiscard]] bool is_open() const noexcept override { return end_->is_open(); }

  [[nodiscard]] std::string peer() const override { return end_->peer(); }

private:
  static void require_room(std::span<char> buffer) {
    if (buffer.empty())
      throw misuse_error("a read into an empty buffer: it could not be told from the end of the stream");
  }

  std::shared_ptr<memory_end> end_;
};

} // namespace

memory_streams make_memory_streams(const memory_stream_options& options) {
  const auto shared = std::make_shared<connection>(options);
  {
    connection::wake_list nobody;
    shared->check_cuts(earliest, nobody);
  }
  memory_streams result;
  result.first = std::make_unique<memory_stream>(std::make_shared<memory_end>(shared, 0));
  result.second = std::make_unique<memory_stream>(std::make_shared<memory_end>(shared, 1));
  return result;
}

} // namespace actors::testing
