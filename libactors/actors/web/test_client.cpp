#include <actors/web/test_client.hpp>

#include <actors/core/cleanup.hpp>
#include <actors/core/error.hpp>
#include <actors/core/log.hpp>
#include <actors/core/task_group.hpp>
#include <actors/core/this_task.hpp>
#include <actors/http/error.hpp>
#include <actors/http/form.hpp>
#include <actors/http/json.hpp>
#include <actors/http/server.hpp>
#include <actors/http/websocket_error.hpp>
#include <actors/net/error.hpp>
#include <actors/sync/queue.hpp>

#include <atomic>
#include <chrono>
#include <deque>
#include <exception>
#include <mutex>

namespace actors::web {

namespace {

/// Exceptions of the server's side, until the test has them.
class recorded_errors {
public:
  void add(std::exception_ptr error) {
    const std::scoped_lock guard{mutex_};
    errors_.push_back(std::move(error));
  }

  void throw_first() {
    std::exception_ptr first;
    {
      const std::scoped_lock guard{mutex_};
      if (errors_.empty())
        return;
      first = std::move(errors_.front());
      errors_.pop_front();
    }
    std::rethrow_exception(first);
  }

private:
  std::mutex mutex_;
  std::deque<std::exception_ptr> errors_;
};

/// The server's log, whose errors are thrown.
class silent_log final : public log_sink {
public:
  void write(const log_record&) noexcept override {}
};

/// What tells of the peer, which the server deals with itself.
bool is_about_the_peer(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const net::net_error&) {
    return true;
  } catch (const http::error&) {
    return true;
  } catch (const http::websocket_error&) {
    return true;
  } catch (...) {
    return false;
  }
}

task<void> call(const http::detail::handler_base& inner, http::server_exchange& x) {
  using form = http::detail::handler_form;
  if (inner.form() == form::exchange) {
    co_await inner.serve(x);
    co_return;
  }
  auto whole = x.head();
  auto body = co_await x.read_all();
  whole.set_body(std::move(body));
  http::response answer;
  if (inner.form() == form::plain)
    answer = inner.answer(std::move(whole));
  else
    answer = co_await inner.answer_later(std::move(whole));
  co_await x.send(std::move(answer));
}

/// Notes what a handler throws.
http::handler watched(http::handler inner, std::shared_ptr<recorded_errors> errors) {
  return [inner = std::move(inner), errors = std::move(errors)](http::server_exchange& x) -> task<void> {
    std::exception_ptr problem;
    try {
      co_await call(inner.function(), x);
    } catch (const std::exception&) {
      problem = std::current_exception();
    }
    if (!problem)
      co_return;
    if (!is_about_the_peer(problem))
      errors->add(problem);
    std::rethrow_exception(problem);
  };
}

} // namespace

struct test_client::state {
  state(http::handler handler, test_client_options of, std::shared_ptr<recorded_errors> shared_errors)
      : settings(std::move(of)), errors(std::move(shared_errors)),
        jar(std::make_shared<http::cookie_jar>(http::cookie_jar_limits{},
                                               [this] { return born + std::chrono::seconds{lived.load()}; })),
        server(settings.raise_errors() ? watched(std::move(handler), errors) : std::move(handler),
               server_options_of(settings)),
        client(client_options()) {}

  static http::server_options server_options_of(const test_client_options& settings) {
    auto result = settings.server();
    if (settings.raise_errors())
      result.log_to(std::make_shared<silent_log>());
    return result;
  }

  [[nodiscard]] http::client_options::connector connector() {
    // The connections are those of this object, which outlives its client.
    return [this](std::string, std::uint16_t) -> task<std::unique_ptr<net::stream>> {
      auto ends = testing::make_memory_streams(settings.connections());
      auto putting = connections.put(std::move(ends.second));
      co_await std::move(putting);
      co_return std::move(ends.first);
    };
  }

  [[nodiscard]] http::client_options client_options() {
    // Time is virtual: what hangs is found by the run, and no limit of the client's is in the way of slow handlers.
    return http::client_options{}
        .connect_with(connector())
        .cookies(jar)
        .follow_redirects(settings.follow_redirects())
        .idle_timeout(forever)
        .total_timeout(forever)
        .user_agent("testclient");
  }

