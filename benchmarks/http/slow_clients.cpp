// Slow clients under load: a server in a process of its own, with default limits but short times, and clients that send
// heads byte by byte, send bodies byte by byte, take nothing of what they asked for, or stay idle, in equal parts;
// those that the server throws out come again. Meanwhile a client that behaves asks now over its one connection, now
// over a new one.
//
//     bench_http_slow_clients [CONNECTIONS] [SECONDS]     4,000 and 20 by default; ends by itself
//
// Prints how the answers of the latter come, how many of the slow ones were thrown out, and the server's memory. Exits
// with 1 if a request was not answered within a second.

#include "server_process.hpp"

#include <actors/http/server.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace actors;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

/// `/big` is more than the system takes at once; anything else is answered with hello.
task<void> answer(http::server_exchange& x) {
  if (x.head().path() != "/big") {
    static_cast<void>(co_await x.read_all());
    co_await x.send(http::response{http::status::ok, "hello", "text/plain"});
    co_return;
  }
  const std::string piece(32'768, 'x');
  co_await x.start(http::response{http::status::ok}.set("Content-Type", "text/plain"));
  for (int i = 0; i < 1000; ++i)
    co_await x.write(piece);
}

task<> serve(bench::port_report tell) {
  const auto options =
      http::server_options{}.head_timeout(3s).body_timeout(3s).body_grace(3s).write_timeout(3s).idle_timeout(6s).log_to(
          make_null_log_sink());
  http::server site{answer, options};
  co_await site.start();
  tell(site.port());
  co_await site.join();
}

/// False if the server is gone.
bool send_now(int handle, std::string_view text) {
  return ::send(handle, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

enum class kind : std::uint8_t { head, body, reader, idle };

struct slow_client {
  int handle = -1;
  kind what = kind::idle;
};

class attack {
public:
  attack(std::uint16_t port, std::size_t count) : port_(port), all_(count) {
    for (std::size_t i = 0; i < count; ++i) {
      all_[i].what = static_cast<kind>(i % 4);
      begin(all_[i]);
    }
  }

  attack(const attack&) = delete;
  attack& operator=(const attack&) = delete;

  ~attack() {
    for (const auto& one : all_)
      ::close(one.handle);
  }

  /// A byte of each of those who send; those who were thrown out come again.
  void step() {
    for (auto& one : all_) {
      char byte = 0;
      // What a slow reader does not take stays where it is, so it only learns of an error.
      const auto got = ::recv(one.handle, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
      const bool is_open =
          one.what == kind::reader ? got != 0 && (got > 0 || errno == EAGAIN) : got < 0 && errno == EAGAIN;
      const bool sends = one.what == kind::head || one.what == kind::body;
      if (is_open && (!sends || send_now(one.handle, "x")) && !is_hung_up(one.handle))
        continue;
      ++thrown_out_[static_cast<std::size_t>(one.what)];
      ::close(one.handle);
      begin(one);
    }
  }

  [[nodiscard]] std::size_t thrown_out(kind what) const { return thrown_out_.at(static_cast<std::size_t>(what)); }

private:
  static bool is_hung_up(int handle) {
    pollfd one{handle, 0, 0};
    return ::poll(&one, 1, 0) > 0 && (one.revents & (POLLERR | POLLHUP)) != 0;
  }

  void begin(slow_client& one) const {
    one.handle = bench::connect_to(port_);
    if (one.what == kind::head)
      send_now(one.handle, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    else if (one.what == kind::body)
      send_now(one.handle, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
    else if (one.what == kind::reader)
      send_now(one.handle, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
  }

  std::uint16_t port_;
  std::vector<slow_client> all_;
  std::array<std::size_t, 4> thrown_out_{};
};

/// How long an answer takes, a second if none comes in that time.
steady::duration ask(int handle) {
  const auto begun = steady::now();
  send_now(handle, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  std::string text;
  while (!text.ends_with("hello")) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(begun + 1s - steady::now()).count();
    pollfd one{handle, POLLIN, 0};
    std::array<char, 1024> buffer{};
    if (left <= 0 || ::poll(&one, 1, static_cast<int>(left)) <= 0)
      return 1s;
    const auto got = ::recv(handle, buffer.data(), buffer.size(), 0);
    if (got <= 0)
      return 1s;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return steady::now() - begun;
}

void print(const char* what, std::vector<steady::duration> times) {
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) {
    return std::chrono::duration<double, std::milli>(
               times.at(static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))))
        .count();
  };
  std::printf("%s: %zu requests  p50_ms=%.2f p99_ms=%.2f max_ms=%.2f\n", what, times.size(), at(0.5), at(0.99), at(1));
}

double mib(std::size_t kib) {
  return static_cast<double>(kib) / 1024;
}

bool measure(const bench::server_process& server, std::size_t count, std::chrono::seconds length) {
  const auto port = server.port();
  const int kept = bench::connect_to(port);
  static_cast<void>(ask(kept));
  const auto memory_before = mib(server.memory("VmRSS"));
  std::vector<steady::duration> over_old;
  std::vector<steady::duration> over_new;
  attack slow{port, count};
  const auto end = steady::now() + length;
  for (auto next_step = steady::now(); steady::now() < end;) {
    if (steady::now() >= next_step) {
      slow.step();
      next_step = steady::now() + 500ms;
    }
    over_old.push_back(ask(kept));
    const int fresh = bench::connect_to(port);
    over_new.push_back(ask(fresh));
    if (over_new.back() >= 1s)
      std::printf("late %.1f s after the beginning\n",
                  std::chrono::duration<double>(steady::now() - end + length).count());
    ::close(fresh);
    std::this_thread::sleep_for(5ms);
  }
  print("over an old connection", over_old);
  print("over a new connection", over_new);
  // Slow readers do not see it: what the system has taken from the server is still on its way to them.
  std::printf("thrown out and back again: %zu with slow heads, %zu with slow bodies, %zu idle\n",
              slow.thrown_out(kind::head), slow.thrown_out(kind::body), slow.thrown_out(kind::idle));
  std::printf("server: %.1f MiB before, %.1f MiB at most, for %zu connections; %zu descriptors are open\n",
              memory_before, mib(server.memory("VmHWM")), count, server.descriptors());
  ::close(kept);
  const auto is_late = [](steady::duration time) { return time >= 1s; };
  return std::none_of(over_old.begin(), over_old.end(), is_late) &&
         std::none_of(over_new.begin(), over_new.end(), is_late);
}

} // namespace

int main(int argc, char** argv) {
  const auto count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 4'000;
  const std::chrono::seconds length{argc > 2 ? std::strtol(argv[2], nullptr, 10) : 20};
  try {
    bench::allow_many_files();
    const bench::server_process server{serve};
    const bool is_good = measure(server, count, length);
    std::printf("%s\n", is_good ? "every request was answered in time" : "FAILED: requests were not answered in time");
    return is_good ? 0 : 1;
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "%s\n", problem.what());
    return 1;
  }
}
