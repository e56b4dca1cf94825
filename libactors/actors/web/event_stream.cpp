#include <actors/web/event_stream.hpp>

#include <actors/core/task_group.hpp>
#include <actors/core/timeout.hpp>
#include <actors/sync/error.hpp>
#include <actors/sync/queue.hpp>

#include <exception>

namespace actors::web {

namespace internal {

/// From the task of the function to that of the connection, which alone may write to it.
class event_channel {
public:
  explicit event_channel(std::size_t size) : texts(size) {}

  sync::queue<std::string> texts;
  std::exception_ptr problem; // of the function; set before the queue is shut down
};

} // namespace internal

namespace {

using internal::event_channel;

task<void> produce_all(std::shared_ptr<event_channel> channel, event_function produce, std::string last_event_id) {
  event_writer out{channel, std::move(last_event_id)};
  try {
    auto pending = produce(out);
    co_await std::move(pending);
  } catch (const sync::queue_shut_down&) {
    // The server stops.
  } catch (const std::exception&) {
    channel->problem = std::current_exception();
  }
  channel->texts.shutdown();
}

/// What waits goes out together.
void append_waiting(event_channel& channel, std::string& to) {
  try {
    while (const auto more = channel.texts.try_get())
      to.append(*more);
  } catch (const sync::queue_shut_down&) {
    return; // that was all
  }
}

task<void> write_all(event_channel& channel, body_writer& out, const event_stream_options& options) {
  // Something at once, so that the client knows that it is connected.
  const auto greeting = options.retry() ? http::to_text({{}, {}, {}, options.retry()}) : http::event_comment();
  co_await out.write(greeting);
  for (;;) {
    std::optional<std::string> text;
    bool is_over = false;
    try {
      auto waiting = move_on_after(options.heartbeat(), channel.texts.get());
      text = co_await std::move(waiting);
    } catch (const sync::queue_shut_down&) {
      is_over = true;
    }
    if (is_over)
      co_return;
    if (!text)
      text = http::event_comment();
    append_waiting(channel, *text);
    co_await out.write(*text);
  }
}

/// What is thrown is for the caller, and no failure of the group.
task<void> live(task_group& group, std::shared_ptr<event_channel> channel, event_function produce, context* c,
                body_writer* out, const event_stream_options* options, std::exception_ptr* problem) {
  std::string last_event_id{c->request().get("Last-Event-ID").value_or("")};
  group.spawn(produce_all(channel, std::move(produce), std::move(last_event_id)));
  try {
    co_await write_all(*channel, *out, *options);
  } catch (...) {
    *problem = std::current_exception();
  }
  group.cancel();
}

task<void> run_stream(context* c, event_function produce, event_stream_options options, body_writer* out) {
  auto channel = std::make_shared<event_channel>(options.queue());
  c->exchange().on_server_stop([weak = std::weak_ptr{channel}] {
    if (const auto open = weak.lock())
      open->texts.shutdown();
  });
  std::exception_ptr problem;
  auto living = with_task_group(live, channel, std::move(produce), c, out, &options, &problem);
  co_await std::move(living);
  if (!problem)
    problem = channel->problem;
  if (problem)
    std::rethrow_exception(problem);
}

} // namespace

task<void> event_writer::send(const http::server_event& event) {
  return send_text(http::to_text(event));
}

task<void> event_writer::comment(std::string text) {
  return send_text(http::event_comment(text));
}

task<void> event_writer::send_text(std::string text) {
  return to_->texts.put(std::move(text));
}

reply event_stream(context& c, event_function produce, const event_stream_options& options) {
  http::response head{http::status::ok};
  head.set("Content-Type", "text/event-stream").set("Cache-Control", "no-store");
  head.set("X-Accel-Buffering", "no"); // nginx would wait for more
  return reply::streamed(std::move(head), [c = &c, produce = std::move(produce), options](body_writer& out) {
    return run_stream(c, produce, options, &out);
  });
}

} // namespace actors::web
