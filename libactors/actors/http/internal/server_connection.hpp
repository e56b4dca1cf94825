#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/log.hpp>
#include <actors/core/task.hpp>
#include <actors/http/access_log.hpp>
#include <actors/http/internal/connection_watch.hpp>
#include <actors/http/internal/exchange.hpp>
#include <actors/http/internal/output_buffer.hpp>
#include <actors/http/internal/parser.hpp>
#include <actors/http/internal/read_buffer.hpp>
#include <actors/http/internal/serializer.hpp>
#include <actors/http/internal/server_core.hpp>
#include <actors/http/internal/upgraded_stream.hpp>
#include <actors/http/message.hpp>
#include <actors/http/status.hpp>
#include <actors/net/detail/input_awaiter.hpp>
#include <actors/net/stream.hpp>
#include <actors/net/tls_stream.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace actors::http::internal {

/// A connection of the server: reads requests, has them answered in order, writes the answers.
///
/// All requests that one read has brought are worked off before anything is written, so that pipelined answers leave in
/// one piece. Before a handler that may wait, what is pending is promised to leave as soon as it does wait.
class server_connection final : public exchange, private connection_watch {
public:
  /// Whether it has a place among those that there may be, and so can make room for another one.
  enum class place : bool { none, counted };

  server_connection(std::shared_ptr<server_core> core, std::unique_ptr<net::stream> stream,
                    actors::detail::task_context& context, place where);
  ~server_connection() override;

  /// Serves the connection to its end.
  [[nodiscard]] static task<void> run(std::shared_ptr<server_core> core, std::unique_ptr<net::stream> stream,
                                      place where = place::counted);

  // -- for server_exchange --

  [[nodiscard]] const request& head() const noexcept override { return request_; }

  [[nodiscard]] std::string peer() const override { return upgraded_ ? upgraded_peer_ : stream_->peer(); }

  [[nodiscard]] const net::tls_stream* tls() const noexcept override { return upgraded_ ? nullptr : tls_; }

  [[nodiscard]] task<std::string_view> read_body() override;
  [[nodiscard]] task<std::string> read_whole_body() override;
  [[nodiscard]] task<void> send(response answer) override;
  [[nodiscard]] task<void> start(response head) override;
  [[nodiscard]] task<void> write(std::string_view piece) override;
  [[nodiscard]] task<std::unique_ptr<net::stream>> upgrade(response head) override;
  void on_server_stop(std::function<void()> what) override;
  [[nodiscard]] task<void> finish(fields trailers) override;

  /// Behind the request's body.
  [[nodiscard]] const fields& trailers() const noexcept override { return parser_.trailers(); }

private:
  /// Bodies up to this size are copied behind their heads, and so much may pile up before it is written.
  static constexpr std::size_t flush_size = std::size_t{64} * 1024;

  static constexpr std::string_view continue_answer = "HTTP/1.1 100 Continue\r\n\r\n";

  /// What the loop has to do next.
  enum class need : std::uint8_t { parse, bytes, flush, handler, close };

  /// How far the answer of a `server_exchange` is.
  enum class answer_state : std::uint8_t { none, begun, done };

  [[nodiscard]] task<void> serve();

  /// Shakes hands. False if nothing comes of it.
  [[nodiscard]] task<bool> secure();

  [[nodiscard]] need parse();
  [[nodiscard]] need on_head();
  [[nodiscard]] need on_complete();
  [[nodiscard]] need on_failure(errc kind, std::string_view problem);
  [[nodiscard]] need on_late();
  [[nodiscard]] need refuse(status code, std::string_view problem);

  // While a handler waits, the client is looked after now and then: no read is under way that would have to be broken
  // off when the answer is there, and a handler that answers at once costs nothing.
  void begin_handler();
  void end_handler() noexcept;
  [[nodiscard]] bool client_is_there();
  [[nodiscard]] const char* on_deadline() override;

  /// A wait of the connection itself, also inside of a handler.
  void begin_wait(time_point deadline);
  void end_wait();

  [[nodiscard]] task<void> call_exchange();
  [[nodiscard]] task<void> wait_for_upgraded();
  void end_answer();
  [[nodiscard]] task<void> skip_body();

