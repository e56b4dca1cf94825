#pragma once

#include <actors/http/error.hpp>
#include <actors/http/fields.hpp>
#include <actors/http/limits.hpp>
#include <actors/http/message.hpp>

#include <llhttp.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace actors::http::internal {

/// What `parser::next` came upon.
enum class parse_event : std::uint8_t {
  more,     ///< all input is consumed, more is needed
  head,     ///< `head()` is there, without its body
  body,     ///< `body()` is the next piece, a view into the input
  complete, ///< the message is complete; what is left of the input belongs to the next one (or the next protocol)
  end,      ///< from `finish()`: the stream ended between messages
  failed,   ///< see `failure()`; the connection is unusable
};

/// Why parsing failed.
struct parse_failure {
  errc kind = errc::bad_start_line;
  std::string message;
  /// For `truncated`: how many body bytes did not come, if that is known; of a chunked body those of the current chunk.
  std::optional<std::uint64_t> missing;
};

/// Incremental HTTP/1 parser: bytes in, events out, one message at a time, no callbacks, so that coroutine code reads
/// as a loop:
///
///     for (;;) {
///       switch (p.next(input)) {                      // takes what it understood off the front of the input
///         case parse_event::more: input = co_await read_more(); break;   // at the end of the stream: p.finish()
///         case parse_event::head: request = std::move(p.head()); break;
///         case parse_event::body: request.body().append(p.body()); break;
///         case parse_event::complete: co_return request; // input may already hold the next request: leave it to the
///         next call
///         ...
///
/// Strict: what RFC 9112 calls malformed or suspicious fails, see `errc`; so do all limits, at the same byte however
/// the input is split. Only the framing that llhttp calls strict is accepted, and the checks that it leaves to its user
/// are made here: Host, Transfer-Encoding (only `chunked`, once, HTTP/1.1), version, form of the target, single spaces
/// in the request line, extensions and digits of chunks, empty space without end (`request_rules`). Responses to HEAD
/// and those with 1xx, 204 and 304 have no body. Interim (1xx) responses are messages of their own.
///
/// The head is owned by the parser and overwritten by the next message; move it out, or leave it (or give it back with
/// `recycle`), and its buffers are used again. No other memory is taken: with a recycled head a message costs no
/// allocation. Source: RFC 9112; llhttp 9.
template <class Message>
class parser {
public:
  explicit parser(const message_limits& limits = {});
  parser(const parser&) = delete;
  parser& operator=(const parser&) = delete;
  ~parser() = default;

  /// Parses up to the next event and removes what it consumed from the front of `input`. After `complete` begins the
  /// next message. May be called with an empty input: it then tells what is known already.
  [[nodiscard]] parse_event next(std::string_view& input);

  /// To be called at the end of the stream, when `next` has returned `more`: `end`, `complete` (a body that lasts until
  /// the end of the stream) or `failed` (truncated).
  [[nodiscard]] parse_event finish();

  /// Collects the body in `head().body()` and returns `complete`, `more` or `failed`.
  [[nodiscard]] parse_event next_whole(std::string_view& input);

  /// Which request the following responses answer: those to HEAD have no body, a 2xx to CONNECT ends HTTP. Holds until
  /// changed.
  void expect_response_to(method value) noexcept
    requires(std::is_same_v<Message, response>)
  {
    answered_ = value;
  }

  /// Another body limit for the current message; to be set on `head`. The declared length was checked against the old
  /// one.
  void set_body_limit(std::uint64_t value) noexcept { body_limit_ = value; }

  /// From `head` on.
  [[nodiscard]] Message& head() noexcept { return head_; }

  /// On `body`.
  [[nodiscard]] std::string_view body() const noexcept { return piece_; }

  /// On `complete`: the fields after a chunked body.
  [[nodiscard]] const fields& trailers() const noexcept { return trailers_; }

  /// From `head` on: the size of the body, if it is known; 0 if there is none.
  [[nodiscard]] std::optional<std::uint64_t> content_length() const noexcept;

  /// From `head` on: how much of the body has come.
  [[nodiscard]] std::uint64_t body_received() const noexcept { return received_; }

