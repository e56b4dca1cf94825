#pragma once

#include <actors/core/detail/task_context.hpp>
#include <actors/core/fwd.hpp>
#include <actors/supervise/backoff.hpp>
#include <actors/supervise/child_event.hpp>
#include <actors/supervise/child_spec.hpp>
#include <actors/supervise/detail/wait_queue.hpp>
#include <actors/supervise/internal/child_slot.hpp>
#include <actors/supervise/internal/event_buffer.hpp>
#include <actors/supervise/internal/restart_history.hpp>
#include <actors/supervise/internal/supervisor_inbox.hpp>
#include <actors/supervise/internal/supervisor_request.hpp>
#include <actors/supervise/supervisor.hpp>
#include <actors/supervise/supervisor_spec.hpp>

#include <caf/actor.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/error.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace actors::supervise::detail {

/// A supervisor: a state machine that its coroutine drives with messages and times.
///
/// Every child has a state, and at most one time at which something is due. What concerns several children is a plan:
/// stop those from a certain one on in reverse order, wait for the back-off, start them in order. The plan looks at one
/// child at a time and goes on when a message says that this child has got where it was to get. So nothing here waits,
/// and a child that is slow to start delays only those whose turn comes after it.
///
/// Threads: the part "from any thread" has its locks; all else runs on the supervisor's actor.
class supervisor_core final : public std::enable_shared_from_this<supervisor_core> {
public:
  explicit supervisor_core(supervisor_spec spec);

  // -- from any thread -------------------------------------------------------------------------------------------------------

  [[nodiscard]] const supervisor_spec& spec() const noexcept { return spec_; }

  [[nodiscard]] caf::actor address() const;

  /// Null if there is no child of this name.
  [[nodiscard]] std::shared_ptr<child_slot> find(std::string_view name) const;

  [[nodiscard]] std::shared_ptr<event_buffer> subscribe(std::size_t capacity);

  /// False if the supervisor has ended and the request was answered with that.
  [[nodiscard]] bool submit(const request_ptr& request);

  void child_started(std::uint64_t child, std::uint64_t incarnation);
  void child_ended(std::uint64_t child, std::uint64_t incarnation, const caf::error& reason);

  /// True if the supervisor has ended; otherwise `node` waits for that.
  [[nodiscard]] bool check_ended(wait_node& node, const actors::detail::task_context& context, std::uint64_t id);
  void forget(wait_node& node);
  [[nodiscard]] std::exception_ptr end_error() const;

  // -- for the coroutine -----------------------------------------------------------------------------------------------------

  /// Called once all children have started.
  void on_started(std::function<void()> callback) { on_started_ = std::move(callback); }

  void begin(actors::detail::task_context& context);

  /// Handles some of what there is to do.
  void turn();

  /// True if there is more to do right now.
  [[nodiscard]] bool busy() const;

  [[nodiscard]] supervisor_inbox::awaiter next() { return {inbox_, next_due()}; }

  [[nodiscard]] bool over() const noexcept { return over_; }

  /// The task was asked to cancel: stops in order.
  void cancel(std::exception_ptr reason);

  /// Throws what the supervisor ends with.
  void rethrow() const;

  /// The coroutine is gone, in whatever way.
  void abandon() noexcept;

private:
  struct child {
    explicit child(std::uint64_t key_arg, child_spec spec_arg, const supervisor_spec& owner);

    std::uint64_t key; // in the order of the start
    child_spec spec;
    std::shared_ptr<child_slot> slot;
    supervise::backoff pause;
    caf::strong_actor_ptr actor;
    child_actor kind = child_actor::task;
    child_state state = child_state::down;
    bool started_once = false;
    bool announced = false; // that this incarnation has started
    bool kill_sent = false;
    bool added_by_request = false;
    std::uint64_t incarnation = 0;
    std::uint64_t restarts = 0;
    time_point up_since;
    time_point due = time_point::max();
    duration overdue = duration::zero(); // after the kill
    std::exception_ptr last_error;
    std::exception_ptr start_timeout;  // it took too long to start and is being stopped
    std::vector<request_ptr> starters; // to be answered when it has started
    std::vector<request_ptr> stoppers; // to be answered when it has ended
  };

