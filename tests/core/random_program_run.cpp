#include "errors.hpp"
#include "gate.hpp"
#include "messages.hpp"
#include "random_program.hpp"
#include "random_program_parts.hpp"

#include <actors/core/as_completed.hpp>
#include <actors/core/ask.hpp>
#include <actors/core/cleanup.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/generator.hpp>
#include <actors/core/service.hpp>
#include <actors/core/shield.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_group.hpp>
#include <actors/core/this_task.hpp>
#include <actors/core/timeout.hpp>
#include <actors/core/to_thread.hpp>
#include <actors/core/wait.hpp>

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>

namespace core_test {

namespace {

using namespace programs;
using actors::spawn;
using actors::spawn_options;
using actors::task;
using actors::task_handle;
using namespace std::chrono_literals;

bool is(verb what, verb first, verb last) {
  return what >= first && what <= last;
}

class oracle final : public actors::service {
public:
  oracle() {
    on([](add_one_atom, number x) -> task<number> {
      co_await actors::yield();
      co_return x + 1;
    });
    on([](fail_atom, number x) -> number { throw std::runtime_error(error_text(x)); });
    on([](wait_atom) -> task<number> {
      co_await actors::sleep(actors::forever);
      co_return 0;
    });
  }
};

// -- tasks that end only when they are cancelled ---------------------------------------------------------------------------------------

/// Opens `begun` when it waits. The gate is shared, because who awaits it may be cancelled and gone before this task
/// is.
task<number> never(std::shared_ptr<gate> begun, surroundings& around, number flavour, counted mark) {
  switch (flavour % 6) {
  case 0:
    begun->open();
    co_await actors::sleep(actors::forever);
    break;
  case 1: {
    gate closed;
    begun->open();
    co_await closed;
    break;
  }
  case 2:
    static_cast<void>(co_await actors::gather(never(begun, around, flavour / 6, mark), never(begun, around, 0, mark)));
    break;
  case 3:
    co_await spawn(never(begun, around, flavour / 6, mark));
    break;
  case 4:
    co_await actors::with_timeout(24h, never(begun, around, flavour / 6, mark));
    break;
  default: {
    begun->open();
    std::exception_ptr reason;
    try {
      co_await actors::sleep(actors::forever);
    } catch (const actors::cancelled&) {
      reason = std::current_exception();
    }
    // The cleanup may await; afterwards the cancellation goes on its way.
    co_await actors::yield();
    co_await actors::sleep(1us);
    std::rethrow_exception(reason);
  }
  }
  co_return 0;
}

task<number> never_from(number flavour, surroundings& around) {
  co_return co_await never(std::make_shared<gate>(), around, flavour, counted{around.live});
}

/// Answers a cancellation with a result.
task<number> stubborn(number value, counted) {
  try {
    co_await actors::sleep(actors::forever);
  } catch (const actors::cancelled&) {
  }
  co_return value;
}

/// The error of a task that fails, as text.
template <class T>
task<std::string> text_of_error(task_handle<T> handle) {
  const auto error = co_await error_of(handle);
  co_return actors::describe(error);
}

// -- nodes -----------------------------------------------------------------------------------------------------------------------------

task<number> asked(const node& n, surroundings& around) {
  co_return co_await actors::ask<number>(around.service, add_one_atom_v, n.number);
}

task<number> refused(const node& n, surroundings& around) {
  std::string text;
  try {
    co_await actors::ask<number>(around.service, fail_atom_v, n.number);
  } catch (const std::exception& e) {
    text = e.what();
  }
  co_return text.find(error_text(n.number)) != std::string::npos ? refused_value(n.number) : 0;
}

task<number> asked_too_late(const node& n, surroundings& around) {
  bool late = false;
  try {
    co_await actors::ask<number>(around.service, wait_atom_v).within(1ms);
  } catch (const actors::timeout_error&) {
    late = true;
  }
  co_return late ? too_late_value(n.number) : 0;
}

task<number> too_late(const node& n, surroundings& around) {
  bool late = false;
  try {
    co_await actors::with_timeout(24h, actors::with_timeout(1ms, never_from(n.number, around)));
  } catch (const actors::timeout_error&) {
    late = true;
  }
  co_return late ? too_late_value(n.number) : 0;
}

task<number> too_late_but_stubborn(const node& n, surroundings& around) {
  co_return co_await actors::with_timeout(1ms, stubborn(stubborn_value(n.number), counted{around.live}));
}

task<number> cancelled_child(const node& n, surroundings& around) {
  const auto begun = std::make_shared<gate>();
  const auto child = spawn(never(begun, around, n.number, counted{around.live}));
  // Before its first step or in the middle of it all.
  if (n.number % 3 != 0)
    co_await *begun;
  child.cancel(reason_text(n.number));
  const auto text = co_await text_of_error(child);
  co_return hash(text);
}

task<number> killed_child(const node& n, surroundings& around) {
  const auto begun = std::make_shared<gate>();
  const auto child = spawn(never(begun, around, n.number, counted{around.live}));
  if (n.number % 3 != 0)
    co_await *begun;
  caf::anon_send_exit(child.address(), caf::exit_reason::kill);
  const auto text = co_await text_of_error(child);
  co_return hash(text);
}

task<number> wait_shielded(task_handle<number> handle) {
  co_return co_await actors::shield(handle);
}

task<number> shielded(const node& n, surroundings& around) {
  const auto begun = std::make_shared<gate>();
  const auto child = spawn(never(begun, around, n.number, counted{around.live}));
  co_await *begun;
  bool late = false;
  try {
    co_await actors::with_timeout(1ms, wait_shielded(child));
  } catch (const actors::timeout_error&) {
    late = true;
  }
  const bool alive = !child.done();
  child.cancel(reason_text(n.number));
  const auto text = co_await text_of_error(child);
  co_return late&& alive ? hash(text) : 0;
}

task<> cancelling_body(actors::task_group& group, const node& n, surroundings& around) {
  for (number i = 0; i <= n.number % 3; ++i)
    static_cast<void>(group.spawn(never_from(n.number + i, around)));
  if (n.number % 2 == 0)
    co_await actors::yield();
  group.cancel();
}

task<number> group_that_cancels(const node& n, surroundings& around) {
  co_await actors::with_task_group(cancelling_body, std::cref(n), std::ref(around));
  co_return n.number;
}

task<> cancel_when_begun(actors::cancel_scope& scope, std::shared_ptr<gate> begun) {
  co_await *begun;
  scope.cancel();
}

task<number> cancelled_scope(const node& n, surroundings& around) {
  auto body = [&](actors::cancel_scope& scope) -> task<number> {
    const auto begun = std::make_shared<gate>();
    // By itself before the next await, or by a child while it waits.
    if (n.number % 2 == 0)
      scope.cancel(reason_text(n.number));
    else
      static_cast<void>(spawn(cancel_when_begun(scope, begun)));
    co_return co_await never(begun, around, n.number, counted{around.live});
  };
  const auto value = co_await actors::with_cancel_scope(body);
  co_return value.has_value() ? 0 : n.number;
}

task<number> equal_deadlines(const node& n, surroundings& around) {
  const auto self = co_await actors::this_task();
  const auto deadline = self.now() + std::chrono::microseconds(n.number % 100);
  bool inner_went_on = false;
  auto outer = [&](actors::cancel_scope&) -> task<> {
    static_cast<void>(co_await actors::move_on_at(deadline, never_from(n.number, around)));
    inner_went_on = true;
  };
  const bool in_time = co_await actors::move_on_at(deadline, outer);
  // A task of no time never runs, so its verb moves on at once and the outer body may end.
  co_return !in_time || inner_went_on ? too_late_value(n.number) : 0;
}

actors::generator<number> generate(const node& n, surroundings& around) {
  co_yield n.number;
  co_await actors::yield();
  co_yield co_await run(n, around);
  co_await actors::sleep(actors::forever);
}

task<number> generated(const node& n, surroundings& around) {
  auto source = generate(n.children[0], around);
  static_cast<void>(co_await source.next());
  const auto value = co_await source.next();
  if (n.number % 2 == 0)
    co_await source.close();
  co_return *value;
}

task<number> cleaned_up(const node& n, surroundings& around) {
  auto cleanup = [&around]() -> task<> {
    const counted mark{around.live};
    co_await actors::sleep(1us);
  };
  co_return co_await actors::with_cleanup(run(n.children[0], around), cleanup);
}

task<> start_child(const node& n, surroundings& around, actors::start_signal<number> ready) {
  ready.started(co_await run(n, around));
  static_cast<void>(co_await never_from(n.number, around));
}

task<number> starting_body(actors::task_group& group, const node& n, surroundings& around) {
  auto child = [&](actors::start_signal<number> ready) { return start_child(n.children[0], around, std::move(ready)); };
  // Not thrown through the group, which would put it into an error of its own.
  const auto value = co_await group.start<number>(child);
  group.cancel();
  co_return value;
}

task<number> started(const node& n, surroundings& around) {
  std::exception_ptr only;
  number value = 0;
  try {
    value = co_await actors::with_task_group(starting_body, std::cref(n), std::ref(around));
  } catch (const actors::group_error& e) {
    only = e.errors().size() == 1 ? e.errors()[0] : std::make_exception_ptr(std::runtime_error("too many errors"));
  }
  if (only)
    std::rethrow_exception(only);
  co_return value;
}

task<number> first_of_several(const node& n, surroundings& around) {
  std::vector<task_handle<number>> handles;
  handles.push_back(spawn(never_from(n.number, around)));
  handles.push_back(spawn(run(n.children[0], around)));
  handles.push_back(spawn(never_from(n.number / 2, around)));
  const auto found = co_await actors::wait(handles, actors::until::first_completed);
  for (const auto& other : found.pending)
    other.cancel(reason_text(n.number));
  number sum = mix(found.done.size(), found.pending.size());
  for (const auto& other : found.pending) {
    const auto text = co_await text_of_error(other);
    sum = mix(sum, hash(text));
  }
  const auto first = co_await error_of(handles[1]);
  if (first)
    std::rethrow_exception(first);
  co_return mix(sum, handles[1].result().value());
}

std::vector<task<number>> tasks_of(const node& n, surroundings& around) {
  std::vector<task<number>> tasks;
  for (const auto& child : n.children)
    tasks.push_back(run(child, around));
  return tasks;
}

std::vector<task_handle<number>> handles_of(const node& n, surroundings& around) {
  std::vector<task_handle<number>> handles;
  for (const auto& child : n.children)
    handles.push_back(spawn(run(child, around)));
  return handles;
}

number sum_of(const std::vector<number>& values) {
  number sum = values.size();
  for (const auto value : values)
    sum = mix(sum, value);
  return sum;
}

number number_of_outcome(const actors::outcome<number>& x) {
  return x.has_value() ? x.value() : hash(actors::describe(x.error()));
}

bool any_fails(const node& n) {
  for (const auto& child : n.children)
    if (!expected(child).error.empty())
      return true;
  return false;
}

task<number> gathered(const node& n, surroundings& around) {
  auto tasks = tasks_of(n, around);
  // One that fails ends the others, which may take any time.
  if (any_fails(n))
    tasks.push_back(never_from(n.number, around));
  const auto values = co_await actors::gather(std::move(tasks));
  co_return sum_of(values);
}

task<number> gathered_handles(const node& n, surroundings& around) {
  const auto values = co_await actors::gather(handles_of(n, around));
  co_return sum_of(values);
}

task<number> gathered_outcomes(const node& n, surroundings& around) {
  const auto outcomes = co_await actors::gather_outcomes(tasks_of(n, around));
  number sum = outcomes.size();
  for (const auto& x : outcomes)
    sum = mix(sum, number_of_outcome(x));
  co_return sum;
}

task<number> waited(const node& n, surroundings& around) {
  const auto found = co_await actors::wait(handles_of(n, around), actors::until::all_completed);
  number sum = found.done.size();
  for (const auto& handle : found.done)
    sum = mix(sum, number_of_outcome(handle.result()));
  co_return sum;
}

task<number> completed(const node& n, surroundings& around) {
  auto ended = actors::as_completed(handles_of(n, around));
  // In whatever order they end.
  number sum = 0;
  for (;;) {
    const auto handle = co_await ended.next();
    if (!handle)
      break;
    sum += number_of_outcome(handle->result());
  }
  co_return sum;
}

task<> store(const node& n, surroundings& around, number& slot) {
  slot = co_await run(n, around);
}

task<> group_body(actors::task_group& group, const node& n, surroundings& around, std::vector<number>& values) {
  for (std::size_t i = 0; i < n.children.size(); ++i)
    static_cast<void>(group.spawn(store(n.children[i], around, values[i])));
  if (any_fails(n))
    static_cast<void>(group.spawn(never_from(n.number, around)));
  if (n.number % 2 == 0)
    co_await actors::yield();
}

task<number> grouped(const node& n, surroundings& around) {
  std::vector<number> values(n.children.size());
  std::exception_ptr only;
  try {
    co_await actors::with_task_group(group_body, std::cref(n), std::ref(around), std::ref(values));
  } catch (const actors::group_error& e) {
    only = e.errors().size() == 1 ? e.errors()[0] : std::make_exception_ptr(std::runtime_error("too many errors"));
  }
  if (only)
    std::rethrow_exception(only);
  co_return sum_of(values);
}

task<number> in_thread(const node& n, bool fails) {
  co_return co_await actors::to_thread([value = n.number, fails] {
    if (fails)
      throw std::runtime_error(error_text(value));
    return value;
  });
}

task<number> fail(const node& n) {
  co_await actors::yield();
  throw std::runtime_error(error_text(n.number));
}

task<number> run_leaf(const node& n, surroundings& around) {
  switch (n.what) {
  case verb::fail:
    return fail(n);
  case verb::in_thread:
    return in_thread(n, false);
  case verb::fail_in_thread:
    return in_thread(n, true);
  case verb::asked:
    return asked(n, around);
  case verb::refused:
    return refused(n, around);
  case verb::asked_too_late:
    return asked_too_late(n, around);
  case verb::too_late:
    return too_late(n, around);
  case verb::too_late_but_stubborn:
    return too_late_but_stubborn(n, around);
  case verb::cancelled_child:
    return cancelled_child(n, around);
  case verb::killed_child:
    return killed_child(n, around);
  case verb::shielded:
    return shielded(n, around);
  case verb::group_that_cancels:
    return group_that_cancels(n, around);
  case verb::cancelled_scope:
    return cancelled_scope(n, around);
  case verb::equal_deadlines:
    return equal_deadlines(n, around);
  case verb::get_in_time_or_later:
  case verb::cancelled_getter:
  case verb::put_and_cancel:
  case verb::shut_queue:
    return run_with_queue(n, around);
  default:
    return [](number value) -> task<number> { co_return value; }(n.number);
  }
}

task<number> run_single(const node& n, surroundings& around) {
  const auto& child = n.children[0];
  switch (n.what) {
  case verb::after_sleep:
    co_await actors::sleep(std::chrono::microseconds(n.number % 300));
    co_return co_await run(child, around);
  case verb::after_yield:
    for (number i = 0; i < n.number % 4; ++i)
      co_await actors::yield();
    co_return co_await run(child, around);
  case verb::spawned:
    co_return co_await spawn(run(child, around));
  case verb::detached:
    co_return co_await actors::spawn_detached(run(child, around));
  case verb::bound: {
    const auto options = spawn_options{}.run_on(actors::affinity::same_worker);
    co_return co_await spawn(run(child, around), options);
  }
  case verb::in_time:
    co_return co_await actors::with_timeout(24h, run(child, around));
  case verb::caught: {
    const auto x = co_await caught(child, around);
    co_return number_of(x);
  }
  case verb::first_of_several:
    co_return co_await first_of_several(n, around);
  case verb::eager: {
    const auto options = spawn_options{}.eager();
    co_return co_await spawn(run(child, around), options);
  }
  case verb::moved_on: {
    const auto value = co_await actors::move_on_after(24h, run(child, around));
    co_return value.value_or(0);
  }
  case verb::generated:
    co_return co_await generated(n, around);
  case verb::cleaned_up:
    co_return co_await cleaned_up(n, around);
  case verb::started:
    co_return co_await started(n, around);
  case verb::handed_over:
    co_return co_await run_with_queue(n, around);
  default:
    co_return co_await run(child, around);
  }
}

task<number> run_many(const node& n, surroundings& around) {
  switch (n.what) {
  case verb::gather:
    return gathered(n, around);
  case verb::gather_handles:
    return gathered_handles(n, around);
  case verb::gather_outcomes:
    return gathered_outcomes(n, around);
  case verb::wait_for_all:
    return waited(n, around);
  case verb::as_completed:
    return completed(n, around);
  case verb::group:
    return grouped(n, around);
  default:
    return run_with_queue(n, around);
  }
}

task<number> dispatch(const node& n, surroundings& around) {
  if (is(n.what, verb::value, verb::last_leaf))
    return run_leaf(n, around);
  if (is(n.what, verb::after_sleep, verb::last_single))
    return run_single(n, around);
  return run_many(n, around);
}

} // namespace

actors::task<programs::number> programs::run(const node& n, surroundings& around) {
  const counted mark{around.live};
  const auto value = co_await dispatch(n, around);
  const auto self = co_await actors::this_task();
  const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(self.now().time_since_epoch()).count();
  const std::scoped_lock guard{around.trace_mutex};
  around.trace.push_back(std::to_string(now) + ": " + std::to_string(static_cast<int>(n.what)) + " of " +
                         std::to_string(n.number) + " is " + std::to_string(value));
  co_return value;
}

actors::task<result> programs::caught(const node& n, surroundings& around) {
  result x;
  try {
    x.value = co_await run(n, around);
  } catch (const std::exception& e) {
    x.error = e.what();
  }
  co_return x;
}

actors::service_ref spawn_oracle() {
  return actors::spawn_service(std::make_unique<oracle>());
}

actors::task<result> run_program(const node& program, surroundings& around) {
  co_return co_await caught(program, around);
}

} // namespace core_test