  /// From `head` on: whether the connection may carry another message after this one.
  [[nodiscard]] bool keep_alive() const noexcept { return keep_alive_; }

  /// From `head` on: a request that asks for another protocol (a server that does not want it just goes on), or a
  /// response that starts it. On `complete` the rest of the input is in that protocol.
  [[nodiscard]] bool upgrade() const noexcept { return upgrade_; }

  /// Whether nothing of a next message has come yet, so that closing the connection loses nothing.
  [[nodiscard]] bool idle() const noexcept { return phase_ == phase::idle || phase_ == phase::done; }

  /// On `failed`.
  [[nodiscard]] const parse_failure& failure() const noexcept { return failure_; }

  /// Gives the memory of a message that is no longer needed back: its texts to the next one, its fields to whichever
  /// connection of the thread needs some next.
  void recycle(Message&& spent) noexcept;

  /// The same for the head, if it is no longer needed.
  void recycle() noexcept;

private:
  struct callbacks;

  enum class phase : std::uint8_t {
    idle,
    head,
    no_body,
    sized_body,
    chunked_body,
    trailers,
    endless_body,
    done,
    failed
  };

  void begin_message() noexcept;
  int on_head_complete();
  void on_name_complete();
  void copy_field();
  int on_field_complete();
  int on_start_text(const char* at, std::size_t size);
  int on_field_text(const char* at, std::size_t size, bool is_name);
  int on_body(const char* at, std::size_t size);
  int on_chunk_header();
  int on_version_text(const char* at);
  int on_extension_text(std::size_t size);
  int on_extension_part();
  int check_framing();
  [[nodiscard]] bool skip_blank_lines(std::string_view& input);
  void keep_last(const char* at, std::size_t size) noexcept;
  [[nodiscard]] bool check_chunk_size() const noexcept;
  [[nodiscard]] bool account(std::size_t consumed);
  int fail(errc kind, std::string message);
  parse_event fail_with_llhttp(llhttp_errno_t code, const char* begin, const char* end);

  [[nodiscard]] fields& section() noexcept { return phase_ == phase::trailers ? trailers_ : head_.fields(); }

  llhttp_t llhttp_;

  // What every message needs lies together, so that a connection that was silent brings few lines into the cache.
  parse_event event_ = parse_event::more;
  phase phase_ = phase::idle;
  method answered_ = method::get;
  bool is_complete_ = false; // the end came with the head and is still to be told
  bool blank_cr_ = false;    // the CR of an empty line before a request
  bool has_version_ = false; // has begun
  bool in_field_ = false;
  bool has_name_ = false;  // the current field's, whole
  bool is_copied_ = false; // what has come of it
  bool keep_alive_ = false;
  bool upgrade_ = false;
  bool has_trailers_ = false; // from this message
  std::uint8_t host_fields_ = 0;
  std::uint8_t coding_fields_ = 0;
  std::uint32_t field_count_ = 0;
  std::size_t field_bytes_ = 0; // as limits count them
  std::string_view name_;       // of the current field, in the input
  std::string_view value_;
  std::size_t field_offset_ = 0; // of a copied one in its section
  std::size_t name_size_ = 0;
  std::uint64_t message_bytes_ = 0; // consumed since the message began, for error messages
  std::uint64_t silent_bytes_ = 0;  // consumed since the last event, pieces of the body not counted
  std::uint64_t body_limit_ = 0;
  std::uint64_t expected_ = 0;        // of a sized body
  std::uint64_t received_ = 0;        // of the body
  const char* input_begin_ = nullptr; // of the current call
  std::size_t input_size_ = 0;
  message_limits limits_;
  std::string_view piece_;
  Message head_;

  // Chunked bodies only, counted from their heads on.
  bool has_extension_ = false;        // since the last event
  std::uint64_t chunk_left_ = 0;      // of the current chunk
  std::uint64_t extension_bytes_ = 0; // of all chunks of the message
  std::uint64_t extension_part_ = 0;  // of the current name or value
  fields trailers_;

  std::array<char, 5> last_{}; // bytes of a request line that has not ended yet
  parse_failure failure_;
};

extern template class parser<request>;
extern template class parser<response>;

using request_parser = parser<request>;
using response_parser = parser<response>;

} // namespace actors::http::internal
