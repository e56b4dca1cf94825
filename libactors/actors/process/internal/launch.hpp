#pragma once

#include <actors/process/command.hpp>
#include <actors/process/internal/child_state.hpp>

#include <unistd.h>

#include <array>
#include <memory>
#include <utility>

namespace actors::process::internal {

/// Owns a file descriptor.
class unique_fd {
public:
  unique_fd() noexcept = default;

  explicit unique_fd(int fd) noexcept : fd_(fd) {}

  unique_fd(unique_fd&& other) noexcept : fd_(other.release()) {}

  unique_fd& operator=(unique_fd&& other) noexcept {
    unique_fd moved{std::move(other)};
    std::swap(fd_, moved.fd_);
    return *this;
  }

  ~unique_fd() {
    if (fd_ >= 0)
      ::close(fd_);
  }

  [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }

  [[nodiscard]] int get() const noexcept { return fd_; }

  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

private:
  int fd_ = -1;
};

/// A child that nobody has taken over yet: killed if nobody does.
class new_child {
public:
  explicit new_child(std::shared_ptr<child_state> state) noexcept : state_(std::move(state)) {}

  new_child(new_child&&) noexcept = default;
  new_child& operator=(new_child&&) = delete;

  ~new_child() {
    if (state_)
      state_->kill();
  }

  [[nodiscard]] std::shared_ptr<child_state> take() noexcept { return std::move(state_); }

  /// Our ends of its standard streams, empty where there is no pipe.
  std::array<unique_fd, 3> pipes;

private:
  std::shared_ptr<child_state> state_;
};

/// Starts a child; its exit is watched from then on. Blocks until it runs the program. Throws `process_error`.
[[nodiscard]] new_child launch(const command& what);

} // namespace actors::process::internal