  [[nodiscard]] bool has_output() const noexcept { return !out_.empty() || !body_.empty(); }

  [[nodiscard]] bool flush_now();
  [[nodiscard]] task<void> flush();
  [[nodiscard]] task<void> write_rest(std::string_view data);

  void append(response&& answer);
  void append_error(status code, std::string_view problem);
  [[nodiscard]] std::string_view scheme() const noexcept;
  void begin_access(const request& head);

  void log_access(bool is_aborted) {
    if (access_ && access_->is_open)
      log_open_access(is_aborted);
  }

  void log_open_access(bool is_aborted);
  void append_failure(const std::exception_ptr& error);
  [[nodiscard]] connection_note note_for(const response& answer, const field_survey& found);
  [[nodiscard]] std::string_view standing_fields(const field_survey& found) const;
  /// One line of what strangers have done wrong, unless there are too many.
  void log_refusal(log_level level, std::string text);

  void log_failure(std::string_view problem, log_level level = log_level::error) const;

  /// Of one whose client has been answered.
  void log_end_of_handler(const std::exception_ptr& error) const;

  void fit_buffer();

  /// What has come, in the thread's buffer; nothing if one has to wait, and then no buffer either.
  [[nodiscard]] std::optional<std::size_t> read_now(net::detail::input& from);

  /// Before a wait for something else than input.
  void release_buffer() noexcept {
    if (input_.empty() && !in_body_ && buffer_.room().size() == read_buffer::big)
      buffer_.release();
  }

  void received(std::size_t size) noexcept {
    input_ = {buffer_.room().data(), size};
    filled_ = size;
  }

  void set_read_deadline();
  void end_read();
  [[nodiscard]] bool on_nudge() override;

  std::shared_ptr<server_core> core_;
  std::unique_ptr<net::stream> stream_;
  const net::tls_stream* tls_ = nullptr; // the same, if it is one
  request_parser parser_;
  read_buffer buffer_;
  std::size_t filled_ = 0;           // of the buffer
  std::size_t requests_in_read_ = 0; // that one read has brought
  std::string_view input_;           // read and not parsed
  output_buffer out_;                // not yet written
  std::string body_;                 // a big body, to be written behind `out_`

  // The request being worked on. What is needed after the handler has taken the message is kept apart.
  request request_;
  std::string target_;
  method method_ = method::get;
  version version_ = version::http_1_1;
  time_point head_deadline_ = time_point::max();
  time_point body_wait_begun_;
  duration body_waited_ = duration::zero(); // for the current body
  std::size_t requests_ = 0;
  bool keep_alive_ = true;
  bool in_body_ = false;           // its head has come, its end has not
  bool continue_wanted_ = false;   // the client waits for "100 Continue"
  bool must_linger_ = false;       // closing while the client still sends
  bool body_late_ = false;         // its client was too slow
  std::optional<errc> body_error_; // its body is malformed or over a limit

  /// Only with an access log.
  struct access_state {
    access_event event;
    time_point begun;
    bool is_open = false; // there is a request that was not told of yet
  };

  std::unique_ptr<access_state> access_;
  std::uint64_t sent_bytes_ = 0; // of the last answer's body

  // The answer of a server_exchange.
  answer_state answer_ = answer_state::none;
  status sent_status_ = status::ok; // of the last answer
  body_framing framing_ = body_framing::none();
  bool sends_body_ = true;
  bool takes_trailers_ = false; // the client has said so
  std::uint64_t body_left_ = 0; // of a sized body

  // After the handler has left HTTP; the stream is its then.
  std::shared_ptr<upgrade_link> upgraded_;
  std::string upgraded_peer_;

  std::function<void()> on_stop_; // of the handler, before it has left HTTP

  bool waits_idle_ = false; // for the first byte of a request
  idle_mark idle_;          // so, and not for a handshake
  bool flush_wanted_ = false;

  duration watch_pause_ = duration::zero();
  bool in_handler_ = false;
  bool own_wait_ = false;    // in it: for the deadline that is set
  bool client_gone_ = false; // seen while a handler waited
  bool at_end_ = false;      // the client sends nothing more
};

} // namespace actors::http::internal
