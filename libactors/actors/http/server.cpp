#include <actors/http/server.hpp>

#include <actors/core/error.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_handle.hpp>
#include <actors/core/this_task.hpp>
#include <actors/core/wait.hpp>
#include <actors/http/internal/server_connection.hpp>
#include <actors/http/internal/server_core.hpp>
#include <actors/net/serve.hpp>
#include <actors/net/tcp_listener.hpp>

#include <utility>
#include <vector>

namespace actors::http {

using internal::server_connection;
using internal::server_core;

struct server::state {
  state(handler function, server_options options)
      : core(std::make_shared<server_core>(std::move(function), std::move(options))) {}

  std::shared_ptr<server_core> core;
  std::unique_ptr<net::tcp_listener> listener;
  task_handle<void> serving;
};

namespace {

/// The accept loop. Keeps the listener, because the task may outlive the server object.
task<void> accept_all(std::shared_ptr<void> owner, net::listener& source, std::shared_ptr<server_core> core) {
  static_cast<void>(owner);
  const auto max = core->options().max_connections();
  net::connection_handler each = [core](std::unique_ptr<net::stream> stream) {
    return server_connection::run(core, std::move(stream));
  };
  co_await net::serve(source, std::move(each), net::serve_options{}.max_connections(max).name("http connection"));
}

} // namespace

server::server(handler function, server_options options)
    : state_(std::make_shared<state>(std::move(function), std::move(options))) {}

server::~server() {
  if (!state_->serving || state_->serving.done())
    return;
  state_->core->begin_stop();
  state_->listener->close();
  state_->serving.cancel("the http server was destroyed");
}

task<void> server::start() {
  const auto self = state_;
  if (self->listener)
    throw misuse_error("an http server was started twice");
  const auto& options = self->core->options();
  self->listener =
      co_await net::listen_tcp(options.host(), options.port(), net::listen_options{}.backlog(options.backlog()));
  self->serving = spawn(accept_all(self, *self->listener, self->core), spawn_options{}.name("http server"));
}

task<void> server::join() {
  const auto serving = state_->serving;
  if (!serving)
    throw misuse_error("an http server was joined before it was started");
  std::vector<task_handle<void>> waited{serving};
  co_await wait(std::move(waited));
}

task<void> server::stop(duration grace) {
  const auto self = state_;
  if (!self->serving)
    co_return;
  self->core->begin_stop();
  self->listener->close();
  std::vector<task_handle<void>> waited{self->serving};
  co_await wait(waited, until::all_completed, grace);
  if (self->serving.cancel("the http server stops"))
    co_await wait(std::move(waited));
}

task<void> server::serve(std::unique_ptr<net::stream> connection) {
  return server_connection::run(state_->core, std::move(connection));
}

std::uint16_t server::port() const {
  return state_->listener ? state_->listener->local_endpoint().port() : std::uint16_t{0};
}

std::string server::url() const {
  return state_->listener ? "http://" + state_->listener->local() : std::string{};
}

std::size_t server::connections() const {
  return state_->core->connections();
}

} // namespace actors::http
