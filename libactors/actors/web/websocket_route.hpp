#pragma once

#include <actors/core/task.hpp>
#include <actors/http/websocket.hpp>
#include <actors/web/detail/endpoint_base.hpp>
#include <actors/web/detail/signature.hpp>
#include <actors/web/parameter.hpp>

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

// GCC 12 complains that frames of coroutines hold types that only one file can name.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

/// WebSockets as routes: a handler with an `http::websocket&` among its parameters, which are those of any handler.
///
///     task<void> echo(http::websocket& socket, path<"room", std::string> room, depends<current_user> who) {
///       while (auto message = co_await socket.receive())
///         co_await socket.send(std::move(*message));
///     }
///
///     app.websocket("/rooms/{room}", echo);
///
/// The handshake is answered when all other parameters are there: what a dependency throws is still an answer of HTTP,
/// and parameters that are wrong are 403 with what is wrong with them. When the handler returns the WebSocket is closed
/// with 1000, when it throws with 1011, and that is logged. Dependencies are torn down after that.
///
/// A path may have a route for WebSockets beside others; requests that ask for none do not see it.
namespace actors::web {

template <>
struct parameter_traits<http::websocket> {
  static constexpr auto source = value_source::request;
  static constexpr auto needs = body_need::none;

  struct held {
    std::optional<http::websocket> it;
  };

  /// Answers the handshake, if nothing was wrong before.
  static task<bool> read(request_reader& from, held& into);

  static http::websocket& give(held& from) noexcept { return *from.it; }

  static void describe(operation&) {}
};

namespace detail {

class websocket_endpoint : public endpoint_base {
public:
  explicit websocket_endpoint(http::websocket_options options) : options_(std::move(options)) {}

  [[nodiscard]] task<reply> answer_later(context& c) const override;

protected:
  /// Reads the parameters and calls the handler; false if the parameters are wrong.
  [[nodiscard]] virtual task<bool> run(request_reader& from) const = 0;

  /// Begins to close it with 1011, if the exception under way is one of the handler's own.
  static void close_after_failure(context& c);

private:
  http::websocket_options options_;
};

template <class F>
class websocket_endpoint_of final : public websocket_endpoint {
  using arguments = arguments_for<F>;

  static_assert(std::is_same_v<typename signature<F>::result, task<void>>, "a handler of WebSockets is a task<void>");
  static_assert(arguments::waits, "a handler of WebSockets has a parameter http::websocket&");

public:
  websocket_endpoint_of(F function, http::websocket_options options)
      : websocket_endpoint(std::move(options)), function_(std::move(function)) {}

  void path_names(std::vector<std::string_view>& to) const override { arguments::path_names(to); }

private:
  [[nodiscard]] task<bool> run(request_reader& from) const override {
    arguments all;
    auto reading = arguments::read_later(all, from);
    const bool ok = co_await std::move(reading);
    if (!ok)
      co_return false;
    auto pending = all.call(function_);
    try {
      co_await std::move(pending);
    } catch (...) {
      close_after_failure(from.of()); // while the WebSocket is there
      throw;
    }
    co_return true;
  }

  F function_;
};

template <class F>
[[nodiscard]] std::shared_ptr<const endpoint_base> make_websocket_endpoint(F function,
                                                                           http::websocket_options options) {
  return std::make_shared<const websocket_endpoint_of<F>>(std::move(function), std::move(options));
}

} // namespace detail

} // namespace actors::web

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
