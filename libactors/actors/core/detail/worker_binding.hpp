#pragma once

#include <actors/core/fwd.hpp>

namespace actors::detail {

/// What ties the steps of an actor to a worker.
struct worker_binding {
  /// Null: they run wherever there is time.
  reactor_worker* worker = nullptr;
  /// None runs while another such step of the same worker does.
  bool alone = false;
};

} // namespace actors::detail
