// What an idle connection of the server costs: a server in a process of its own, connections that have each asked once
// and then stay silent, and the server's resident memory before and after; then each asks once more,
// if it speaks HTTP.
//
//     bench_http_idle [CONNECTIONS] [BYTES]         10,000 by default, whose answers have 5 bytes; ends by itself
//     bench_http_idle [CONNECTIONS] [BYTES] ws      WebSockets that have got one message of so many bytes

#include "server_process.hpp"

#include <actors/http/server.hpp>
#include <actors/http/websocket.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace actors;

constexpr std::string_view plain_request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view websocket_request =
    "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

task<void> greet(http::server_exchange& exchange, std::size_t size) {
  auto socket = co_await http::accept_websocket(exchange);
  static_cast<void>(co_await socket.send_binary(std::string(size, 'h')));
  while (co_await socket.receive()) {
  }
}

http::server make_server(std::size_t size, bool is_websocket) {
  const auto options = http::server_options{}.max_connections(1'000'000).idle_timeout(std::chrono::hours(1));
  if (is_websocket)
    return http::server{[size](http::server_exchange& exchange) { return greet(exchange, size); }, options};
  const auto answer = [body = std::string(size, 'h')](const http::request&) {
    return http::response{http::status::ok, body, "text/plain"};
  };
  return http::server{answer, options};
}

task<> serve(std::size_t size, bool is_websocket, bench::port_report tell) {
  auto site = make_server(size, is_websocket);
  co_await site.start();
  tell(site.port());
  co_await site.join();
}

void ask(int handle, std::size_t size, std::string_view request) {
  if (::send(handle, request.data(), request.size(), MSG_NOSIGNAL) < 0)
    throw std::runtime_error("cannot ask");
  std::string answer;
  std::array<char, 65'536> buffer{};
  for (std::size_t end = std::string::npos; end == std::string::npos || answer.size() < end + 4 + size;) {
    const auto got = ::recv(handle, buffer.data(), buffer.size(), 0);
    if (got <= 0)
      throw std::runtime_error("no answer");
    answer.append(buffer.data(), static_cast<std::size_t>(got));
    end = answer.find("\r\n\r\n");
  }
}

/// A connection that has been answered once.
int connect_and_ask(std::uint16_t port, std::size_t size, std::string_view request) {
  const int handle = bench::connect_to(port);
  ask(handle, size, request);
  return handle;
}

/// All of them still work.
void ask_again(const std::vector<int>& handles, std::size_t size) {
  const auto begun = std::chrono::steady_clock::now();
  for (const int handle : handles)
    ask(handle, size, plain_request);
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begun;
  std::printf("asked each of %zu connections once more: %.1f us for an answer\n", handles.size(),
              took.count() / static_cast<double>(handles.size()));
}

void measure(const bench::server_process& server, std::size_t count, std::size_t size, std::string_view request) {
  const auto port = server.port();
  std::vector<int> handles;
  for (std::size_t i = 0; i < 100; ++i) // so that what the server needs once is there
    handles.push_back(connect_and_ask(port, size, request));
  const auto before = server.memory("VmRSS");
  for (std::size_t i = 0; i < count; ++i)
    handles.push_back(connect_and_ask(port, size, request));
  const auto busy = server.memory("VmRSS");
  std::this_thread::sleep_for(std::chrono::seconds(3)); // what an idle connection gives back it has given back then
  const auto idle = server.memory("VmRSS");
  std::printf("connections %zu  answer %zu B  before %zu KiB  just served %zu KiB  idle %zu KiB  each %.2f KiB\n",
              count, size, before, busy, idle, static_cast<double>(idle - before) / static_cast<double>(count));
  if (request == plain_request)
    ask_again(handles, size);
  for (const int handle : handles)
    ::close(handle);
}

} // namespace

int main(int argc, char** argv) {
  const auto count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10'000;
  const auto size = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 5;
  const bool is_websocket = argc > 3 && std::string_view{argv[3]} == "ws";
  try {
    bench::allow_many_files();
    const bench::server_process server{[&](bench::port_report tell) { return serve(size, is_websocket, tell); }};
    measure(server, count, size, is_websocket ? websocket_request : plain_request);
    return 0;
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "%s\n", problem.what());
    return 1;
  }
}
