#pragma once

#include <actors/http/internal/websocket_frame.hpp>
#include <actors/http/websocket_message.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace actors::http::internal {

/// A message on its way to one connection or to many. One for many keeps its encoded forms. Immutable otherwise, and
/// usable from any thread.
class outgoing_message {
public:
  enum class audience : bool { one, many };

  /// Throws `misuse_error` for a text that is not UTF-8.
  outgoing_message(ws_message message, audience who);

  [[nodiscard]] opcode code() const noexcept { return message_.is_text() ? opcode::text : opcode::binary; }

  [[nodiscard]] const std::string& data() const noexcept { return message_.data(); }

  [[nodiscard]] std::size_t size() const noexcept { return message_.data().size(); }

  /// Whether it is for many.
  [[nodiscard]] bool shared() const noexcept { return forms_ != nullptr; }

  /// The whole frame as a server sends it. Only of a shared one.
  [[nodiscard]] const std::string& frame() const;

  /// The same, compressed for a window of so many bits and without reference to other messages.
  [[nodiscard]] const std::string& compressed_frame(int bits, int level) const;

private:
  struct forms {
    std::mutex mutex;
    std::string plain;
    std::array<std::string, 8> compressed; // by bits - 8
  };

  ws_message message_;
  std::unique_ptr<forms> forms_;
};

using outgoing_ptr = std::shared_ptr<const outgoing_message>;

} // namespace actors::http::internal
