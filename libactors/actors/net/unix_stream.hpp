#pragma once

#include <actors/core/task.hpp>
#include <actors/net/listener.hpp>
#include <actors/net/stream.hpp>

#include <memory>
#include <string>

/// Unix sockets: streams between processes of one machine, named by a path.
///
/// A path that starts with `@` is a name in Linux's abstract namespace: it leaves no file behind. The file of a
/// listener is removed when the listener is closed; one that an ended process has left behind is replaced, one that
/// somebody listens on is not.
///
/// Who may connect is decided by the permissions of the folder and of the file; the file has those that the process's
/// umask leaves. So put it into a folder that only those may enter who are to connect.
///
/// Errors: `net_error` "connect to unix:/run/app.sock: No such file or directory"; `errc::invalid_path` for an empty
/// path or one of more than 107 bytes, which is all that the system takes.
namespace actors::net {

[[nodiscard]] task<std::unique_ptr<stream>> connect_unix(std::string path);

[[nodiscard]] task<std::unique_ptr<listener>> listen_unix(std::string path, int backlog = default_backlog);

} // namespace actors::net
