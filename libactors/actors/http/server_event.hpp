#pragma once

#include <actors/core/task.hpp>
#include <actors/http/response_stream.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

/// Server-sent events: the format of `text/event-stream`, both ways.
///
///     server_event{.id = "7", .event = "tick", .data = "12:00"}      // to_text(): "id: 7\nevent: tick\ndata:
///     12:00\n\n"
///
///     event_reader news{co_await web.open("http://example.com/news", request{}.set("Accept", "text/event-stream"))};
///     while (auto each = co_await news.next())
///       show(each->event, each->data);
///
/// A client that loses the connection asks again with the field `Last-Event-ID: ` and `news.last_id()`, after
/// `news.retry()`. What a server needs is in <actors/web/event_stream.hpp>.
///
/// Memory: one event, up to a limit. Errors: `error` with `body_too_large` for one beyond it, with `invalid_value` for
/// an event that cannot be written: an id or name with a line break, an id with a NUL. What is not understood is
/// skipped, as the format wants it. Source: WHATWG HTML, "Server-sent events".
namespace actors::http {

struct server_event {
  /// As sent; of one that was read the last id that was sent, whichever event brought it.
  std::string id;
  /// Its name; empty means `message`.
  std::string event;
  /// Any number of lines.
  std::string data;
  /// How long to wait before connecting again.
  std::optional<std::chrono::milliseconds> retry;

  [[nodiscard]] friend bool operator==(const server_event&, const server_event&) = default;
};

/// As it is sent, with the empty line at its end. Without data it changes id and `retry` only, and is no event for the
/// client's program.
[[nodiscard]] std::string to_text(const server_event& event);

/// A comment, which clients skip: for programs between that close silent connections.
[[nodiscard]] std::string event_comment(std::string_view text = {});

/// Takes events out of bytes as they come.
class event_parser {
public:
  /// `max_event` bounds one event in bytes.
  explicit event_parser(std::size_t max_event = std::size_t{1} << 20) noexcept : max_event_(max_event) {}

  /// Takes from the front of the input up to the end of the next event; nothing if the input is used up. @throws error
  [[nodiscard]] std::optional<server_event> next(std::string_view& input);

  [[nodiscard]] const std::string& last_id() const noexcept { return last_id_; }

  /// What the server has wished for, if it has.
  [[nodiscard]] std::optional<std::chrono::milliseconds> retry() const noexcept { return retry_; }

private:
  void take_line(std::string_view line);
  [[nodiscard]] std::optional<server_event> dispatch();

  std::size_t max_event_;
  std::string line_; // as far as it has come
  std::string id_;
  std::string last_id_;
  std::string event_;
  std::string data_;
  std::optional<std::chrono::milliseconds> retry_;
  bool has_data_ = false;
  bool after_cr_ = false;
  bool at_start_ = true;
};

/// The events of a response. One task at a time.
class event_reader {
public:
  explicit event_reader(response_stream from, std::size_t max_event = std::size_t{1} << 20)
      : stream_(std::move(from)), parser_(max_event) {}

  /// Nothing at the end. @throws error, client_error
  [[nodiscard]] task<std::optional<server_event>> next();

  [[nodiscard]] const std::string& last_id() const noexcept { return parser_.last_id(); }

  [[nodiscard]] std::optional<std::chrono::milliseconds> retry() const noexcept { return parser_.retry(); }

  [[nodiscard]] response_stream& stream() noexcept { return stream_; }

private:
  response_stream stream_;
  event_parser parser_;
  std::string_view input_; // of the stream, until it is read again
};

} // namespace actors::http
