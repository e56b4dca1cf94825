#pragma once

#include <actors/core/task.hpp>
#include <actors/net/stream.hpp>
#include <actors/sync/event.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace actors::http::internal {

/// What a connection of the server and the stream that has left it for another protocol know of each other: the
/// connection waits until the stream is gone, and ends it when it is cancelled itself.
class upgrade_link {
public:
  /// Waits until the stream was closed or destroyed.
  [[nodiscard]] task<> gone() { return gone_.wait(); }

  /// Closes the stream, if it is there.
  void cut() noexcept;

  /// What is done when the server begins to stop.
  void on_stop(std::function<void()> what);

  /// Does it; the first time only.
  void begin_stop();

private:
  friend class upgraded_stream;

  void attach(net::stream& stream) noexcept;
  void detach() noexcept;

  std::mutex mutex_;
  net::stream* stream_ = nullptr;
  std::function<void()> on_stop_;
  bool stopping_ = false;
  sync::event gone_;
};

/// The stream of a connection that has left HTTP: first gives the bytes that were read already.
class upgraded_stream final : public net::stream {
public:
  upgraded_stream(std::unique_ptr<net::stream> inner, std::string early, std::shared_ptr<upgrade_link> link);
  ~upgraded_stream() override;

  [[nodiscard]] task<std::size_t> read_some(std::span<char> buffer) override;
  [[nodiscard]] std::optional<std::size_t> try_read_some(std::span<char> buffer) override;

  [[nodiscard]] task<void> write_all(std::string_view data) override { return inner_->write_all(data); }

  [[nodiscard]] std::size_t try_write_some(std::string_view data) override { return inner_->try_write_some(data); }

  void shutdown_write() override { inner_->shutdown_write(); }

  void close() noexcept override;

  [[nodiscard]] bool is_open() const noexcept override { return inner_->is_open(); }

  [[nodiscard]] std::string peer() const override { return inner_->peer(); }

private:
  [[nodiscard]] std::size_t take_early(std::span<char> buffer);

  std::unique_ptr<net::stream> inner_;
  std::string early_;
  std::size_t taken_ = 0;
  std::shared_ptr<upgrade_link> link_;
};

} // namespace actors::http::internal
