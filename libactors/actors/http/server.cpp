#include <actors/http/server.hpp>

#include <actors/core/detail/at_end.hpp>
#include <actors/core/detail/io_worker.hpp>
#include <actors/core/error.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_handle.hpp>
#include <actors/core/this_task.hpp>
#include <actors/core/timeout.hpp>
#include <actors/core/wait.hpp>
#include <actors/http/date.hpp>
#include <actors/http/internal/server_connection.hpp>
#include <actors/http/internal/server_core.hpp>
#include <actors/net/detail/linger.hpp>
#include <actors/net/error.hpp>
#include <actors/net/serve.hpp>
#include <actors/net/tcp_listener.hpp>
#include <actors/net/tls_stream.hpp>
#include <actors/net/unix_stream.hpp>

#include <chrono>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace actors::http {

using internal::server_connection;
using internal::server_core;

struct server::state {
  state(handler function, server_options options)
      : core(std::make_shared<server_core>(std::move(function), std::move(options))) {
    // It is written without a further look.
    if (const auto& name = core->options().server_name(); !name.empty())
      fields{}.set("Server", name);
  }

  void close_listeners() const noexcept {
    for (const auto& each : listeners)
      each->close();
  }

  std::shared_ptr<server_core> core;
  std::vector<std::unique_ptr<net::listener>> listeners;
  net::tcp_listener* tcp = nullptr; // the first that is one
  task_handle<void> serving;
};

namespace {

/// How many connections may be told at a time that the server is full. More wait.
constexpr std::size_t max_turned_away = 64;

/// A connection that was asked to end does so as soon as its worker has time for it.
constexpr auto longest_wait_for_room = std::chrono::seconds(1);

std::size_t saturating_sum(std::size_t a, std::size_t b) noexcept {
  return a > std::numeric_limits<std::size_t>::max() - b ? std::numeric_limits<std::size_t>::max() : a + b;
}

task<void> say(std::unique_ptr<net::stream> client, std::shared_ptr<server_core> core, std::string_view text) {
  if (const auto& secured = core->options().tls())
    client = co_await net::tls_server_handshake(std::move(client), *secured);
  co_await client->write_all(text);
  co_await net::detail::linger(*client);
}

task<void> turn_away(std::shared_ptr<server_core> core, std::unique_ptr<net::stream> client) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const std::string text = "HTTP/1.1 503 Service Unavailable\r\nDate: " + format_date(now) +
                           "\r\nRetry-After: " + std::to_string(core->options().retry_after().count()) +
                           "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  try {
    co_await with_timeout(std::chrono::seconds(2), say(std::move(client), core, text));
  } catch (const timeout_error&) {
  } catch (const net::net_error&) { // it has left, or did not speak TLS
  }
}

void log_full(server_core& core, const actors::detail::task_context& context, time_point now) {
  if (core.may_log_full(now))
    core.log(context).write({log_level::warning, "http",
                             "the limit of connections, " + std::to_string(core.options().max_connections()) +
                                 ", is reached: those that are idle are closed for new clients"});
}

/// For a server that refuses: waits only for room that is coming.
task<void> serve_or_refuse(std::shared_ptr<server_core> core, std::unique_ptr<net::stream> client) {
  const auto room = core->room();
  bool has_room = room->try_acquire();
  if (!has_room) {
    auto& context = co_await actors::detail::current_context{};
    const auto now = actors::detail::now_of(actors::detail::core_of(context));
    log_full(*core, context, now);
    if (core->close_idle(room->waiting(), now)) {
      auto acquired = room->acquire();
      has_room = co_await move_on_after(longest_wait_for_room, std::move(acquired));
    }
  }
  if (!has_room) {
    co_await turn_away(std::move(core), std::move(client));
    co_return;
  }
  const actors::detail::at_end give_back([&room] { room->release(); });
  co_await server_connection::run(std::move(core), std::move(client));
}

