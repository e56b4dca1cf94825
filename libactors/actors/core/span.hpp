#pragma once

#include <actors/core/detail/run_with_values.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/span_record.hpp>
#include <actors/core/task.hpp>
#include <actors/core/trace_context.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// Spans: what was done in a trace, when, and what came of it.
///
/// `co_await with_span("read page", work)` runs `work` in the calling task as a span of its own: a child of the span
/// around it, or the root of a new trace. What `work` spawns, asks and logs belongs to it. A callable that takes a
/// `span&` can add attributes and events. Spans go to the `span_sink` of the runtime (`runtime_options::trace_to`);
/// without one, the default, nothing is made, and an incoming trace is only passed on.
///
/// Sampling: a trace that came from elsewhere is recorded if its flag says so. For a new one the runtime decides
/// (`runtime_options::trace_ratio`), and what follows respects that, here and elsewhere.
///
/// Ownership: a `span` is its task's; it ends with `end`, or when it is destroyed. It must not outlive the runtime.
/// At most 128 attributes and events are kept, and 4096 bytes of a text; more is counted or cut.
///
/// Errors: an error that leaves `work` gives the span the status `error` and comes out unchanged; so does a
/// cancellation. Cancellation: of the task reaches `work`. Threads: as the task.
///
/// Cost: a frame; without a sink one branch besides.
///
/// Source: https://opentelemetry.io/docs/specs/otel/trace/api/
///
/// @snippet examples/observe.cpp span
namespace actors {

namespace internal {

class tracer;

} // namespace internal

/// How a span begins. For `with_span` and `start_span`.
class span_options {
public:
  /// `internal` by default.
  span_options& kind(span_kind value) noexcept {
    kind_ = value;
    return *this;
  }

  /// The span to be a child of, in place of the one around the calling code.
  span_options& parent(trace_context value) {
    parent_ = std::move(value);
    return *this;
  }

  /// Begin a new trace.
  span_options& new_trace() noexcept {
    new_trace_ = true;
    return *this;
  }

  span_options& attribute(std::string key, attribute_value value) {
    attributes_.emplace_back(std::move(key), std::move(value));
    return *this;
  }

  [[nodiscard]] span_kind kind() const noexcept { return kind_; }

  [[nodiscard]] const std::optional<trace_context>& parent() const noexcept { return parent_; }

  [[nodiscard]] bool is_new_trace() const noexcept { return new_trace_; }

  [[nodiscard]] const std::vector<span_attribute>& attributes() const noexcept { return attributes_; }

private:
  span_kind kind_ = span_kind::internal;
  bool new_trace_ = false;
  std::optional<trace_context> parent_;
  std::vector<span_attribute> attributes_;
};

class span {
public:
  /// Records nothing.
  span() noexcept;
  span(span&& other) noexcept;
  span& operator=(span&& other) noexcept;

  /// Ends the span if it has not ended.
  ~span();

  /// False if nothing is made of this span: no sink, not sampled, or ended. What follows then has no effect.
  [[nodiscard]] bool recording() const noexcept { return state_ != nullptr; }

  /// What the work inside of this span belongs to; also of a new trace that is not recorded. Null if that is what was
  /// around it already.
  [[nodiscard]] const std::shared_ptr<const trace_context>& context() const noexcept { return context_; }

  span& set_name(std::string_view name);

  /// Sets an attribute; one of the same key is replaced.
  span& set_attribute(std::string_view key, attribute_value value);

  /// Something that happened now.
  span& add_event(std::string_view name, std::vector<span_attribute> attributes = {});

  /// What came of it; `ok` is not changed any more.
  span& set_status(span_status status, std::string_view message = {});

  /// The status `error`, and the error as an event.
  span& fail(const std::exception_ptr& error);

  void end() noexcept;

private:
  friend class internal::tracer;

  struct state;

