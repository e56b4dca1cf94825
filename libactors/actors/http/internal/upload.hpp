#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/core/task_handle.hpp>
#include <actors/http/body_source.hpp>
#include <actors/net/stream.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace actors::http::internal {

/// The body of a request on its way, beside whoever waits for the response: a server may answer before it has the whole
/// body, or while it takes it.
///
/// Ownership: the task that sends holds the upload, and this the stream and the source. Whoever started it ends it with
/// `stop`, at once and without waiting. An error of the source closes the stream, so that the wait for the response
/// ends, too; an error of the connection does not, as the answer that explains it may be there.
class upload : public std::enable_shared_from_this<upload> {
public:
  upload(std::shared_ptr<net::stream> to, std::shared_ptr<body_source> from);

  /// Starts the task. `sent` is called by it at the end.
  [[nodiscard]] task_handle<void> start(std::function<void()> sent);

  void stop() noexcept;

  /// Whether all has been sent.
  [[nodiscard]] bool is_complete() const noexcept { return complete_.load(std::memory_order_acquire); }

  /// Whether there is still something to send.
  [[nodiscard]] bool is_running() const noexcept { return running_.load(std::memory_order_acquire); }

  /// Since when the server has taken nothing, or has had all; nothing while it is the source that is waited for.
  [[nodiscard]] std::optional<time_point> waiting_since() const noexcept;

  /// What the source has thrown.
  [[nodiscard]] std::exception_ptr source_error() const;

  /// What broke the connection; empty if nothing did.
  [[nodiscard]] std::string write_problem() const;

private:
  static task<void> run(std::shared_ptr<upload> self, std::function<void()> sent);

  [[nodiscard]] task<void> send_all();
  [[nodiscard]] task<bool> write(std::string_view data);
  void failed(std::exception_ptr error) noexcept;

  const std::shared_ptr<net::stream> stream_;
  const std::shared_ptr<body_source> source_;
  std::optional<task_handle<void>> task_;
  std::atomic<bool> running_ = false;
  std::atomic<bool> complete_ = false;
  std::atomic<duration::rep> waiting_since_;
  mutable std::mutex mutex_;
  std::exception_ptr source_error_;
  std::string write_problem_;
};

/// The source of a request's body, which may be sent more than once.
class outgoing_body {
public:
  explicit outgoing_body(std::shared_ptr<body_source> source) noexcept : source_(std::move(source)) {}

  [[nodiscard]] const std::shared_ptr<body_source>& source() const noexcept { return source_; }

  /// The task that reads the source from now on.
  void is_read_by(task_handle<void> reader) { reader_ = std::move(reader); }

  /// Ends the reading of the source, and waits for that.
  [[nodiscard]] task<void> end();

  /// Begins again, once nobody reads the source any more; false if it cannot.
  [[nodiscard]] task<bool> rewind();

private:
  std::shared_ptr<body_source> source_;
  std::optional<task_handle<void>> reader_;
};

} // namespace actors::http::internal
