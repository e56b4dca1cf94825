// What one slow handler costs the requests beside it: a server in a process of its own with two workers, 32 connections
// that each ask a handler that answers at once every 8 ms, and one connection that is inside of a handler of 20 ms all
// the time. Times are from when a request was due until its answer was there.
//
//     bench_http_neighbours [WHERE] [HOW] [SECONDS]
//
//     WHERE    alone     there is no slow handler (default)
//              pool      it is marked by in_blocking_pool
//              worker    it is marked by on_any_worker
//              unmarked  it runs where its connection does
//     HOW      blocks (default) or computes

#include "server_process.hpp"

#include <actors/http/placement.hpp>
#include <actors/http/server.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace actors;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr std::size_t neighbours = 32;
constexpr auto pause = 8ms;
constexpr auto slow_time = 20ms;

/// Two servers of one runtime: the ports of the quick and of the slow one.
using ports = std::array<std::uint16_t, 2>;

http::response quick(const http::request&) {
  return http::response{http::status::ok, "hello", "text/plain"};
}

http::response block(const http::request&) {
  std::this_thread::sleep_for(slow_time);
  return http::response{http::status::ok, "slept", "text/plain"};
}

http::response compute(const http::request&) {
  const auto end = steady::now() + slow_time;
  while (steady::now() < end) {
  }
  return http::response{http::status::ok, "counted", "text/plain"};
}

template <class F>
http::handler placed(std::string_view where, F function) {
  if (where == "pool")
    return http::in_blocking_pool(function);
  if (where == "worker")
    return http::on_any_worker(function);
  return function;
}

task<> serve(std::string where, std::string how, bench::port_report tell) {
  http::server fast{quick};
  http::server slow{how == "computes" ? placed(where, compute) : placed(where, block)};
  co_await fast.start();
  co_await slow.start();
  tell(fast.port());
  tell(slow.port());
  co_await fast.join();
}

/// A client's connection that asks for / again and again.
class connection {
public:
  connection(std::uint16_t port, steady::time_point first) : handle_(bench::connect_to(port)), due_(first) {}

  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  ~connection() { ::close(handle_); }

  [[nodiscard]] int handle() const noexcept { return handle_; }

  [[nodiscard]] bool is_waiting() const noexcept { return waits_; }

  /// When the next request is due, of one that waits for no answer.
  [[nodiscard]] steady::time_point due() const noexcept { return due_; }

  void ask() {
    constexpr std::string_view text = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    if (::send(handle_, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
      throw std::runtime_error("cannot ask");
    waits_ = true;
  }

  /// Takes an answer, which is small enough to come in one piece; how long after it was due.
  steady::duration take(steady::duration until_next) {
    std::array<char, 4096> buffer{};
    const auto got = ::recv(handle_, buffer.data(), buffer.size(), 0);
    if (got <= 0 || !std::string_view{buffer.data(), static_cast<std::size_t>(got)}.starts_with("HTTP/1.1 200 "))
      throw std::runtime_error("no answer");
    const auto now = steady::now();
    const auto took = now - due_;
    waits_ = false;
    // A late answer does not make the next request late too, and is not made up for.
    due_ = until_next == steady::duration::zero() ? now : std::max(now, due_ + until_next);
    return took;
  }

private:
  int handle_;
  bool waits_ = false;
  steady::time_point due_;
};

/// How long the answers of the quick handler took.
std::vector<steady::duration> measure(const ports& at, bool has_slow, std::chrono::seconds length) {
  const auto begin = steady::now();
  const auto end = begin + length;
  std::vector<std::unique_ptr<connection>> all;
  if (has_slow)
    all.push_back(std::make_unique<connection>(at[1], begin));
  for (std::size_t i = 0; i < neighbours; ++i)
    all.push_back(std::make_unique<connection>(at[0], begin + pause * static_cast<int>(i) / neighbours));
  std::vector<steady::duration> took;
  std::vector<pollfd> watched(all.size());
  for (;;) {
    const auto now = steady::now();
    auto next = end;
    for (std::size_t i = 0; i < all.size(); ++i) {
      auto& one = *all[i];
      if (!one.is_waiting() && one.due() <= now)
        one.ask();
      if (!one.is_waiting())
        next = std::min(next, one.due());
      watched[i] = {one.handle(), POLLIN, 0};
    }
    if (now >= end)
      return took;
    const auto left = std::max(steady::duration::zero(), next - steady::now());
    const timespec wait{
        0, std::chrono::duration_cast<std::chrono::nanoseconds>(std::min(left, steady::duration{500ms})).count()};
    if (::ppoll(watched.data(), watched.size(), &wait, nullptr) < 0)
      throw std::runtime_error("cannot wait");
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (watched[i].revents == 0)
        continue;
      const bool is_slow = has_slow && i == 0;
      const auto time = all[i]->take(is_slow ? steady::duration::zero() : steady::duration{pause});
      if (!is_slow)
        took.push_back(time);
    }
  }
}

double quantile(const std::vector<steady::duration>& sorted, double share) {
  const auto at = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
  return std::chrono::duration<double, std::milli>(sorted[at]).count();
}

} // namespace

int main(int argc, char** argv) {
  const std::string where = argc > 1 ? argv[1] : "alone";
  const std::string how = argc > 2 ? argv[2] : "blocks";
  const std::chrono::seconds length{argc > 3 ? std::strtol(argv[3], nullptr, 10) : 5};
  try {
    const bench::server_process server{[&](bench::port_report tell) { return serve(where, how, tell); }};
    const ports at{server.port(), server.port()};
    auto took = measure(at, where != "alone", length);
    std::sort(took.begin(), took.end());
    std::printf("%s %s requests=%zu p50_ms=%.3f p99_ms=%.3f p999_ms=%.3f max_ms=%.3f\n", where.c_str(), how.c_str(),
                took.size(), quantile(took, 0.5), quantile(took, 0.99), quantile(took, 0.999), quantile(took, 1));
    return 0;
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "%s\n", problem.what());
    return 1;
  }
}
