#pragma once

#include <actors/core/detail/io_worker.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/task.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace core_test {

/// Both ends of a pipe, for tests of what reactors do with descriptors.
class pipe_ends {
public:
  pipe_ends() {
    if (::pipe(ends_.data()) != 0)
      throw std::runtime_error(std::string{"pipe: "} + std::strerror(errno));
  }

  pipe_ends(const pipe_ends&) = delete;
  pipe_ends& operator=(const pipe_ends&) = delete;

  ~pipe_ends() {
    for (const int end : ends_)
      if (end >= 0)
        ::close(end);
  }

  void write_byte() const {
    if (::write(ends_[1], "x", 1) != 1)
      throw std::runtime_error(std::string{"write: "} + std::strerror(errno));
  }

  /// The end to read from; now the caller's.
  [[nodiscard]] int release_reader() {
    const int result = ends_[0];
    ends_[0] = -1;
    return result;
  }

private:
  std::array<int, 2> ends_{-1, -1};
};

/// `co_await readable{descriptor}`: until there is something to read.
class readable : public actors::detail::leaf_awaiter<readable> {
public:
  explicit readable(boost::asio::posix::stream_descriptor& descriptor) noexcept : descriptor_(&descriptor) {}

  [[nodiscard]] bool start(actors::detail::task_context& context) {
    arm(context);
    descriptor_->async_wait(
        boost::asio::posix::stream_descriptor::wait_read,
        [task = actors::detail::actor_of(context), wait = id()](const auto&) { actors::detail::wake(task, wait); });
    return true;
  }

  void await_resume() { check_cancelled(); }

private:
  boost::asio::posix::stream_descriptor* descriptor_;
};

/// Waits on the reactor of the worker that runs it until the pipe has something to read.
inline actors::task<> wait_for_pipe(pipe_ends& ends) {
  auto& context = co_await actors::detail::current_context{};
  boost::asio::posix::stream_descriptor reader{actors::detail::choose_io_context(context), ends.release_reader()};
  co_await readable{reader};
}

} // namespace core_test