task<void> accept_from(net::listener& source, std::shared_ptr<server_core> core) {
  auto& context = co_await actors::detail::current_context{};
  auto options = net::serve_options{}.name("http connection");
  net::connection_handler each;
  if (core->options().refuses_when_full()) {
    options.max_connections(saturating_sum(core->options().max_connections(), max_turned_away));
    each = [core](std::unique_ptr<net::stream> stream) { return serve_or_refuse(core, std::move(stream)); };
  } else {
    options.max_connections(std::numeric_limits<std::size_t>::max()).room(core->room());
    options.on_full([core, &context]() -> std::shared_ptr<const void> {
      log_full(*core, context, actors::detail::now_of(actors::detail::core_of(context)));
      return std::make_shared<server_core::newcomer>(core);
    });
    each = [core](std::unique_ptr<net::stream> stream) { return server_connection::run(core, std::move(stream)); };
  }
  co_await net::serve(source, std::move(each), std::move(options));
}

/// The accept loops. Keeps the listeners, because the task may outlive the server object.
task<void> accept_all(std::shared_ptr<void> owner, const std::vector<std::unique_ptr<net::listener>>& sources,
                      std::shared_ptr<server_core> core) {
  static_cast<void>(owner);
  if (sources.size() == 1) {
    co_await accept_from(*sources.front(), std::move(core));
    co_return;
  }
  std::vector<task<void>> loops;
  for (const auto& source : sources)
    loops.push_back(accept_from(*source, core));
  co_await gather(std::move(loops));
}

} // namespace

server::server(handler function, server_options options)
    : state_(std::make_shared<state>(std::move(function), std::move(options))) {}

server::~server() {
  if (!state_->serving || state_->serving.done())
    return;
  state_->core->begin_stop();
  state_->close_listeners();
  state_->serving.cancel("the http server was destroyed");
}

task<void> server::start() {
  const auto self = state_;
  if (!self->listeners.empty())
    throw misuse_error("an http server was started twice");
  const auto& options = self->core->options();
  std::vector<std::unique_ptr<net::listener>> listeners;
  net::tcp_listener* tcp = nullptr;
  if (options.listens_on_tcp()) {
    auto listener =
        co_await net::listen_tcp(options.host(), options.port(), net::listen_options{}.backlog(options.backlog()));
    tcp = listener.get();
    listeners.push_back(std::move(listener));
  }
  for (const auto& [host, port] : options.more_addresses()) {
    auto listener = co_await net::listen_tcp(host, port, net::listen_options{}.backlog(options.backlog()));
    if (tcp == nullptr)
      tcp = listener.get();
    listeners.push_back(std::move(listener));
  }
  for (const auto& path : options.unix_paths())
    listeners.push_back(co_await net::listen_unix(path, options.backlog()));
  self->listeners = std::move(listeners);
  self->tcp = tcp;
  self->serving = spawn(accept_all(self, self->listeners, self->core), spawn_options{}.name("http server"));
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
  self->close_listeners();
  std::vector<task_handle<void>> waited{self->serving};
  co_await wait(waited, until::all_completed, grace);
  if (self->serving.cancel("the http server stops"))
    co_await wait(std::move(waited));
}

task<void> server::serve(std::unique_ptr<net::stream> connection) {
  return server_connection::run(state_->core, std::move(connection), server_connection::place::none);
}

std::uint16_t server::port() const {
  return state_->tcp != nullptr ? state_->tcp->local_endpoint().port() : std::uint16_t{0};
}

std::string server::url() const {
  if (state_->tcp == nullptr)
    return {};
  return (state_->core->options().tls() ? "https://" : "http://") + state_->tcp->local();
}

std::vector<std::string> server::addresses() const {
  std::vector<std::string> result;
  for (const auto& each : state_->listeners)
    result.push_back(each->local());
  return result;
}

std::size_t server::connections() const {
  return state_->core->connections();
}

} // namespace actors::http
