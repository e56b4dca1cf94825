#pragma once

#include <actors/core/task.hpp>
#include <actors/http/message.hpp>
#include <actors/http/url.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace actors::http {

namespace internal {
class client_exchange;
}

/// A response whose body is read piece by piece: the head is there, the body is still on its way.
///
///     auto answer = co_await web.open("http://example.com/big");
///     if (answer.head().get("Content-Type") == "text/html")
///       for (auto piece = co_await answer.read_some(); !piece.empty(); piece = co_await answer.read_some())
///         use(piece);
///
/// Ownership: holds the connection until the last byte was read, then it is free for other requests. A stream that is
/// destroyed, moved over or closed earlier closes its connection, and so do errors and cancellation: no other request
/// ever sees what is left of this body. One task at a time; the stream must stay where it is while a read is under way.
///
/// Back-pressure: nothing is read that was not asked for. Limits on time and size are the client's.
///
/// Errors: `client_error`; afterwards the body has ended. After a read that was cancelled each further one throws
/// `truncated`, because what came before is not all.
class response_stream {
public:
  /// Holds nothing; using it throws `misuse_error`.
  response_stream() noexcept;
  explicit response_stream(std::unique_ptr<internal::client_exchange> exchange, std::size_t redirects) noexcept;
  response_stream(response_stream&&) noexcept;
  response_stream& operator=(response_stream&&) noexcept;
  ~response_stream();

  /// Status and header fields. Without Content-Encoding and Content-Length if the body is being decoded.
  [[nodiscard]] const response& head() const;

  /// Where it came from: after redirects the last one.
  [[nodiscard]] const http::url& url() const;

  /// How many redirects led here.
  [[nodiscard]] std::size_t redirects() const noexcept { return redirects_; }

  /// The size of the body as transferred (compressed, if it is), where the server tells it.
  [[nodiscard]] std::optional<std::uint64_t> content_length() const noexcept;

  /// A lower limit on the body than the client's: more throws `too_large`.
  void limit_body(std::uint64_t bytes) noexcept;

  /// The next piece, decoded; empty at the end. Valid until the next call.
  [[nodiscard]] task<std::string_view> read_some();

  /// All that is left of the body.
  [[nodiscard]] task<std::string> read_all();

  /// All of it as a value.
  [[nodiscard]] task<response> read_response();

  /// Gives the rest of the body up.
  void close() noexcept;

private:
  std::unique_ptr<internal::client_exchange> exchange_;
  std::size_t redirects_ = 0;
};

} // namespace actors::http
