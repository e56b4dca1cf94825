#include <actors/net/detail/input_awaiter.hpp>

#include <actors/core/detail/io_worker.hpp>

namespace actors::net::detail {

input_awaiter::~input_awaiter() {
  if (has_waited_)
    target_->end_wait();
}

bool input_awaiter::start(actors::detail::task_context& context) {
  arm(context);
  has_waited_ = target_->begin_wait(actors::detail::actor_of(context), id());
  return has_waited_;
}

void input_awaiter::await_resume() {
  target_->resume(has_waited_);
  check_cancelled();
}

} // namespace actors::net::detail
