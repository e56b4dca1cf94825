#include <actors/net/descriptor_stream.hpp>

#include <actors/core/detail/io_worker.hpp>
#include <actors/net/error.hpp>
#include <actors/net/internal/socket_stream.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <utility>

namespace actors::net {

namespace {

task<std::unique_ptr<stream>> adopt(actors::detail::unique_fd fd, std::string name) {
  auto& context = co_await actors::detail::current_context{};
  const int flags = ::fcntl(fd.get(), F_GETFL);
  if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) < 0)
    throw net_error("use", name, last_system_error());
  // Never "not ready", so a slow disk would hold the worker.
  struct stat status{};
  if (::fstat(fd.get(), &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)))
    throw net_error("use", name, std::make_error_code(std::errc::operation_not_permitted));
  co_return internal::make_stream(actors::detail::choose_io_context(context), std::move(fd), std::move(name),
                                  internal::transport::file);
}

} // namespace

task<std::unique_ptr<stream>> adopt_descriptor(int fd, std::string name) {
  // Owned before anything runs: a task that is never awaited closes it too.
  return adopt(actors::detail::unique_fd{fd}, std::move(name));
}

} // namespace actors::net
