#pragma once

#include <actors/core/task.hpp>
#include <actors/http/fields.hpp>
#include <actors/http/message.hpp>

#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

/// What a handler or a middleware gives back: a whole answer, the head of one whose body follows in pieces, or word
/// that the request has been answered otherwise.
///
///     return reply::streamed(http::response{http::status::ok}.set("Content-Type", "text/plain"),
///                            [](body_writer& out) -> task<void> {
///                              for (int i = 0; i < 1000; ++i)
///                                co_await out.write(std::to_string(i) + "\n");   // waits while the client is slow
///                            });
///
/// Nothing of it is sent before all middleware has returned: until then head and body may be changed or replaced. The
/// body of a streamed one is called after that, once, or not at all if the request was HEAD or the client has left.
///
/// Ownership: a value; the body's function is kept until it has returned, captures and all. Errors: what the body's
/// function throws cuts the connection, so that the client sees that something is missing, and is logged.
/// Cancellation: that of the request reaches the body's function, a client that leaves included.
namespace actors::web {

/// Where the body of a streamed answer goes.
class body_writer {
public:
  body_writer() = default;
  body_writer(const body_writer&) = delete;
  body_writer& operator=(const body_writer&) = delete;

  /// Sends a piece and waits until the system has taken it.
  [[nodiscard]] virtual task<void> write(std::string_view piece) = 0;

  /// Ends the body, which returning does too, with trailer fields (see http::server_exchange::finish).
  [[nodiscard]] virtual task<void> finish(http::fields trailers) = 0;

protected:
  ~body_writer() = default;
};

class reply {
public:
  using body_function = std::function<task<void>(body_writer&)>;

  /// 200 without a body.
  reply() = default;

  reply(http::response whole) : head_(std::move(whole)) {} // NOLINT(google-explicit-constructor): an answer is one

  /// `body` is called after all middleware has returned.
  [[nodiscard]] static reply streamed(http::response head, body_function body) {
    reply result{std::move(head)};
    result.body_ = std::move(body);
    result.form_ = form::streamed;
    return result;
  }

  /// The request has been answered by its exchange, or left HTTP.
  [[nodiscard]] static reply taken_over() {
    reply result;
    result.form_ = form::taken_over;
    return result;
  }

  /// Status, fields, and the body if it is whole.
  [[nodiscard]] http::response& head() noexcept { return head_; }

  [[nodiscard]] const http::response& head() const noexcept { return head_; }

  [[nodiscard]] bool is_streamed() const noexcept { return form_ == form::streamed; }

  [[nodiscard]] bool is_taken_over() const noexcept { return form_ == form::taken_over; }

  /// Of one that is streamed: for middleware that puts its own around it.
  [[nodiscard]] body_function& body() noexcept { return body_; }

private:
  enum class form : std::uint8_t { whole, streamed, taken_over };

  http::response head_;
  body_function body_;
  form form_ = form::whole;
};

} // namespace actors::web
