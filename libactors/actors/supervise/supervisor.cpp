#include <actors/supervise/supervisor.hpp>

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/error.hpp>
#include <actors/core/shield.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/supervise/internal/supervisor_core.hpp>
#include <actors/supervise/internal/supervisor_request.hpp>

#include <stdexcept>

namespace actors::supervise::detail {

namespace {

class end_awaiter : public actors::detail::leaf_awaiter<end_awaiter> {
public:
  explicit end_awaiter(supervisor_core& core) noexcept : core_(&core) {}

  ~end_awaiter() { core_->forget(node_); }

  [[nodiscard]] bool start(actors::detail::task_context& context) {
    arm(context);
    return !core_->check_ended(node_, context, id());
  }

  void await_resume() { check_cancelled(); }

private:
  supervisor_core* core_;
  wait_node node_;
};

task<request_ptr> ask_core(std::shared_ptr<supervisor_core> core, request_ptr request) {
  co_await request_awaiter{*core, request};
  co_return request;
}

task<void> do_request(std::shared_ptr<supervisor_core> core, request_ptr request) {
  static_cast<void>(co_await ask_core(std::move(core), std::move(request)));
}

task<child_ref> start_request(std::shared_ptr<supervisor_core> core, request_ptr request) {
  const auto answered = co_await ask_core(std::move(core), std::move(request));
  co_return answered->child;
}

task<std::vector<child_info>> list_request(std::shared_ptr<supervisor_core> core, request_ptr request) {
  const auto answered = co_await ask_core(std::move(core), std::move(request));
  co_return std::move(answered->list);
}

task<void> end_of(std::shared_ptr<supervisor_core> core, task_handle<void> handle) {
  if (handle) {
    co_await shield(std::move(handle));
    co_return;
  }
  co_await end_awaiter{*core};
  if (const auto error = core->end_error())
    std::rethrow_exception(error);
}

task<void> start_of(std::shared_ptr<supervisor_core> core, task_handle<void> handle, request_ptr request) {
  std::exception_ptr error;
  try {
    static_cast<void>(co_await ask_core(std::move(core), std::move(request)));
  } catch (const std::exception&) {
    error = std::current_exception();
  }
  if (!error)
    co_return;
  // It is about to end with that error, which is now known.
  if (handle)
    co_await shield(std::move(handle));
  std::rethrow_exception(error);
}

task<void> stop_and_join(std::shared_ptr<supervisor_core> core, task_handle<void> handle, request_ptr request) {
  // The answer to the request would only say that it has begun.
  static_cast<void>(core->submit(request));
  co_await end_of(std::move(core), std::move(handle));
}

request_ptr make_request(supervisor_request::kind what, std::string name = {}) {
  auto result = std::make_shared<supervisor_request>(what);
  result->name = std::move(name);
  return result;
}

class supervisor_factory final : public child_factory {
public:
  explicit supervisor_factory(supervisor_spec spec) : spec_(std::move(spec)) {}

  [[nodiscard]] bool launch(child_launch& start) const override {
    auto core = make_supervisor_core(spec_);
    core->on_started(start.started());
    start.nested(core);
    launch_prepared(start, run_supervisor(supervisor_life{std::move(core)}));
    return false;
  }

  [[nodiscard]] bool makes_supervisors() const noexcept override { return true; }

private:
  supervisor_spec spec_;
};

} // namespace

supervisor_life::~supervisor_life() {
  if (core_)
    core_->abandon();
}

std::shared_ptr<supervisor_core> make_supervisor_core(supervisor_spec spec) {
  return std::make_shared<supervisor_core>(std::move(spec));
}

task<void> run_supervisor(supervisor_life life) {
  auto& core = life.core();
  core.begin(co_await actors::detail::current_context{});
  for (;;) {
    core.turn();
    if (core.over())
      break;
    std::exception_ptr stopped;
    try {
      if (core.busy())
        co_await yield();
      else
        co_await core.next();
    } catch (const cancelled&) {
      stopped = std::current_exception();
    }
    if (stopped)
      core.cancel(std::move(stopped));
  }
  core.rethrow();
}

} // namespace actors::supervise::detail

