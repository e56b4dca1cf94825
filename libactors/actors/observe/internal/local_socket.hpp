#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace actors::observe::internal {

/// A file descriptor that is closed at the end.
class owned_fd {
public:
  owned_fd() noexcept = default;

  explicit owned_fd(int fd) noexcept : fd_(fd) {}

  owned_fd(owned_fd&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }

  owned_fd& operator=(owned_fd&& other) noexcept;
  ~owned_fd();

  [[nodiscard]] int get() const noexcept { return fd_; }

  [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }

private:
  int fd_ = -1;
};

/// Makes the folder if it is missing. Throws `inspector_error` unless it is the user's own and closed to others.
void require_private_folder(const std::filesystem::path& folder);

/// A listening socket at `path` with mode 0600; nothing if the path is taken by one that somebody serves.
[[nodiscard]] std::optional<owned_fd> listen_at(const std::filesystem::path& path);

/// Connected, or nothing with `errno` set. Throws `inspector_error` for a path that is too long.
[[nodiscard]] owned_fd connect_to(const std::filesystem::path& path);

/// The user at the other end; nothing if the system does not say.
[[nodiscard]] std::optional<uid_t> peer_of(int socket) noexcept;

/// Limits every read and write.
void limit_waits(int socket, std::chrono::milliseconds each) noexcept;

[[nodiscard]] bool write_all(int socket, std::string_view bytes) noexcept;

/// Reads up to the end of a line (without it) or of the stream; nothing if that does not come, or is longer than
/// `most`.
[[nodiscard]] std::optional<std::string> read_text(int socket, std::size_t most, bool line);

} // namespace actors::observe::internal
