#pragma once

#include <actors/core/task.hpp>
#include <actors/http/client.hpp>
#include <actors/http/cookie_jar.hpp>
#include <actors/http/fields.hpp>
#include <actors/http/handler.hpp>
#include <actors/http/message.hpp>
#include <actors/http/multipart.hpp>
#include <actors/http/query.hpp>
#include <actors/http/response_stream.hpp>
#include <actors/http/server_options.hpp>
#include <actors/http/websocket_client.hpp>
#include <actors/testing/deterministic.hpp>
#include <actors/testing/memory_stream.hpp>
#include <actors/web/application.hpp>

#include <nlohmann/json.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

/// Drives an application in the process of its test: no sockets, no ports, and with virtual time no waiting.
///
///     TEST(shop, sells_what_it_has) {
///       auto app = make_shop();
///       test_application(app, [](test_client& client) -> task<void> {
///         const auto made = co_await client.post("/orders", {{"item", "lamp"}});
///         EXPECT_EQ(made.status(), http::status::created);
///         EXPECT_EQ(made.json()["item"], "lamp");
///       });
///     }
///
/// It is a whole client and a whole server (http/client.hpp, http/server.hpp) over streams in memory: what works here
/// works on the wire, with its limits, compression, streaming, WebSockets and cookies. `test_application` runs the body
/// in a deterministic runtime: one thread, virtual time (a handler that waits for an hour costs nothing), and a test
/// that would hang fails. To run it under many schedules call `with_test_client` in `testing::under_every_seed`.
///
/// The application's hooks of startup run before the body, those of shutdown behind it, however it ends; background
/// tasks are waited for.
///
/// Errors: an exception that nothing in the application handles is thrown by the call whose request it ended, unless
/// `raise_errors(false)`: then it is logged and the answer is the 500 that clients see. Everything that the body throws
/// comes out. Ownership: the client is valid inside of the body. One task at a time changes `headers()`; requests may
/// be made by several.
///
/// Cancellation: at once; open requests are given up, as a client that leaves does. Cost: some 50 µs a request.
/// Source: Starlette's TestClient, whose habits it has: redirects are followed, cookies kept, the host is `testserver`.
namespace actors::web {

class test_client_options {
public:
  test_client_options() = default;

  /// What requests say they are for; `testserver`.
  test_client_options& host(std::string value) {
    host_ = std::move(value);
    return *this;
  }

  /// Whether exceptions that nothing handles come out of the test's calls; true.
  test_client_options& raise_errors(bool value) noexcept {
    raise_errors_ = value;
    return *this;
  }

  /// Whether redirects are followed; true.
  test_client_options& follow_redirects(bool value) noexcept {
    follow_redirects_ = value;
    return *this;
  }

  /// The server's limits and habits; where it would listen does not matter.
  test_client_options& server(http::server_options value) {
    server_ = std::move(value);
    return *this;
  }

  /// The connections, such as slow or broken ones; the first end is the client's.
  test_client_options& connections(testing::memory_stream_options value) {
    connections_ = std::move(value);
    return *this;
  }

  [[nodiscard]] const std::string& host() const noexcept { return host_; }

  [[nodiscard]] bool raise_errors() const noexcept { return raise_errors_; }

  [[nodiscard]] bool follow_redirects() const noexcept { return follow_redirects_; }

  [[nodiscard]] const http::server_options& server() const noexcept { return server_; }

  [[nodiscard]] const testing::memory_stream_options& connections() const noexcept { return connections_; }

private:
  std::string host_ = "testserver";
  http::server_options server_;
  testing::memory_stream_options connections_;
  bool raise_errors_ = true;
  bool follow_redirects_ = true;
};

/// An answer as a test looks at it.
class test_response : public http::response {
public:
  explicit test_response(http::response whole) : http::response(std::move(whole)) {}

  /// The body as JSON. @throws http::error `invalid_json`
  [[nodiscard]] nlohmann::json json() const;
};

class test_client {
public:
  test_client(const test_client&) = delete;
  test_client& operator=(const test_client&) = delete;

  /// Targets are paths with their query, or whole URLs.

  [[nodiscard]] task<test_response> get(std::string target);
  [[nodiscard]] task<test_response> head(std::string target);
  [[nodiscard]] task<test_response> options(std::string target);
  [[nodiscard]] task<test_response> del(std::string target);

  /// With a body of JSON.
  [[nodiscard]] task<test_response> post(std::string target, nlohmann::json body);
  [[nodiscard]] task<test_response> put(std::string target, nlohmann::json body);
  [[nodiscard]] task<test_response> patch(std::string target, nlohmann::json body);

  /// With a form.
  [[nodiscard]] task<test_response> post_form(std::string target, const http::query_params& form);

  /// With files.
  [[nodiscard]] task<test_response> post_form(std::string target, http::multipart_form form);

  /// Any request.
  [[nodiscard]] task<test_response> send(http::request what);

  /// Up to the head of the answer; the body comes in pieces.
  [[nodiscard]] task<http::response_stream> open(http::request what);

  /// The target is a path; cookies are sent along.
  [[nodiscard]] task<http::websocket> websocket(std::string target, http::websocket_client_options options = {});

  /// Sent with every request that does not have them itself.
  [[nodiscard]] http::fields& headers() noexcept;

  [[nodiscard]] http::cookie_jar& cookies() noexcept;

  /// For all else that clients can do: `http().get(url("/"))`.
  [[nodiscard]] const http::client& http() const noexcept;

  /// Of a target.
  [[nodiscard]] std::string url(std::string_view target) const;

  /// Throws the oldest exception that was not handled and has not been thrown yet, such as of a stream.
  void throw_error();

  struct state;

  explicit test_client(std::shared_ptr<state> of) noexcept : state_(std::move(of)) {}

private:
  static task<test_response> fetch(std::shared_ptr<state> self, http::request what);
  static task<test_response> post_files(std::shared_ptr<state> self, std::string target, http::multipart_form form);
  static task<http::response_stream> start(std::shared_ptr<state> self, http::request what);
  static task<http::websocket> connect(std::shared_ptr<state> self, std::string target,
                                       http::websocket_client_options options);

  std::shared_ptr<state> state_;
};

using test_body = std::function<task<void>(test_client&)>;

/// Runs the body with a client of the application, which is started and shut down around it.
[[nodiscard]] task<void> with_test_client(application& app, test_body body, test_client_options options = {});

/// The same for any handler.
[[nodiscard]] task<void> with_test_client(http::handler handler, test_body body, test_client_options options = {});

/// The same in a deterministic runtime of its own, from a plain thread. What is logged as a warning or worse fails the
/// test (see testing/deterministic.hpp), exceptions that come out of the client's calls aside.
void test_application(application& app, test_body body, const test_client_options& options = {},
                      const testing::deterministic_options& run = {});

} // namespace actors::web
