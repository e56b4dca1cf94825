#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/http/client_error.hpp>
#include <actors/http/client_options.hpp>
#include <actors/http/internal/client_connection.hpp>
#include <actors/http/internal/connection_pool.hpp>
#include <actors/http/internal/content_decoder.hpp>
#include <actors/http/internal/upload.hpp>
#include <actors/http/message.hpp>
#include <actors/http/url.hpp>
#include <actors/net/error.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace actors::http::internal {

/// One request and its response on one connection.
///
/// The connection goes back to the pool at the last byte of a clean response, and at no other place: whatever else
/// happens (an error, a cancellation, a reader that loses interest) closes it. Once the body has ended in whatever way
/// the exchange is over, and reading on tells so.
class client_exchange {
public:
  /// A message's own body is not larger: larger ones go out beside the wait for the response.
  static constexpr std::size_t small_body = std::size_t{64} * 1024;

  /// `decodes`: whether compressed bodies are to be decoded, which depends on who asked for them.
  client_exchange(std::shared_ptr<const client_options> options, connection_pool::lease lease, method sent, url target,
                  time_point deadline, bool decodes);
  client_exchange(const client_exchange&) = delete;
  client_exchange& operator=(const client_exchange&) = delete;

  ~client_exchange() { abandon(); }

  /// Sends the request and reads up to the end of the head of its final response. A `body` goes behind the head, in the
  /// place of the message's own, and goes on being sent while the response is read.
  [[nodiscard]] task<void> begin(const request& message, outgoing_body* body);

  /// Whether `begin` failed so that the server cannot have answered: the connection had been idle, and was closed
  /// without a byte.
  [[nodiscard]] bool was_stale() const noexcept { return stale_; }

  [[nodiscard]] response& head() noexcept { return head_; }

  [[nodiscard]] const url& target() const noexcept { return target_; }

  [[nodiscard]] std::optional<std::uint64_t> content_length() const noexcept { return content_length_; }

  enum class step : std::uint8_t {
    piece, ///< `piece()` is there
    end,   ///< the body is complete
    wait,  ///< `fill()` is needed
  };

  /// Goes on as far as is possible without waiting. Throws `client_error`.
  [[nodiscard]] step advance();

  [[nodiscard]] std::string_view piece() const noexcept { return piece_; }

  /// Waits for more bytes.
  [[nodiscard]] task<void> fill() { return fill_until(time_point::max()); }

  /// Reads a short body to its end, so that its connection can be used again. What goes wrong with it matters to
  /// nobody.
  [[nodiscard]] task<void> drain();

  void limit_body(std::uint64_t bytes) noexcept;

  /// Ends the exchange; a response that is not complete costs the connection.
  void abandon() noexcept;

  [[nodiscard]] client_error make_error(client_errc kind, std::string_view problem,
                                        std::optional<std::uint64_t> missing = std::nullopt) const;

private:
  [[nodiscard]] task<void> send(const request& message, const outgoing_body* body);
  [[nodiscard]] task<void> write(std::string_view data);
  [[nodiscard]] task<void> read_head();
  [[nodiscard]] bool take_head();
  [[nodiscard]] task<bool> wait_for_continue();
  void start_upload(outgoing_body& body);
  [[nodiscard]] bool is_sent() const noexcept;
  [[nodiscard]] task<void> fill_until(time_point until);
  [[nodiscard]] time_point check_silence(time_point limit, time_point since, time_point now);
  void tell(client_event_kind what, std::uint64_t number = 0) const;
  [[nodiscard]] bool try_fill();
  [[nodiscard]] bool decode_next();
  [[nodiscard]] step receive_next();
  void filled(std::size_t size);
  void accept_head();
  void finish();
  void complete();
  void count_piece(std::string_view piece);

  // All of these end the exchange and throw.

  [[noreturn]] void fail(client_errc kind, std::string_view problem,
                         std::optional<std::uint64_t> missing = std::nullopt);
  [[noreturn]] void fail_parsing();
  [[noreturn]] void fail_ended(std::string_view how, std::optional<std::uint64_t> missing = std::nullopt);
  [[noreturn]] void fail_broken(const net::net_error& error);
  [[noreturn]] void fail_late(bool in_all, std::string_view doing);

  [[nodiscard]] client_connection& connection() noexcept { return *lease_.connection(); }

  std::shared_ptr<const client_options> options_;
  connection_pool::lease lease_;
  url target_;
  time_point deadline_;
  response head_;
  std::shared_ptr<upload> upload_;
  std::optional<content_decoder> decoder_;
  std::string_view coded_; // handed to the decoder
  std::string_view piece_;
  std::optional<std::uint64_t> content_length_;
  std::uint64_t delivered_ = 0;
  std::uint64_t limit_;
  int interim_ = 0;
  method sent_;
  bool decodes_;
  bool pulling_ = false; // the decoder may have more without being given more
  bool expects_more_ = false;
  bool unsent_ = false;    // a part of the request was not sent and will not be
  bool has_head_ = false;  // of the final response
  bool continues_ = false; // the server has asked for the body
  bool ended_ = false;     // the connection has ended
  bool received_ = false;  // the body has come; the decoder may still hold some
  bool over_ = false;      // nothing more will be handed out
  bool stale_ = false;
  bool cancelled_ = false; // the body was given up in the middle by a cancellation
};

} // namespace actors::http::internal
