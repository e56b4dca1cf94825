#include <actors/supervise/internal/supervisor_inbox.hpp>

#include <actors/core/detail/io_worker.hpp>

#include <mutex>

namespace actors::supervise::detail {

bool supervisor_inbox::post(supervisor_message message) {
  caf::strong_actor_ptr reader;
  std::uint64_t id = 0;
  {
    const std::scoped_lock guard{mutex_};
    if (closed_)
      return false;
    messages_.push_back(std::move(message));
    std::swap(reader, reader_);
    id = reader_id_;
  }
  if (reader)
    actors::detail::wake(reader, id);
  return true;
}

void supervisor_inbox::take(std::vector<supervisor_message>& batch) {
  const std::scoped_lock guard{mutex_};
  batch.swap(messages_);
}

std::vector<supervisor_message> supervisor_inbox::close() {
  const std::scoped_lock guard{mutex_};
  closed_ = true;
  return std::exchange(messages_, {});
}

bool supervisor_inbox::awaiter::start(actors::detail::task_context& context) {
  arm(context);
  if (deadline_ != time_point::max())
    timer_.arm(context.host(), id(), deadline_);
  const std::scoped_lock guard{inbox_->mutex_};
  if (!inbox_->messages_.empty())
    return false;
  inbox_->reader_ = actors::detail::actor_of(context);
  inbox_->reader_id_ = id();
  return true;
}

supervisor_inbox::awaiter::~awaiter() {
  caf::strong_actor_ptr reader; // let go of after the lock
  const std::scoped_lock guard{inbox_->mutex_};
  std::swap(reader, inbox_->reader_);
}

} // namespace actors::supervise::detail
