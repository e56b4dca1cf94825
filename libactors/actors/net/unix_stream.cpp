#include <actors/net/unix_stream.hpp>

#include <actors/core/sleep.hpp>
#include <actors/net/error.hpp>
#include <actors/net/internal/acceptor.hpp>
#include <actors/net/internal/socket_stream.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <utility>

namespace actors::net {

namespace {

using namespace std::chrono_literals;
using internal::socket_address;

/// The file of a listener, told apart from one that somebody else has put in its place meanwhile.
class socket_file {
public:
  socket_file() = default;

  explicit socket_file(const std::string& path) {
    struct stat status{};
    if (path.starts_with('@') || ::lstat(path.c_str(), &status) != 0)
      return;
    path_ = path;
    device_ = status.st_dev;
    inode_ = status.st_ino;
  }

  void remove() noexcept {
    struct stat status{};
    if (!path_.empty() && ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_)
      ::unlink(path_.c_str());
    path_.clear();
  }

private:
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

class unix_listener final : public listener {
public:
  unix_listener(std::shared_ptr<internal::acceptor> socket, socket_file file)
      : socket_(std::move(socket)), file_(std::move(file)) {}

  ~unix_listener() override { unix_listener::close(); }

  task<std::unique_ptr<stream>> accept() override { return internal::accept_from(socket_, nullptr); }

  task<std::unique_ptr<stream>> accept_for(boost::asio::io_context& home) override {
    return internal::accept_from(socket_, &home);
  }

  void close() noexcept override {
    const std::scoped_lock guard{mutex_};
    file_.remove();
    socket_->close();
  }

  [[nodiscard]] bool is_open() const noexcept override { return socket_->is_open(); }

  [[nodiscard]] std::string local() const override { return socket_->local(); }

private:
  std::shared_ptr<internal::acceptor> socket_;
  std::mutex mutex_;
  socket_file file_;
};

/// True if `path` is a socket that nobody has open any more. Asked with a socket of another type, which the owner does
/// not notice: the system then says "wrong type", and "refused" if there is no owner.
bool is_left_behind(const std::string& path, const socket_address& address) {
  struct stat status{};
  if (path.starts_with('@') || ::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode))
    return false;
  const actors::detail::unique_fd probe{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  return probe && ::connect(probe.get(), address.data(), address.size()) != 0 && errno == ECONNREFUSED;
}

} // namespace

task<std::unique_ptr<stream>> connect_unix(std::string path) {
  auto& context = co_await actors::detail::current_context{};
  const auto address = socket_address::of_path(path);
  auto& home = actors::detail::choose_io_context(context);
  const auto name = "unix:" + path;
  // A full queue is no reason to wait for the system here, it says "try again": it does so, less and less often.
  for (duration pause = 1ms;; pause = std::min<duration>(pause * 2, 100ms)) {
    try {
      auto target_name = name;
      auto peer = name;
      co_return co_await internal::connect_socket(home, address, std::move(target_name), std::move(peer),
                                                  tcp_options{});
    } catch (const net_error& e) {
      if (e.code() != std::errc::resource_unavailable_try_again)
        throw;
    }
    co_await sleep(pause);
  }
}

task<std::unique_ptr<listener>> listen_unix(std::string path, int backlog) {
  auto& context = co_await actors::detail::current_context{};
  const auto address = socket_address::of_path(path);
  auto& home = actors::detail::choose_io_context(context);
  const auto name = "unix:" + path;
  std::error_code error;
  auto fd = internal::open_socket(AF_UNIX, error);
  if (error)
    throw net_error("listen on", name, error);
  bool bound = ::bind(fd.get(), address.data(), address.size()) == 0;
  if (!bound && errno == EADDRINUSE) {
    if (!is_left_behind(path, address))
      throw net_error("listen on", name, std::make_error_code(std::errc::address_in_use));
    ::unlink(path.c_str());
    bound = ::bind(fd.get(), address.data(), address.size()) == 0;
  }
  if (!bound)
    throw net_error("listen on", name, last_system_error());
  socket_file file{path};
  if (::listen(fd.get(), backlog) != 0) {
    const auto reason = last_system_error();
    file.remove();
    throw net_error("listen on", name, reason);
  }
  auto socket = internal::descriptor::make<internal::acceptor>(home, std::move(fd), name, tcp_options{});
  co_return std::make_unique<unix_listener>(std::move(socket), std::move(file));
}

} // namespace actors::net
