#include "rough_site.hpp"

#include <actors/core/detail/introspection.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/sleep.hpp>
#include <actors/http/server_options.hpp>
#include <actors/http/websocket.hpp>
#include <actors/observe/snapshot.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <utility>

namespace actors::http::test {

namespace {

using namespace std::chrono_literals;

server_options options_of_site() {
  return server_options{}.log_to(make_null_log_sink());
}

task<void> echo_pieces(server_exchange& x) {
  co_await x.start(response{status::ok}.set("Content-Type", "text/plain"));
  for (;;) {
    const auto piece = co_await x.read_some();
    if (piece.empty())
      co_return;
    co_await x.write(piece);
  }
}

task<void> echo_messages(server_exchange& x) {
  auto socket = co_await accept_websocket(x);
  for (;;) {
    auto message = co_await socket.receive();
    if (!message)
      co_return;
    static_cast<void>(co_await socket.send(*std::move(message)));
  }
}

} // namespace

response answer_at_once(const request& what) {
  if (what.method() == method::post)
    return response{status::ok, what.body(), "text/plain"};
  if (what.path() == "/big")
    return response{status::ok, std::string(big_size, 'x'), "text/plain"};
  return response{status::ok, "hello", "text/plain"};
}

task<response> answer_later(request what) {
  if (what.method() == method::post) {
    co_await sleep(1ms);
    co_return response{status::ok, what.body(), "text/plain"};
  }
  co_await sleep(std::chrono::milliseconds{std::strtol(what.target().c_str() + 1, nullptr, 10)});
  co_return response{status::ok, "slept", "text/plain"};
}

task<void> answer_in_pieces(server_exchange& x) {
  const auto path = x.head().path();
  if (path == "/ws") {
    co_await echo_messages(x);
  } else if (path == "/echo") {
    co_await echo_pieces(x);
  } else if (path == "/leave") {
    co_await x.send(response{status::ok, "left", "text/plain"});
  } else {
    co_await x.start(response{status::ok}.set("Content-Type", "text/plain"));
    const std::string piece(big_size / 20, 'y');
    for (int i = 0; i < 20; ++i)
      co_await x.write(piece);
  }
}

rough_sites::rough_sites()
    : plain(answer_at_once, options_of_site()), waiting(answer_later, options_of_site()),
      streaming(answer_in_pieces, options_of_site()) {}

task<void> rough_sites::start() {
  co_await plain.start();
  co_await waiting.start();
  co_await streaming.start();
}

leftovers count_leftovers(const runtime& home, std::size_t connections) {
  leftovers result;
  result.connections = connections;
  const auto seen = observe::snapshot(home);
  using kind = observe::snapshot_node::kind_type;
  result.tasks = static_cast<std::size_t>(
      std::count_if(seen.nodes.begin(), seen.nodes.end(), [](const auto& node) { return node.kind != kind::actor; }));
  result.actors = seen.nodes.size() - result.tasks + seen.unlisted_actors;
  actors::detail::runtime_statistics numbers;
  if (actors::detail::read_statistics(home.core(), numbers))
    result.timers = numbers.timers;
  const std::filesystem::directory_iterator open{"/proc/self/fd"};
  result.descriptors = static_cast<std::size_t>(std::distance(begin(open), end(open)));
  return result;
}

std::string to_string(const leftovers& all) {
  return std::to_string(all.connections) + " connections, " + std::to_string(all.tasks) + " tasks, " +
         std::to_string(all.actors) + " actors, " + std::to_string(all.timers) + " timers, " +
         std::to_string(all.descriptors) + " descriptors";
}

} // namespace actors::http::test
