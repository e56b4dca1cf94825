#include <actors/web/application_server.hpp>

#include <actors/core/error.hpp>
#include <actors/http/server.hpp>

#include <exception>
#include <utility>

namespace actors::web {

struct application_server::state {
  state(application app_arg, http::server_options options)
      : app(std::move(app_arg)), server(app.handler(), std::move(options)) {}

  application app;
  http::server server;
  duration grace = std::chrono::seconds(10);
  bool runs = false;
};

application_server::application_server(application app, http::server_options options)
    : state_(std::make_unique<state>(std::move(app), std::move(options))) {}

application_server::~application_server() = default;

application_server& application_server::grace(duration value) noexcept {
  state_->grace = value;
  return *this;
}

task<void> application_server::start() {
  co_await state_->app.startup();
  std::exception_ptr problem;
  try {
    co_await state_->server.start();
  } catch (...) {
    problem = std::current_exception();
  }
  state_->runs = true;
  if (problem) {
    state_->runs = false;
    co_await state_->app.shutdown(state_->grace);
    std::rethrow_exception(problem);
  }
}

task<void> application_server::join() {
  std::exception_ptr ended;
  try {
    co_await state_->server.join();
  } catch (...) {
    ended = std::current_exception();
  }
  co_await stop();
  if (ended)
    std::rethrow_exception(ended);
}

task<void> application_server::stop() {
  if (!std::exchange(state_->runs, false))
    co_return;
  std::exception_ptr problem;
  try {
    co_await state_->server.stop(state_->grace);
  } catch (...) {
    problem = std::current_exception();
  }
  co_await state_->app.shutdown(state_->grace);
  if (problem)
    std::rethrow_exception(problem);
}

std::string application_server::url() const {
  return state_->server.url();
}

std::uint16_t application_server::port() const {
  return state_->server.port();
}

} // namespace actors::web
