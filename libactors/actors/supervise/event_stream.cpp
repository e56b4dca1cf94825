#include <actors/supervise/event_stream.hpp>

#include <actors/core/error.hpp>
#include <actors/supervise/internal/event_buffer.hpp>

#include <utility>

namespace actors::supervise::detail {

void event_buffer::push(const child_event& event) {
  wake_up reader;
  {
    const std::scoped_lock guard{mutex_};
    if (events_.size() == capacity_) {
      events_.pop_front();
      ++missed_;
    }
    events_.push_back(event);
    if (!reader_.empty())
      reader = reader_.pop();
  }
  reader.deliver();
}

void event_buffer::close() {
  wake_up reader;
  {
    const std::scoped_lock guard{mutex_};
    closed_ = true;
    if (!reader_.empty())
      reader = reader_.pop();
  }
  reader.deliver();
}

std::optional<child_event> event_buffer::take() {
  const std::scoped_lock guard{mutex_};
  if (events_.empty())
    return std::nullopt;
  std::optional<child_event> result{std::move(events_.front())};
  events_.pop_front();
  return result;
}

std::uint64_t event_buffer::missed() const {
  const std::scoped_lock guard{mutex_};
  return missed_;
}

bool event_buffer::check(wait_node& node, const actors::detail::task_context& context, std::uint64_t id) {
  const std::scoped_lock guard{mutex_};
  if (!events_.empty() || closed_)
    return true;
  if (!reader_.empty())
    throw misuse_error("two tasks read one event_stream at the same time");
  reader_.push(node, context, id);
  return false;
}

void event_buffer::forget(wait_node& node) {
  const std::scoped_lock guard{mutex_};
  reader_.remove(node);
}

namespace {

class reader_awaiter : public actors::detail::leaf_awaiter<reader_awaiter> {
public:
  explicit reader_awaiter(event_buffer& buffer) noexcept : buffer_(&buffer) {}

  ~reader_awaiter() { buffer_->forget(node_); }

  [[nodiscard]] bool start(actors::detail::task_context& context) {
    arm(context);
    return !buffer_->check(node_, context, id());
  }

  void await_resume() { check_cancelled(); }

private:
  event_buffer* buffer_;
  wait_node node_;
};

// The buffer is a parameter: the stream may be destroyed before its task.
task<std::optional<child_event>> next_of(std::shared_ptr<event_buffer> buffer) {
  co_await reader_awaiter{*buffer};
  co_return buffer->take();
}

} // namespace

} // namespace actors::supervise::detail

namespace actors::supervise {

task<std::optional<child_event>> event_stream::next() {
  return detail::next_of(buffer_);
}

std::uint64_t event_stream::missed() const {
  return buffer_->missed();
}

} // namespace actors::supervise
