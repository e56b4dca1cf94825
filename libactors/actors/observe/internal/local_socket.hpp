#pragma once

#include <actors/core/detail/unique_fd.hpp>

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace actors::observe::internal {

/// Makes the folder if it is missing. Throws `inspector_error` unless it is the user's own and closed to others.
void require_private_folder(const std::filesystem::path& folder);

/// A listening socket at `path` with mode 0600; nothing if the path is taken by one that somebody serves.
[[nodiscard]] std::optional<actors::detail::unique_fd> listen_at(const std::filesystem::path& path);

/// Connected, or nothing with `errno` set. Throws `inspector_error` for a path that is too long.
[[nodiscard]] actors::detail::unique_fd connect_to(const std::filesystem::path& path);

/// The user at the other end; nothing if the system does not say.
[[nodiscard]] std::optional<uid_t> peer_of(int socket) noexcept;

/// Limits every read and write.
void limit_waits(int socket, std::chrono::milliseconds each) noexcept;

[[nodiscard]] bool write_all(int socket, std::string_view bytes) noexcept;

/// Reads up to the end of a line (without it) or of the stream; nothing if that does not come, or is longer than
/// `most`.
[[nodiscard]] std::optional<std::string> read_text(int socket, std::size_t most, bool line);

} // namespace actors::observe::internal
