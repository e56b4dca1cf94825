#include <actors/observe/internal/local_socket.hpp>

#include <actors/observe/inspector.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace actors::observe::internal {

namespace {

[[noreturn]] void fail(const std::filesystem::path& where, std::string_view what, int code) {
  throw inspector_error(where.string() + ": " + std::string{what} + ": " + std::system_category().message(code));
}

sockaddr_un address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto& text = path.native();
  if (text.size() >= sizeof address.sun_path)
    throw inspector_error(path.string() + ": the path of a socket has at most " +
                          std::to_string(sizeof address.sun_path - 1) + " bytes");
  text.copy(static_cast<char*>(address.sun_path), text.size());
  return address;
}

actors::detail::unique_fd make_socket(const std::filesystem::path& path) {
  actors::detail::unique_fd result{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (!result)
    fail(path, "no socket", errno);
  return result;
}

} // namespace

void require_private_folder(const std::filesystem::path& folder) {
  // One level: what is above is the system's, or the caller's choice.
  if (::mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST)
    fail(folder, "the folder cannot be made", errno);
  struct stat status{};
  // A link could be turned elsewhere by whoever made it.
  if (::lstat(folder.c_str(), &status) != 0)
    fail(folder, "the folder cannot be seen", errno);
  if (!S_ISDIR(status.st_mode))
    throw inspector_error(folder.string() + ": is not a folder");
  if (status.st_uid != ::geteuid())
    throw inspector_error(folder.string() + ": belongs to another user");
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    throw inspector_error(folder.string() + ": is open to other users");
}

std::optional<actors::detail::unique_fd> listen_at(const std::filesystem::path& path) {
  const auto address = address_of(path);
  auto socket = make_socket(path);
  const auto bind_here = [&] {
    return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
           0; // NOLINT(*-reinterpret-cast)
  };
  if (!bind_here()) {
    if (errno != EADDRINUSE)
      fail(path, "the socket cannot be bound", errno);
    // Of a process that had the same number and was killed, or of another inspector of this one.
    if (connect_to(path) || errno != ECONNREFUSED)
      return std::nullopt;
    ::unlink(path.c_str());
    if (!bind_here())
      fail(path, "the socket cannot be bound", errno);
  }
  // Nobody can connect before `listen`, and nobody else can enter the folder.
  if (::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0 || ::listen(socket.get(), 16) != 0) {
    const int code = errno;
    ::unlink(path.c_str());
    fail(path, "the socket cannot be opened", code);
  }
  return socket;
}

actors::detail::unique_fd connect_to(const std::filesystem::path& path) {
  const auto address = address_of(path);
  auto socket = make_socket(path);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
      0) // NOLINT(*-reinterpret-cast)
    return socket;
  const int code = errno;
  socket = actors::detail::unique_fd{};
  errno = code;
  return socket;
}

std::optional<uid_t> peer_of(int socket) noexcept {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    return std::nullopt;
  return peer.uid;
}

void limit_waits(int socket, std::chrono::milliseconds each) noexcept {
  timeval limit{};
  limit.tv_sec = static_cast<time_t>(each.count() / 1000);
  limit.tv_usec = static_cast<suseconds_t>(each.count() % 1000 * 1000);
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

bool write_all(int socket, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const auto written = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (written > 0)
      bytes.remove_prefix(static_cast<std::size_t>(written));
    else if (written == 0 || errno != EINTR)
      return false;
  }
  return true;
}

std::optional<std::string> read_text(int socket, std::size_t most, bool line) {
  std::string text;
  std::array<char, 65536> part{};
  for (;;) {
    const auto count = ::recv(socket, part.data(), part.size(), 0);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return std::nullopt;
    if (count == 0)
      return line ? std::nullopt : std::optional{std::move(text)};
    text.append(part.data(), static_cast<std::size_t>(count));
    if (const auto end = text.find('\n'); line && end != std::string::npos) {
      text.resize(end);
      return text;
    }
    if (text.size() > most)
      return std::nullopt;
  }
}

} // namespace actors::observe::internal
