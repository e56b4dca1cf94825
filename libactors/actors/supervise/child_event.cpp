#include <actors/supervise/child_event.hpp>

#include <actors/core/error.hpp>
#include <actors/supervise/internal/settings.hpp>

namespace actors::supervise {

std::string_view to_string(child_event_kind kind) noexcept {
  switch (kind) {
  case child_event_kind::started:
    return "started";
  case child_event_kind::start_failed:
    return "start failed";
  case child_event_kind::exited:
    return "exited";
  case child_event_kind::restarting:
    return "restarting";
  case child_event_kind::abandoned:
    return "abandoned";
  case child_event_kind::given_up:
    return "given up";
  }
  return "unknown";
}

std::string_view to_string(exit_kind kind) noexcept {
  switch (kind) {
  case exit_kind::normal:
    return "normal";
  case exit_kind::orderly:
    return "orderly";
  case exit_kind::error:
    return "error";
  case exit_kind::killed:
    return "killed";
  }
  return "unknown";
}

std::string describe(const child_event& event) {
  auto text =
      "child '" + event.child + "' of supervisor '" + event.supervisor + "' " + std::string{to_string(event.kind)};
  if (event.kind == child_event_kind::exited)
    text += " (" + std::string{to_string(event.exit)} + ")";
  if (event.kind == child_event_kind::restarting)
    text += " in " + internal::seconds(event.delay) + ", restart " + std::to_string(event.restarts);
  if (event.error)
    text += ": " + actors::describe(event.error);
  return text;
}

} // namespace actors::supervise