  [[nodiscard]] std::string url(std::string_view target) const {
    return (target.find("://") == std::string_view::npos ? "http://" + settings.host() : "") + std::string{target};
  }

  /// Cookies end in the time of the test.
  [[nodiscard]] task<void> look_at_clock() {
    const auto now = (co_await this_task()).now();
    if (!began)
      began = now;
    lived = std::chrono::duration_cast<std::chrono::seconds>(now - *began).count();
  }

  void add_headers(http::request& to) const {
    for (const auto [name, value] : headers)
      if (!to.fields().contains(name))
        to.add(name, value);
  }

  test_client_options settings;
  http::fields headers;
  std::shared_ptr<recorded_errors> errors;
  std::chrono::sys_seconds born = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  std::optional<time_point> began;
  std::atomic<std::int64_t> lived = 0;
  std::shared_ptr<http::cookie_jar> jar;
  sync::queue<std::unique_ptr<net::stream>> connections;
  http::server server;
  http::client client;
};

nlohmann::json test_response::json() const {
  return http::parse_json(*this);
}

// -- requests ------------------------------------------------------------------------------------------------------------

task<test_response> test_client::fetch(std::shared_ptr<state> self, http::request what) {
  co_await self->look_at_clock();
  self->add_headers(what);
  const auto where = self->url(what.target());
  http::response answer;
  std::exception_ptr problem;
  try {
    answer = co_await self->client.send(where, std::move(what));
  } catch (const std::exception&) {
    problem = std::current_exception();
  }
  self->errors->throw_first();
  if (problem)
    std::rethrow_exception(problem);
  co_return test_response{std::move(answer)};
}

task<test_response> test_client::post_files(std::shared_ptr<state> self, std::string target,
                                            http::multipart_form form) {
  co_await self->look_at_clock();
  auto what = form.make_request();
  self->add_headers(what);
  const auto where = self->url(target);
  http::response answer;
  std::exception_ptr problem;
  try {
    auto body = co_await std::move(form).body();
    answer = co_await self->client.send(where, std::move(what), std::move(body));
  } catch (const std::exception&) {
    problem = std::current_exception();
  }
  self->errors->throw_first();
  if (problem)
    std::rethrow_exception(problem);
  co_return test_response{std::move(answer)};
}

task<http::response_stream> test_client::start(std::shared_ptr<state> self, http::request what) {
  co_await self->look_at_clock();
  self->add_headers(what);
  const auto where = self->url(what.target());
  http::response_stream answer;
  std::exception_ptr problem;
  try {
    answer = co_await self->client.open(where, std::move(what));
  } catch (const std::exception&) {
    problem = std::current_exception();
  }
  self->errors->throw_first();
  if (problem)
    std::rethrow_exception(problem);
  co_return std::move(answer);
}

task<http::websocket> test_client::connect(std::shared_ptr<state> self, std::string target,
                                           http::websocket_client_options options) {
  co_await self->look_at_clock();
  for (const auto [name, value] : self->headers)
    if (!options.headers().contains(name))
      options.header(name, value);
  if (const auto cookies = self->jar->field_for(http::url::parse(self->url(target)));
      !cookies.empty() && !options.headers().contains("Cookie"))
    options.header("Cookie", cookies);
  options.connect_with(self->connector()).handshake_timeout(forever);
  const auto where = "ws" + self->url(target).substr(4);
  std::optional<http::websocket> socket;
  std::exception_ptr problem;
  try {
    socket = co_await http::connect_websocket(where, std::move(options));
  } catch (const std::exception&) {
    problem = std::current_exception();
  }
  self->errors->throw_first();
  if (problem)
    std::rethrow_exception(problem);
  co_return std::move(*socket);
}

task<test_response> test_client::get(std::string target) {
  return fetch(state_, http::request{http::method::get, std::move(target)});
}

task<test_response> test_client::head(std::string target) {
  return fetch(state_, http::request{http::method::head, std::move(target)});
}

task<test_response> test_client::options(std::string target) {
  return fetch(state_, http::request{http::method::options, std::move(target)});
}

task<test_response> test_client::del(std::string target) {
  return fetch(state_, http::request{http::method::delete_, std::move(target)});
}

