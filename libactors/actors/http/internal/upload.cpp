#include <actors/http/internal/upload.hpp>

#include <actors/core/detail/at_end.hpp>
#include <actors/core/error.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/this_task.hpp>
#include <actors/core/wait.hpp>
#include <actors/http/internal/serializer.hpp>
#include <actors/net/error.hpp>

#include <limits>
#include <utility>
#include <vector>

namespace actors::http::internal {

namespace {

constexpr auto not_waiting = std::numeric_limits<duration::rep>::max();

/// So much is waited for at a time, so that a slow server that does take bytes is not called silent.
constexpr std::size_t waited_for = std::size_t{16} * 1024;

std::string sizes(std::uint64_t sent, std::uint64_t announced) {
  return std::to_string(sent) + " instead of the " + std::to_string(announced) + " bytes that it announced";
}

} // namespace

upload::upload(std::shared_ptr<net::stream> to, std::shared_ptr<body_source> from)
    : stream_(std::move(to)), source_(std::move(from)), waiting_since_(not_waiting) {}

task_handle<void> upload::start(std::function<void()> sent) {
  running_.store(true, std::memory_order_release);
  task_ = spawn_detached(run(shared_from_this(), std::move(sent)), spawn_options{}.name("http request body"));
  return *task_;
}

void upload::stop() noexcept {
  if (task_ && is_running())
    task_->cancel("the request is over");
}

std::optional<time_point> upload::waiting_since() const noexcept {
  const auto since = waiting_since_.load(std::memory_order_acquire);
  return since == not_waiting ? std::nullopt : std::optional{time_point{duration{since}}};
}

std::exception_ptr upload::source_error() const {
  const std::scoped_lock guard{mutex_};
  return source_error_;
}

std::string upload::write_problem() const {
  const std::scoped_lock guard{mutex_};
  return write_problem_;
}

task<void> upload::run(std::shared_ptr<upload> self, std::function<void()> sent) {
  const actors::detail::at_end runs_no_longer([&c = *self] { c.running_.store(false, std::memory_order_release); });
  try {
    co_await self->send_all();
    if (self->is_complete() && sent)
      sent();
  } catch (const cancelled&) {
    throw;
  } catch (...) {
    self->failed(std::current_exception());
  }
}

void upload::failed(std::exception_ptr error) noexcept {
  {
    const std::scoped_lock guard{mutex_};
    source_error_ = std::move(error);
  }
  stream_->close();
}

task<void> upload::send_all() {
  const auto size = source_->size();
  std::uint64_t given = 0;
  std::string frame;
  while (!size || given < *size) {
    const auto piece = co_await source_->read_some();
    given += piece.size();
    if (size && (given > *size || piece.empty()))
      throw misuse_error("the source of a request's body gave " + sizes(given, *size));
    if (piece.empty())
      break;
    bool is_written = true;
    if (size) {
      is_written = co_await write(piece);
    } else {
      frame.clear();
      append_chunk_header(frame, piece.size());
      frame.append(piece).append("\r\n");
      is_written = co_await write(frame);
    }
    if (!is_written)
      co_return;
  }
  if (!size) {
    frame.clear();
    append_last_chunk(frame);
    const bool is_written = co_await write(frame);
    if (!is_written)
      co_return;
  }
  // From now on it is the answer that is waited for.
  const auto self = co_await this_task();
  waiting_since_.store(self.now().time_since_epoch().count(), std::memory_order_release);
  complete_.store(true, std::memory_order_release);
}

/// False if the connection is broken.
task<bool> upload::write(std::string_view data) {
  const auto self = co_await this_task();
  try {
    while (!data.empty()) {
      waiting_since_.store(self.now().time_since_epoch().count(), std::memory_order_release);
      data.remove_prefix(stream_->try_write_some(data));
      const auto part = data.substr(0, waited_for);
      if (!part.empty())
        co_await stream_->write_all(part);
      data.remove_prefix(part.size());
    }
  } catch (const net::net_error& problem) {
    // Nothing more is taken: how long the server may be silent now counts from here.
    const std::scoped_lock guard{mutex_};
    write_problem_ = problem.what();
    co_return false;
  }
  waiting_since_.store(not_waiting, std::memory_order_release);
  co_return true;
}

task<void> outgoing_body::end() {
  if (!reader_)
    co_return;
  reader_->cancel("the request is over");
  std::vector<task_handle<void>> readers;
  readers.push_back(*std::move(reader_));
  reader_.reset();
  static_cast<void>(co_await wait(std::move(readers)));
}

task<bool> outgoing_body::rewind() {
  co_await end();
  co_return source_->rewind();
}

} // namespace actors::http::internal