namespace actors::supervise {

using detail::make_request;
using request_kind = detail::supervisor_request::kind;

child_spec supervisor_child(supervisor_spec spec) {
  spec.check();
  auto name = spec.name();
  return {std::move(name), std::make_shared<detail::supervisor_factory>(std::move(spec))};
}

std::string_view to_string(child_state state) noexcept {
  switch (state) {
  case child_state::down:
    return "down";
  case child_state::starting:
    return "starting";
  case child_state::running:
    return "running";
  case child_state::waiting:
    return "waiting";
  case child_state::stopping:
    return "stopping";
  }
  return "unknown";
}

// -- supervisor_ref ------------------------------------------------------------------------------------------------------------------

detail::supervisor_core& supervisor_ref::core() const {
  if (!core_)
    throw misuse_error("an empty supervisor_ref was used");
  return *core_;
}

const std::string& supervisor_ref::name() const {
  return core().spec().name();
}

caf::actor supervisor_ref::address() const {
  return core().address();
}

task<void> supervisor_ref::started() const {
  static_cast<void>(core());
  return detail::start_of(core_, handle_, make_request(request_kind::await_start));
}

task<void> supervisor_ref::ended() const {
  static_cast<void>(core());
  return detail::end_of(core_, handle_);
}

task<void> supervisor_ref::stop(std::string reason) const {
  static_cast<void>(core());
  return detail::stop_and_join(core_, handle_, make_request(request_kind::stop, std::move(reason)));
}

task<child_ref> supervisor_ref::start_child(child_spec spec) const {
  static_cast<void>(core());
  auto request = make_request(request_kind::start_child);
  request->spec = std::move(spec);
  return detail::start_request(core_, std::move(request));
}

task<void> supervisor_ref::terminate_child(std::string name) const {
  static_cast<void>(core());
  return detail::do_request(core_, make_request(request_kind::terminate_child, std::move(name)));
}

task<child_ref> supervisor_ref::restart_child(std::string name) const {
  static_cast<void>(core());
  return detail::start_request(core_, make_request(request_kind::restart_child, std::move(name)));
}

task<void> supervisor_ref::delete_child(std::string name) const {
  static_cast<void>(core());
  return detail::do_request(core_, make_request(request_kind::delete_child, std::move(name)));
}

task<std::vector<child_info>> supervisor_ref::children() const {
  static_cast<void>(core());
  return detail::list_request(core_, make_request(request_kind::list));
}

child_ref supervisor_ref::child(std::string_view name) const {
  auto slot = core().find(name);
  if (!slot)
    throw child_error(child_errc::not_found, core().spec().name(), name);
  return child_ref{std::move(slot)};
}

event_stream supervisor_ref::events(std::size_t capacity) const {
  if (capacity == 0)
    throw std::invalid_argument("supervisor '" + name() + "': an event stream needs room for one event at least");
  return event_stream{core().subscribe(capacity)};
}

// -- start ---------------------------------------------------------------------------------------------------------------------------

supervisor_ref spawn_supervisor(supervisor_spec spec, std::source_location where) {
  auto core = detail::make_supervisor_core(std::move(spec));
  const auto options = spawn_options{}.name(core->spec().name());
  auto handle = spawn(detail::run_supervisor(detail::supervisor_life{core}), options, where);
  return supervisor_ref{std::move(core), std::move(handle)};
}

supervisor_ref spawn_supervisor(runtime& owner, supervisor_spec spec, std::source_location where) {
  auto core = detail::make_supervisor_core(std::move(spec));
  const auto options = spawn_options{}.name(core->spec().name());
  auto handle = owner.spawn(detail::run_supervisor(detail::supervisor_life{core}), options, where);
  return supervisor_ref{std::move(core), std::move(handle)};
}

task<void> run_supervised(supervisor_spec spec) {
  return detail::run_supervisor(detail::supervisor_life{detail::make_supervisor_core(std::move(spec))});
}

} // namespace actors::supervise
