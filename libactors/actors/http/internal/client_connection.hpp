#pragma once

#include <actors/core/fwd.hpp>
#include <actors/http/internal/parser.hpp>
#include <actors/http/limits.hpp>
#include <actors/net/stream.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace actors::http::internal {

/// A connection of the client with what belongs to it from one response to the next: the parser and the read buffer.
class client_connection {
public:
  client_connection(std::unique_ptr<net::stream> stream, const message_limits& limits)
      : stream_(std::move(stream)), parser_(limits), buffer_(std::make_unique_for_overwrite<char[]>(buffer_size)) {}

  [[nodiscard]] net::stream& stream() noexcept { return *stream_; }

  /// For the task that sends a body, which may end later than the connection.
  [[nodiscard]] const std::shared_ptr<net::stream>& shared_stream() noexcept { return stream_; }

  [[nodiscard]] response_parser& parser() noexcept { return parser_; }

  /// What was read and not parsed yet; the parser takes from its front.
  [[nodiscard]] std::string_view& input() noexcept { return input_; }

  /// Where to read to once the input is used up.
  [[nodiscard]] std::span<char> buffer() noexcept { return {buffer_.get(), buffer_size}; }

  void received(std::size_t size) noexcept {
    input_ = {buffer_.get(), size};
    received_any_ = received_any_ || size > 0;
  }

  /// Whether anything has come since `begin_exchange`.
  [[nodiscard]] bool received_any() const noexcept { return received_any_; }

  void begin_exchange() noexcept { received_any_ = false; }

  /// Whether an idle connection can carry a request: open, and nothing has come that nobody asked for.
  [[nodiscard]] bool is_fit() {
    return stream_->is_open() && input_.empty() && parser_.idle() && !stream_->try_read_some(buffer());
  }

  /// When it has become idle, or when it is to be closed; for the pool.
  time_point expires = time_point::max();

private:
  static constexpr std::size_t buffer_size = std::size_t{32} * 1024;

  std::shared_ptr<net::stream> stream_;
  response_parser parser_;
  std::unique_ptr<char[]> buffer_;
  std::string_view input_;
  bool received_any_ = false;
};

} // namespace actors::http::internal
