#include <actors/core/span.hpp>

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/error.hpp>
#include <actors/core/internal/runtime_core.hpp>
#include <actors/core/internal/tracer.hpp>

#include <algorithm>
#include <chrono>

namespace actors {

namespace {

constexpr std::size_t most_attributes = 128;
constexpr std::size_t most_events = 128;
constexpr std::size_t longest_text = 4096;

/// Cut between two characters.
std::string shortened(std::string_view text) {
  if (text.size() <= longest_text)
    return std::string{text};
  auto end = longest_text;
  for (int i = 0; i < 3 && end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U; ++i)
    --end;
  return std::string{text.substr(0, end)};
}

std::uint32_t set_in(std::vector<span_attribute>& attributes, std::string_view key, attribute_value value) {
  if (auto* const text = std::get_if<std::string>(&value.get()); text != nullptr && text->size() > longest_text)
    *text = shortened(*text);
  const auto known = std::ranges::find(attributes, key, &span_attribute::key);
  if (known != attributes.end())
    known->value = std::move(value);
  else if (attributes.size() < most_attributes)
    attributes.emplace_back(shortened(key), std::move(value));
  else
    return 1;
  return 0;
}

} // namespace

/// A span that is recorded.
struct span::state {
  state(std::shared_ptr<internal::tracer> owner_arg, trace_context context)
      : owner(std::move(owner_arg)), record(std::move(context)) {}

  std::shared_ptr<internal::tracer> owner;
  /// The length is measured on a clock that nobody sets.
  std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();
  span_record record;
};

span::span() noexcept = default;
span::span(span&& other) noexcept = default;

span& span::operator=(span&& other) noexcept {
  end();
  state_ = std::move(other.state_);
  context_ = std::move(other.context_);
  return *this;
}

span::~span() {
  end();
}

span& span::set_name(std::string_view name) {
  if (state_)
    state_->record.name = shortened(name);
  return *this;
}

span& span::set_attribute(std::string_view key, attribute_value value) {
  if (state_)
    state_->record.dropped_attributes += set_in(state_->record.attributes, key, std::move(value));
  return *this;
}

span& span::add_event(std::string_view name, std::vector<span_attribute> attributes) {
  if (!state_)
    return *this;
  auto& record = state_->record;
  if (record.events.size() == most_events) {
    ++record.dropped_events;
    return *this;
  }
  std::vector<span_attribute> kept;
  kept.reserve(std::min(attributes.size(), most_attributes));
  for (auto& each : attributes)
    static_cast<void>(set_in(kept, each.key, std::move(each.value)));
  record.events.emplace_back(shortened(name), state_->owner->now(), std::move(kept));
  return *this;
}

span& span::set_status(span_status status, std::string_view message) {
  if (!state_ || state_->record.status == span_status::ok)
    return *this;
  state_->record.status = status;
  // Only an error has something to say (the specification's Set Status).
  state_->record.status_message = status == span_status::error ? shortened(message) : std::string{};
  return *this;
}

span& span::fail(const std::exception_ptr& error) {
  if (!state_)
    return *this;
  const auto text = describe(error);
  std::vector<span_attribute> attributes;
  attributes.emplace_back("exception.message", text);
  add_event(is_cancelled(error) ? "cancelled" : "exception", std::move(attributes));
  return set_status(span_status::error, text);
}

void span::end() noexcept {
  if (!state_)
    return;
  auto& record = state_->record;
  const auto now = state_->owner->now();
  record.end = state_->owner->is_virtual()
                   ? now
                   : record.start + std::chrono::duration_cast<std::chrono::system_clock::duration>(
                                        std::chrono::steady_clock::now() - state_->begun);
  state_->owner->sink().write(std::move(record));
  state_.reset();
}

span start_span(std::string_view name, const span_options& options) {
  auto* const context = detail::running_context();
  if (context == nullptr)
    throw misuse_error("start_span outside of a task");
  return detail::start_span(*context, name, options);
}

std::shared_ptr<const trace_context> current_trace() noexcept {
  return detail::running_values().trace();
}

namespace detail {

span start_span(task_context& context, std::string_view name, const span_options& options) {
  auto* const tracer = context.host().core().tracer();
  if (tracer == nullptr)
    return {};
  return tracer->start(context.values().trace(), name, options);
}

bool takes_spans(const task_context& context) noexcept {
  return context.host().core().tracer() != nullptr;
}

span_scope::span_scope(task_context& context, span begun) : span_(std::move(begun)) {
  if (span_.context())
    values_.emplace(context, context.values().with_trace(span_.context()));
}

span_scope::~span_scope() {
  if (left_)
    return;
  try {
    span_.set_status(span_status::error, "destroyed before its end");
  } catch (...) {
    // Out of memory: the span ends all the same.
  }
}

void span_scope::leave() noexcept {
  left_ = true;
  values_.reset();
  span_.end();
}

void span_scope::fail(const std::exception_ptr& error) noexcept {
  try {
    span_.fail(error);
  } catch (...) {
    // Out of memory, as above.
  }
  leave();
}

} // namespace detail

} // namespace actors

namespace actors::internal {

span tracer::start(const std::shared_ptr<const trace_context>& around, std::string_view name,
                   const span_options& options) {
  const trace_context* parent = around.get();
  if (options.is_new_trace())
    parent = nullptr;
  else if (options.parent())
    parent = &*options.parent();
  span result;
  if (parent != nullptr && !parent->sampled()) {
    if (parent != around.get())
      result.context_ = std::make_shared<const trace_context>(*parent);
    return result;
  }
  const auto trace = parent != nullptr ? parent->trace() : next_trace();
  const bool sampled = parent != nullptr || samples(trace);
  auto own = parent != nullptr
                 ? parent->with_span(next_span())
                 : trace_context{trace, next_span(), sampled ? trace_context::sampled_flag : std::uint8_t{}};
  result.context_ = std::make_shared<const trace_context>(own);
  if (!sampled)
    return result;
  result.state_ = std::make_unique<span::state>(shared_from_this(), std::move(own));
  auto& record = result.state_->record;
  if (parent != nullptr)
    record.parent = parent->span();
  record.kind = options.kind();
  record.start = now();
  result.set_name(name);
  for (const auto& each : options.attributes())
    result.set_attribute(each.key, each.value);
  return result;
}

} // namespace actors::internal