task<test_response> test_client::post(std::string target, nlohmann::json body) {
  return fetch(state_, http::json_request(http::method::post, body).set_target(std::move(target)));
}

task<test_response> test_client::put(std::string target, nlohmann::json body) {
  return fetch(state_, http::json_request(http::method::put, body).set_target(std::move(target)));
}

task<test_response> test_client::patch(std::string target, nlohmann::json body) {
  return fetch(state_, http::json_request(http::method::patch, body).set_target(std::move(target)));
}

task<test_response> test_client::post_form(std::string target, const http::query_params& form) {
  return fetch(state_, http::form_request(form).set_target(std::move(target)));
}

task<test_response> test_client::post_form(std::string target, http::multipart_form form) {
  return post_files(state_, std::move(target), std::move(form));
}

task<test_response> test_client::send(http::request what) {
  return fetch(state_, std::move(what));
}

task<http::response_stream> test_client::open(http::request what) {
  return start(state_, std::move(what));
}

task<http::websocket> test_client::websocket(std::string target, http::websocket_client_options options) {
  return connect(state_, std::move(target), std::move(options));
}

http::fields& test_client::headers() noexcept {
  return state_->headers;
}

http::cookie_jar& test_client::cookies() noexcept {
  return *state_->jar;
}

const http::client& test_client::http() const noexcept {
  return state_->client;
}

std::string test_client::url(std::string_view target) const {
  return state_->url(target);
}

void test_client::throw_error() {
  state_->errors->throw_first();
}

// -- around the body -----------------------------------------------------------------------------------------------------

namespace {

task<void> serve(test_client::state* self, std::unique_ptr<net::stream> connection) {
  try {
    co_await self->server.serve(std::move(connection));
  } catch (const std::exception&) {
    if (auto problem = std::current_exception(); !is_about_the_peer(problem))
      self->errors->add(std::move(problem));
  }
}

task<void> serve_all(task_group* group, test_client::state* self) {
  for (;;) {
    auto connection = co_await self->connections.get();
    group->spawn(serve(self, std::move(connection)));
  }
}

/// The body inside of the group that serves its connections. What it throws is for its caller, and no failure of the
/// group.
task<void> live(task_group& group, test_client::state* self, test_client* client, const test_body* body,
                std::exception_ptr* problem) {
  group.spawn(serve_all(&group, self));
  try {
    auto pending = (*body)(*client);
    co_await std::move(pending);
  } catch (...) {
    *problem = std::current_exception();
  }
  self->client.close_idle();
  group.cancel();
}

task<void> run_with(std::shared_ptr<test_client::state> self, test_body body) {
  test_client client{self};
  std::exception_ptr problem;
  auto living = with_task_group(live, self.get(), &client, &body, &problem);
  co_await std::move(living);
  if (problem)
    std::rethrow_exception(problem);
}

task<void> run_application(application* app, test_body body, test_client_options options) {
  auto errors = std::make_shared<recorded_errors>();
  if (options.raise_errors())
    app->on_unhandled([weak = std::weak_ptr{errors}](const std::exception_ptr& error) {
      const auto to = weak.lock();
      if (to)
        to->add(error);
      return to != nullptr;
    });
  co_await app->startup();
  std::exception_ptr problem;
  try {
    auto running =
        run_with(std::make_shared<test_client::state>(app->handler(), std::move(options), errors), std::move(body));
    co_await std::move(running);
  } catch (...) {
    problem = std::current_exception();
  }
  auto ending = app->shutdown();
  co_await std::move(ending);
  if (problem)
    std::rethrow_exception(problem);
}

} // namespace

task<void> with_test_client(application& app, test_body body, test_client_options options) {
  return run_application(&app, std::move(body), std::move(options));
}

task<void> with_test_client(http::handler handler, test_body body, test_client_options options) {
  return run_with(
      std::make_shared<test_client::state>(std::move(handler), std::move(options), std::make_shared<recorded_errors>()),
      std::move(body));
}

void test_application(application& app, test_body body, const test_client_options& options,
                      const testing::deterministic_options& run) {
  testing::run_deterministic(
      1, [&app, body = std::move(body), options] { return with_test_client(app, body, options); }, run);
}

} // namespace actors::web
