#pragma once

#include <actors/core/task.hpp>
#include <actors/http/compression.hpp>
#include <actors/http/message.hpp>

#include <memory>
#include <string>
#include <string_view>

/// The compression of one answer, for whoever stands between handlers and the connection; `compress` (compression.hpp)
/// is made of it.
///
///     response_compressor packer{request, options};              // before the handler is called
///     answer = co_await packer.whole(std::move(answer));
///     // or, of a body in pieces:
///     packer.begin(head);
///     co_await out.write(co_await packer.piece(text));           // any number of them
///     co_await out.write(co_await packer.end());
///
/// Ownership: keeps what it needs of the request and shares the options. One task at a time. Errors: `misuse_error`
/// for a body in pieces that is longer or shorter than the Content-Length that its head had. Cancellation: at once, or
/// when the piece is compressed.
namespace actors::http {

class response_compressor {
public:
  response_compressor(const request& to, std::shared_ptr<const compress_options> options);
  response_compressor(response_compressor&&) noexcept;
  response_compressor& operator=(response_compressor&&) noexcept;
  ~response_compressor();

  /// The answer, compressed if that is wanted and of use.
  [[nodiscard]] task<response> whole(response answer);

  /// Makes the head of an answer in pieces that of the compressed one, if it will be compressed.
  void begin(response& head);

  /// Whether it is: else pieces stay as they are.
  [[nodiscard]] bool is_active() const noexcept;

  /// What is to be sent for a piece, so that the receiver can read all of it; good until the next call. The piece must
  /// live until then.
  [[nodiscard]] task<std::string_view> piece(std::string_view text);

  /// What ends the body; maybe nothing. A second one does nothing.
  [[nodiscard]] task<std::string_view> end();

private:
  class state;

  std::unique_ptr<state> state_;
};

} // namespace actors::http
