#pragma once

#include <actors/core/detail/spin_mutex.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/detail/timer.hpp>
#include <actors/core/fwd.hpp>
#include <actors/supervise/internal/supervisor_request.hpp>

#include <caf/actor_control_block.hpp>
#include <caf/error.hpp>

#include <cstdint>
#include <utility>
#include <vector>

namespace actors::supervise::detail {

/// What a supervisor is told, from any thread.
struct supervisor_message {
  enum class kind : std::uint8_t { child_started, child_ended, request };

  explicit supervisor_message(kind what_arg, std::uint64_t child_arg = 0, std::uint64_t incarnation_arg = 0)
      : what(what_arg), child(child_arg), incarnation(incarnation_arg) {}

  kind what;
  std::uint64_t child;
  std::uint64_t incarnation;
  caf::error reason;
  request_ptr request;
};

/// Messages for a supervisor in the order in which they came. One reader.
class supervisor_inbox {
public:
  supervisor_inbox() = default;
  supervisor_inbox(const supervisor_inbox&) = delete;
  supervisor_inbox& operator=(const supervisor_inbox&) = delete;
  ~supervisor_inbox() = default;

  /// False if it is closed.
  [[nodiscard]] bool post(supervisor_message message);

  /// Swaps all messages into `batch`, which is empty.
  void take(std::vector<supervisor_message>& batch);

  /// Takes no more messages; those that are left.
  [[nodiscard]] std::vector<supervisor_message> close();

  /// Waits for a message, at most until `deadline`.
  class awaiter : public actors::detail::leaf_awaiter<awaiter> {
  public:
    awaiter(supervisor_inbox& inbox, time_point deadline) noexcept : inbox_(&inbox), deadline_(deadline) {}

    ~awaiter();

    [[nodiscard]] bool start(actors::detail::task_context& context);

    void await_resume() { check_cancelled(); }

  private:
    supervisor_inbox* inbox_;
    time_point deadline_;
    actors::detail::timer timer_;
  };

private:
  actors::detail::spin_mutex mutex_;
  std::vector<supervisor_message> messages_;
  caf::strong_actor_ptr reader_;
  std::uint64_t reader_id_ = 0;
  bool closed_ = false;
};

} // namespace actors::supervise::detail
