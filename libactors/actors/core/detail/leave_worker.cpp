#include <actors/core/detail/leave_worker.hpp>

#include <actors/core/internal/reactor_scheduler.hpp>
#include <actors/core/internal/reactor_worker.hpp>

namespace actors::detail {

void leave_worker() {
  auto* const worker = reactor_worker::current();
  if (worker == nullptr)
    return;
  if (const auto mine = reactor_worker::own_job())
    worker->scheduler().hand_over(*worker, *mine);
}

} // namespace actors::detail
