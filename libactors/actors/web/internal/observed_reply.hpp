#pragma once

#include <actors/core/fwd.hpp>
#include <actors/http/status.hpp>
#include <actors/web/reply.hpp>

#include <cstdint>
#include <functional>

namespace actors::web::internal {

/// What became of a reply.
struct sent_reply {
  http::status status = http::status::ok;
  std::uint64_t bytes = 0; ///< of the body
  time_point when;         ///< of its end
  bool is_aborted = false; ///< the client left, or the body's function failed
};

/// Calls `then` exactly once: at once for a whole reply, else when the body has been written, has failed, or is dropped
/// since nobody wants it any more. `now` is the time at which the head was there. `then` must not throw.
void observe_reply(reply& answer, bool is_head, time_point now, std::function<void(const sent_reply&)> then);

} // namespace actors::web::internal
