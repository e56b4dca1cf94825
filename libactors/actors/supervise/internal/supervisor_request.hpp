#pragma once

#include <actors/core/detail/task_context.hpp>
#include <actors/supervise/child_ref.hpp>
#include <actors/supervise/child_spec.hpp>
#include <actors/supervise/supervisor.hpp>

#include <caf/actor_control_block.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace actors::supervise::detail {

/// A request to a supervisor and its answer. Written by the one who asks until it is submitted, by the supervisor until
/// it is answered, then read by the one who asked.
struct supervisor_request {
  enum class kind : std::uint8_t { start_child, terminate_child, restart_child, delete_child, list, await_start, stop };

  explicit supervisor_request(kind what_arg) noexcept : what(what_arg) {}

  kind what;
  std::string name; // of the child; for `stop` the reason
  std::optional<child_spec> spec;

  caf::strong_actor_ptr who;
  std::uint64_t id = 0;

  std::exception_ptr error;
  child_ref child;
  std::vector<child_info> list;
};

using request_ptr = std::shared_ptr<supervisor_request>;

/// Hands a request over and waits for its answer.
class request_awaiter : public actors::detail::leaf_awaiter<request_awaiter> {
public:
  request_awaiter(supervisor_core& core, request_ptr request) noexcept : core_(&core), request_(std::move(request)) {}

  [[nodiscard]] bool start(actors::detail::task_context& context);

  void await_resume() {
    check_cancelled();
    if (request_->error)
      std::rethrow_exception(request_->error);
  }

private:
  supervisor_core* core_;
  request_ptr request_;
};

} // namespace actors::supervise::detail
