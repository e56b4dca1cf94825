#pragma once

#include <actors/core/fwd.hpp>

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// Lets `actors ps`, `tree`, `top`, `dump`, `cancel` and `log-level` look at a running program: a Unix socket that only
/// its user can open.
///
/// An `inspector` serves one runtime while it lives, on a plain thread of its own, so it answers while every worker is
/// blocked. The socket is named by the process (`PID.sock`, `PID-2.sock` for a second inspector of the process, …) and
/// lies in `$XDG_RUNTIME_DIR/actors`, or in `actors-UID` in the folder for temporary files; that folder belongs to the
/// user and nobody else may enter it. The socket's mode is 0600, and a peer of another user is turned away.
///
/// Ownership: borrows the runtime; destroy the inspector first. Its destructor ends the thread and removes the socket;
/// a socket left by a process that was killed is removed by whoever finds it.
///
/// Requests are one line and answers one JSON text; both are bounded and must come within five seconds, one after the
/// other.
///
/// Errors: `inspector_error` says what and where: the folder belongs to somebody else or is open to others, the path is
/// too long for a socket, the process cannot be reached, the answer is none.
///
/// @snippet examples/observe.cpp inspector
namespace actors::observe {

class inspector_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

class inspector {
public:
  /// Starts to serve. `folder` is made if missing; empty: the usual one, see above.
  explicit inspector(runtime& target, std::filesystem::path folder = {});
  ~inspector();

  inspector(const inspector&) = delete;
  inspector& operator=(const inspector&) = delete;

  /// Where the socket is.
  [[nodiscard]] const std::filesystem::path& path() const noexcept;

  /// The folder of this user's sockets.
  [[nodiscard]] static std::filesystem::path usual_folder();

private:
  struct server;

  std::unique_ptr<server> server_;
};

/// A process that can be inspected.
struct inspected_process {
  pid_t pid = 0;
  std::filesystem::path socket;
  std::string command; ///< its command line, as far as it can be read
};

/// The processes of this user that can be inspected, by pid; sockets of processes that have gone are removed.
[[nodiscard]] std::vector<inspected_process> inspected_processes(const std::filesystem::path& folder = {});

/// Asks an inspector: "snapshot", "cancel ID", "log-level", "log-level LEVEL" or "ping"; the JSON text of the answer.
[[nodiscard]] std::string ask_inspector(const std::filesystem::path& socket, std::string_view request,
                                        std::chrono::milliseconds patience = std::chrono::seconds(30));

} // namespace actors::observe
