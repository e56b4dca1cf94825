#include <actors/core/this_task.hpp>

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/internal/runtime_core.hpp>

namespace actors {

std::string_view task_self::name() const {
  return context_->host().name();
}

std::uint64_t task_self::id() const {
  return context_->host().id();
}

time_point task_self::now() const noexcept {
  return context_->host().core().now();
}

time_point task_self::deadline() const noexcept {
  return context_->deadline();
}

std::uint32_t task_self::cancel_requests() const noexcept {
  return context_->cancel_requests();
}

std::uint32_t task_self::uncancel() const noexcept {
  return context_->uncancel();
}

} // namespace actors