  std::unique_ptr<state> state_;
  std::shared_ptr<const trace_context> context_;
};

/// Begins a span as a child of what is around the calling code, and changes nothing about that. Throws `misuse_error`
/// outside of a task. Most need `with_span`; this is for work that does not end where it began.
[[nodiscard]] span start_span(std::string_view name, const span_options& options = {});

/// The trace that the calling code belongs to, as calls pass it on; null for none, and outside of tasks.
[[nodiscard]] std::shared_ptr<const trace_context> current_trace() noexcept;

namespace detail {

[[nodiscard]] span start_span(task_context& context, std::string_view name, const span_options& options);

/// Whether the runtime of the context has a sink for spans.
[[nodiscard]] bool takes_spans(const task_context& context) noexcept;

/// A span, and that the stack works in it; in the frame of a coroutine of that stack.
class span_scope {
public:
  span_scope(task_context& context, std::string_view name, const span_options& options)
      : span_scope(context, start_span(context, name, options)) {}

  span_scope(task_context& context, span begun);
  span_scope(const span_scope&) = delete;
  span_scope& operator=(const span_scope&) = delete;

  /// Without `leave` or `fail` the work was destroyed half-way.
  ~span_scope();

  [[nodiscard]] span& get() noexcept { return span_; }

  void leave() noexcept;
  void fail(const std::exception_ptr& error) noexcept;

private:
  std::optional<context_values_scope> values_;
  span span_;
  bool left_ = false;
};

template <class F>
concept span_body = std::is_invocable_v<F&, span&> && is_task<std::invoke_result_t<F&, span&>>::value;

template <class Work>
struct span_work_result {};

template <scoped_work Work>
struct span_work_result<Work> {
  using type = work_result_t<Work>;
};

template <span_body F>
struct span_work_result<F> {
  using type = typename std::invoke_result_t<F&, span&>::value_type;
};

template <class T, class Start>
task<T> run_in_span(std::string name, span_options options, Start start) {
  auto& context = co_await current_context{};
  span_scope scope{context, name, options};
  try {
    // Destroyed before the scope, in which it works.
    task<T> running = start(scope.get());
    if constexpr (std::is_void_v<T>) {
      co_await std::move(running);
      scope.leave();
      co_return;
    } else {
      T result = co_await std::move(running);
      scope.leave();
      co_return result;
    }
  } catch (...) {
    scope.fail(std::current_exception());
    throw;
  }
}

/// `run_in_span` for each kind of work.
template <class T, class Work>
class span_start {
public:
  explicit span_start(Work work) : work_(std::move(work)) {}

  task<T> operator()(span& current) {
    if constexpr (span_body<Work>)
      return std::invoke(work_, current);
    else if constexpr (is_task<Work>::value)
      return std::move(work_);
    else
      return work_of(std::move(work_));
  }

private:
  Work work_;
};

class set_trace {
public:
  explicit set_trace(std::shared_ptr<const trace_context> trace) noexcept : trace_(std::move(trace)) {}

  [[nodiscard]] context_values operator()(const context_values& before) { return before.with_trace(std::move(trace_)); }

private:
  std::shared_ptr<const trace_context> trace_;
};

} // namespace detail

/// Runs `work` (a task, another operation, or a callable that returns a task and may take a `span&`) as a span.
template <class Work>
  requires(detail::scoped_work<Work> || detail::span_body<Work>)
task<typename detail::span_work_result<Work>::type> with_span(std::string name, Work work) {
  return with_span(std::move(name), span_options{}, std::move(work));
}

template <class Work>
  requires(detail::scoped_work<Work> || detail::span_body<Work>)
task<typename detail::span_work_result<Work>::type> with_span(std::string name, span_options options, Work work) {
  using result = typename detail::span_work_result<Work>::type;
  return detail::run_in_span<result>(std::move(name), std::move(options),
                                     detail::span_start<result, Work>{std::move(work)});
}

/// Runs `work` (a task, another operation, or a callable that returns a task) in a trace that came from elsewhere, such
/// as with a message from a queue; null: in none.
template <detail::scoped_work Work>
task<detail::work_result_t<Work>> with_trace(std::shared_ptr<const trace_context> trace, Work work) {
  return detail::run_with_values(detail::set_trace{std::move(trace)}, detail::work_of(std::move(work)));
}

template <detail::scoped_work Work>
task<detail::work_result_t<Work>> with_trace(trace_context trace, Work work) {
  return with_trace(std::make_shared<const trace_context>(std::move(trace)), std::move(work));
}

} // namespace actors
