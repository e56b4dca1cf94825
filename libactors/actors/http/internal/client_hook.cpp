#include <actors/http/internal/client_hook.hpp>

#include <actors/core/detail/io_worker.hpp>
#include <actors/core/detail/task_context.hpp>

namespace actors::http::internal {

void tell_hook(const client_options& options, client_event_kind what, const url& target, std::uint64_t number,
               std::string_view detail) {
  const auto& hook = options.on_event();
  if (!hook)
    return;
  const auto* const context = actors::detail::running_context();
  const auto now = context == nullptr ? time_point{} : actors::detail::now_of(actors::detail::core_of(*context));
  hook(client_event{what, target, now, number, detail});
}

} // namespace actors::http::internal