  struct exit {
    exit_kind kind;
    std::exception_ptr error;
  };

  class launch;

  enum class plan : std::uint8_t { none, stop, pause, start };

  // -- children (supervisor_children.cpp) ------------------------------------------------------------------------------------

  child& add(child_spec spec);
  void remove(child& which);
  void start(child& which);
  void started(child& which);
  void start_failed(child& which, std::exception_ptr error);
  void ended(child& which, const caf::error& reason);
  [[nodiscard]] bool about_to_stop(const child& which) const noexcept;
  void ended_by_itself(child& which, const exit& how);
  [[nodiscard]] static exit exit_of(const child& which, const caf::error& reason);
  void restart(child& which, const std::exception_ptr& error, bool failed_start);
  void ask_to_stop(child& which);
  void kill(child& which);
  void time_is_up(child& which);
  void abandon(child& which);
  void set_due(child& which, time_point when);
  void clear_due(child& which);
  void send_exit(const child& which, bool kill);

  // -- plans (supervisor_plan.cpp) -------------------------------------------------------------------------------------------

  void step();
  [[nodiscard]] bool step_stop();
  [[nodiscard]] bool step_start();
  void plan_done();
  void regroup(const child& failed, time_point due);
  void close();
  void give_up(const child& which, const std::exception_ptr& error);
  void check_auto_shutdown(const child& ended);

  // -- requests (supervisor_requests.cpp) ------------------------------------------------------------------------------------

  void handle(supervisor_message& message);
  void handle(const request_ptr& request);
  void start_child(const request_ptr& request);
  void terminate_child(const request_ptr& request, child& which);
  void restart_child(const request_ptr& request, child& which);
  void delete_child(const request_ptr& request, child& which);
  void list_children(supervisor_request& request) const;
  [[nodiscard]] child* find_child(std::string_view name);
  void refuse(supervisor_request& request, child_errc why) const;
  static void answer(supervisor_request& request);
  void answer_all(std::vector<request_ptr>& requests, const std::exception_ptr& error) const;

  /// What those are told who ask a supervisor that "is stopping" or "has ended".
  [[nodiscard]] std::exception_ptr refusal(std::string_view what) const;

  // -- telling ---------------------------------------------------------------------------------------------------------------

  [[nodiscard]] bool anybody_listens() const;
  [[nodiscard]] child_event event(child_event_kind kind, const child& about) const;
  void emit(const child_event& event);
  void log(log_level level, const std::string& text) const;

  [[nodiscard]] time_point now() const;
  [[nodiscard]] time_point next_due() const;
  [[nodiscard]] bool spend() noexcept;

  const supervisor_spec spec_;
  std::function<void()> on_started_;
  supervisor_inbox inbox_;

  // Of the actor.
  actors::detail::task_context* context_ = nullptr;
  std::map<std::uint64_t, child> children_;
  std::set<std::pair<time_point, std::uint64_t>> due_;
  std::vector<supervisor_message> batch_;
  std::size_t position_ = 0;
  std::vector<request_ptr> deferred_;
  std::vector<request_ptr> start_waiters_;
  std::mt19937_64 random_;
  internal::restart_history history_;
  std::uint64_t last_key_ = 0;
  std::uint64_t last_incarnation_ = 0;
  std::size_t budget_ = 0;
  plan plan_ = plan::none;
  std::uint64_t first_ = 0;  // of the plan
  std::uint64_t cursor_ = 0; // of the plan: the next child to look at
  time_point plan_due_ = time_point::min();
  bool opening_ = true;
  bool closing_ = false;
  bool over_ = false;
  std::exception_ptr failure_;
  std::exception_ptr cancel_;

  // Of everybody.
  mutable std::mutex mutex_;

  struct entry {
    std::uint64_t key;
    std::shared_ptr<child_slot> slot;
  };

  std::map<std::string, entry, std::less<>> names_;
  std::vector<std::weak_ptr<event_buffer>> streams_;
  std::atomic<std::size_t> stream_count_{0};
  caf::actor host_;
  wait_queue end_waiters_;
  std::exception_ptr end_error_;
  bool ended_ = false;
};

} // namespace actors::supervise::detail
