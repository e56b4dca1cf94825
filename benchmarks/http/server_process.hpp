#pragma once

#include <actors/core/runtime.hpp>
#include <actors/core/runtime_options.hpp>
#include <actors/core/task.hpp>
#include <actors/process/run_main.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>

/// What the programs share that measure a server from outside.
namespace actors::bench {

/// Tells the process that measures on which port a server listens. Once for each server.
class port_report {
public:
  explicit port_report(int handle) noexcept : handle_(handle) {}

  void operator()(std::uint16_t port) const {
    if (::write(handle_, &port, sizeof port) != sizeof port)
      throw std::runtime_error("cannot tell the port");
  }

private:
  int handle_;
};

/// A program with two workers in a process of its own, ended with the object.
class server_process {
public:
  /// Before there is any thread.
  explicit server_process(const std::function<task<>(port_report)>& serve) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0)
      throw std::runtime_error("cannot make a pipe");
    id_ = ::fork();
    if (id_ == 0)
      std::_Exit(process::run_main(serve(port_report{ends[1]}), runtime_options{}.workers(2)));
    ::close(ends[1]);
    ports_ = ends[0];
    if (id_ < 0)
      throw std::runtime_error("cannot start a process");
  }

  server_process(const server_process&) = delete;
  server_process& operator=(const server_process&) = delete;

  ~server_process() {
    ::kill(id_, SIGTERM);
    ::waitpid(id_, nullptr, 0);
    ::close(ports_);
  }

  /// The next that it has told.
  [[nodiscard]] std::uint16_t port() const {
    std::uint16_t result = 0;
    if (::read(ports_, &result, sizeof result) != sizeof result)
      throw std::runtime_error("the server does not start");
    return result;
  }

  /// What its status in /proc says, such as "VmRSS", in KiB.
  [[nodiscard]] std::size_t memory(const std::string& name) const {
    std::ifstream status{"/proc/" + std::to_string(id_) + "/status"};
    for (std::string line; std::getline(status, line);)
      if (line.starts_with(name + ":"))
        return std::strtoul(line.c_str() + name.size() + 1, nullptr, 10);
    throw std::runtime_error("the server has ended");
  }

  [[nodiscard]] std::size_t descriptors() const {
    const std::filesystem::directory_iterator all{"/proc/" + std::to_string(id_) + "/fd"};
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }

private:
  pid_t id_ = -1;
  int ports_ = -1;
};

/// Also for the processes that are started afterwards.
inline void allow_many_files() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// The socket of a new connection with a server on this machine, which sends without delay.
inline int connect_to(std::uint16_t port) {
  const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  if (handle < 0 || ::connect(handle, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
    throw std::runtime_error("cannot connect; is the limit on open files high enough?");
  return handle;
}

} // namespace actors::bench
