#pragma once

#include <actors/core/detail/unique_fd.hpp>
#include <actors/process/command.hpp>
#include <actors/process/internal/child_state.hpp>

#include <array>
#include <memory>
#include <utility>

namespace actors::process::internal {

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
  std::array<actors::detail::unique_fd, 3> pipes;

private:
  std::shared_ptr<child_state> state_;
};

/// Starts a child; its exit is watched from then on. Blocks until it runs the program. Throws `process_error`.
[[nodiscard]] new_child launch(const command& what);

} // namespace actors::process::internal
