#include <actors/core/task_log.hpp>

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/error.hpp>
#include <actors/core/internal/runtime_core.hpp>

#include <span>
#include <utility>

namespace actors {

logger::logger(std::shared_ptr<log_sink> sink, std::string component) noexcept
    : sink_(std::move(sink)), component_(std::move(component)) {}

void logger::write(log_level level, std::string_view text, std::initializer_list<log_field> fields) const {
  if (sink_->enabled(level))
    sink_->write({level, component_, text, std::span<const log_field>{fields.begin(), fields.size()}});
}

logger task_log(std::string component) {
  const auto* const context = detail::running_context();
  if (context == nullptr)
    throw misuse_error("task_log outside of a task: make a logger with the runtime's log");
  return {context->host().core().shared_log(), std::move(component)};
}

} // namespace actors
