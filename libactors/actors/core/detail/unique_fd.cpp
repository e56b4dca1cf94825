#include <actors/core/detail/unique_fd.hpp>

#include <unistd.h>

namespace actors::detail {

unique_fd::~unique_fd() {
  if (fd_ >= 0)
    ::close(fd_);
}

} // namespace actors::detail
