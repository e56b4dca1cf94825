#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"
#include "messages.hpp"

#include <actors/core/ask.hpp>
#include <actors/core/call_context.hpp>
#include <actors/core/service.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/span.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/this_task.hpp>
#include <actors/core/timeout.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/byte_buffer.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

/// What a call carries with it, seen from the handler and on the wire.
namespace {

using actors::ask;
using actors::call_context;
using actors::cancel_call;
using actors::service;
using actors::service_ref;
using actors::spawn_service;
using actors::task;
using actors::tell;
using namespace core_test;

/// Tells what it sees of the limits and traces around its handler.
class observer final : public service {
public:
  observer() {
    on([](look_atom) -> task<std::int64_t> {
      const auto self = co_await actors::this_task();
      co_return self.deadline() == actors::time_point::max() ? -1 : (self.deadline() - self.now()).count();
    });
    on([](wait_atom) -> task<std::string> {
      const auto trace = actors::current_trace();
      co_return trace ? trace->traceparent() + " " + trace->state() : "none";
    });
  }
};

/// Passes a call on.
class forwarder final : public service {
public:
  explicit forwarder(service_ref target) {
    on([target](look_atom) -> task<std::int64_t> { co_return co_await ask<std::int64_t>(target, look_atom_v); });
    on([target](wait_atom) -> task<std::string> { co_return co_await ask<std::string>(target, wait_atom_v); });
  }
};

constexpr std::int64_t nanoseconds(actors::duration length) {
  return length.count();
}

} // namespace

TEST(call_context, a_call_without_a_limit_has_none_in_the_handler) {
  on_every_runtime([]() -> task<> {
    const auto target = spawn_service(std::make_unique<observer>());
    const auto left = co_await ask<std::int64_t>(target, look_atom_v);
    EXPECT_EQ(left, -1);
  });
}

TEST(call_context, the_time_left_of_the_tightest_limit_is_passed_on_through_any_number_of_services) {
  in_virtual_time([]() -> task<> {
    const auto last = spawn_service(std::make_unique<observer>());
    const auto middle = spawn_service(std::make_unique<forwarder>(last));
    const auto first = spawn_service(std::make_unique<forwarder>(middle));
    auto call = [&]() -> task<std::int64_t> { co_return co_await ask<std::int64_t>(first, look_atom_v); };
    const auto within_scope = co_await actors::with_timeout(5s, call());
    EXPECT_EQ(within_scope, nanoseconds(5s));
    const auto own_limit = co_await ask<std::int64_t>(first, look_atom_v).within(3s);
    EXPECT_EQ(own_limit, nanoseconds(3s));
    auto tighter = [&]() -> task<std::int64_t> { co_return co_await ask<std::int64_t>(first, look_atom_v).within(9s); };
    const auto tightest = co_await actors::with_timeout(4s, tighter());
    EXPECT_EQ(tightest, nanoseconds(4s));
  });
}

TEST(call_context, a_plain_actor_gets_the_message_without_a_context) {
  actors::runtime home{actors::runtime_options{}.workers(1)};
  const auto plain = home.system().spawn(
      [](caf::event_based_actor*) -> caf::behavior { return {[](look_atom) { return std::int64_t{-7}; }}; });
  const auto answer = home.block_on([&]() -> task<std::int64_t> {
    auto call = [&]() -> task<std::int64_t> { co_return co_await ask<std::int64_t>(plain, look_atom_v); };
    co_return co_await actors::with_timeout(10s, call());
  });
  EXPECT_EQ(answer, -7);
}

TEST(call_context, the_trace_is_passed_on) {
  on_every_runtime([]() -> task<> {
    const auto last = spawn_service(std::make_unique<observer>());
    const auto first = spawn_service(std::make_unique<forwarder>(last));
    const auto none = co_await ask<std::string>(first, wait_atom_v);
    EXPECT_EQ(none, "none");
    const actors::trace_context trace{actors::trace_id{47, 11}, actors::span_id{5}, 1, "a=b"};
    auto traced = [&]() -> task<std::string> { co_return co_await ask<std::string>(first, wait_atom_v); };
    const auto seen = co_await actors::spawn(actors::with_trace(trace, traced));
    EXPECT_EQ(seen, trace.traceparent() + " a=b");
  });
}

TEST(call_context, a_handler_is_cancelled_when_the_callers_time_is_up) {
  in_virtual_time([]() -> task<> {
    class sleeper final : public service {
    public:
      sleeper(gate& over, std::string& reason) {
        on([&](wait_atom) -> task<> {
          try {
            co_await actors::sleep(actors::forever);
          } catch (const actors::cancelled& e) {
            reason = e.reason();
            over.open();
            throw;
          }
        });
      }
    };

    gate over;
    std::string reason;
    const auto target = spawn_service(std::make_unique<sleeper>(over, reason));
    // A message that only claims to come from a caller with a limit: nobody cancels it but the service itself.
    caf::anon_send(target.actor(), call_context{nanoseconds(2s), 0}, wait_atom_v);
    const auto self = co_await actors::this_task();
    const auto start = self.now();
    co_await over;
    EXPECT_EQ(reason, "the caller's time is up");
    EXPECT_EQ(self.now() - start, 2s);
  });
}

TEST(call_context, a_caller_whose_time_is_up_is_told_so_and_not_cancelled_by_the_service) {
  in_virtual_time([]() -> task<> {
    class sleeper final : public service {
    public:
      sleeper() {
        on([](wait_atom) -> task<int> {
          co_await actors::sleep(actors::forever);
          co_return 1;
        });
      }
    };

    const auto target = spawn_service(std::make_unique<sleeper>());
    const call_context two_seconds{nanoseconds(2s), 0};
    bool timed_out = false;
    try {
      // Only the service knows of the limit, so its answer comes first for sure.
      static_cast<void>(co_await ask<int>(target.actor(), two_seconds, wait_atom_v));
    } catch (const actors::timeout_error&) {
      timed_out = true;
    }
    EXPECT_TRUE(timed_out);
  });
}

TEST(call_context, a_call_with_no_time_left_is_cancelled_at_its_first_await) {
  in_virtual_time([]() -> task<> {
    const auto target = spawn_service(std::make_unique<observer>());
    caf::anon_send(target.actor(), call_context{0, 0}, look_atom_v);
    const auto still_serving = co_await ask<std::int64_t>(target, look_atom_v);
    EXPECT_EQ(still_serving, -1);
  });
}

TEST(call_context, time_spent_waiting_for_the_service_to_start_counts) {
  in_virtual_time([]() -> task<> {
    class late_starter final : public service {
    public:
      late_starter() {
        on([](look_atom) -> task<std::int64_t> {
          const auto self = co_await actors::this_task();
          co_return (self.deadline() - self.now()).count();
        });
      }

    protected:
      task<> on_start() override { co_await actors::sleep(4s); }
    };

    const auto target = spawn_service(std::make_unique<late_starter>());
    const auto left = co_await ask<std::int64_t>(target, look_atom_v).within(10s);
    EXPECT_EQ(left, nanoseconds(6s));
  });
}

TEST(call_context, a_call_that_was_given_up_before_the_service_had_started_never_runs) {
  in_virtual_time([]() -> task<> {
    class late_starter final : public service {
    public:
      explicit late_starter(int& runs) {
        on([&runs](wait_atom) { ++runs; });
        on([&runs](look_atom) { return std::int32_t{runs}; });
      }

    protected:
      task<> on_start() override { co_await actors::sleep(4s); }
    };

    int runs = 0;
    const auto target = spawn_service(std::make_unique<late_starter>(runs));
    auto impatient = [&]() -> task<> { co_await ask<void>(target, wait_atom_v).within(1s); };
    const auto error = co_await error_of(impatient());
    EXPECT_TRUE(is_a<actors::timeout_error>(error));
    const auto seen = co_await ask<std::int32_t>(target, look_atom_v);
    EXPECT_EQ(seen, 0);
  });
}

TEST(call_context, cancelling_a_call_touches_no_other_call_of_the_same_or_another_caller) {
  on_every_runtime([]() -> task<> {
    class waiting final : public service {
    public:
      explicit waiting(gate& door) {
        on([this, &door](wait_atom, std::int32_t n) -> task<std::int32_t> {
          ++running_;
          co_await door;
          co_return n;
        });
        on([this](look_atom) { return running_; });
      }

    private:
      std::int32_t running_ = 0;
    };

    gate door;
    const auto target = spawn_service(std::make_unique<waiting>(door));
    auto caller = [](service_ref to, std::int32_t n) -> task<std::int32_t> {
      co_return co_await ask<std::int32_t>(to, wait_atom_v, n);
    };
    std::vector<actors::task_handle<std::int32_t>> calls;
    for (std::int32_t i = 0; i < 20; ++i)
      calls.push_back(actors::spawn(caller(target, i)));
    for (;;) {
      const auto running = co_await ask<std::int32_t>(target, look_atom_v);
      if (running == 20)
        break;
      co_await actors::yield();
    }
    calls[7].cancel("only this one");
    static_cast<void>(co_await error_of(calls[7]));
    door.open();
    for (std::int32_t i = 0; i < 20; ++i) {
      const auto& each = calls[static_cast<std::size_t>(i)];
      const auto error = co_await error_of(each);
      EXPECT_EQ(static_cast<bool>(error), i == 7);
    }
  });
}

TEST(call_context, a_cancellation_of_a_call_that_does_not_exist_is_ignored) {
  on_every_runtime([]() -> task<> {
    const auto target = spawn_service(std::make_unique<observer>());
    for (std::uint64_t id = 0; id < 100; ++id)
      tell(target.actor(), cancel_call{id, "nothing there"});
    const auto left = co_await ask<std::int64_t>(target, look_atom_v);
    EXPECT_EQ(left, -1);
  });
}

namespace {

/// A runtime to serialise for.
class call_context_wire : public ::testing::Test {
protected:
  template <class T>
  [[nodiscard]] caf::byte_buffer written(const T& value) {
    caf::byte_buffer bytes;
    caf::binary_serializer out{home_.system(), bytes};
    auto copy = value; // NOLINT(performance-unnecessary-copy-initialization): inspectors take what they could change
    EXPECT_TRUE(out.apply(copy));
    return bytes;
  }

  template <class T>
  [[nodiscard]] bool read(const caf::byte_buffer& bytes, T& value) {
    caf::binary_deserializer in{home_.system(), bytes};
    return in.apply(value);
  }

private:
  actors::runtime home_{actors::runtime_options{}.workers(1)};
};

// Before the extension come the time and the id.
constexpr std::size_t extension_at = 16;

} // namespace

TEST_F(call_context_wire, survives_the_wire) {
  const actors::trace_context trace{actors::trace_id{7, 8}, actors::span_id{9}, 1, "a=b"};
  call_context context;
  ASSERT_TRUE(read(written(call_context{123, 456, std::make_shared<const actors::trace_context>(trace)}), context));
  EXPECT_EQ(context.time_left_ns, 123);
  EXPECT_EQ(context.call_id, 456U);
  ASSERT_TRUE(context.trace);
  EXPECT_EQ(*context.trace, trace);
  cancel_call cancel;
  ASSERT_TRUE(read(written(cancel_call{11, "why not"}), cancel));
  EXPECT_EQ(cancel.call_id, 11U);
  EXPECT_EQ(cancel.reason, "why not");
}

TEST_F(call_context_wire, is_short) {
  EXPECT_EQ(written(call_context{123, 456}).size(), extension_at + 1);
  const auto trace =
      std::make_shared<const actors::trace_context>(actors::trace_id{7, 8}, actors::span_id{9}, std::uint8_t{1});
  EXPECT_EQ(written(call_context{123, 456, trace}).size(), extension_at + 29);
  call_context none{1, 2, trace};
  ASSERT_TRUE(read(written(call_context{123, 456}), none));
  EXPECT_FALSE(none.trace);
}

TEST_F(call_context_wire, what_a_later_version_adds_is_skipped) {
  const auto trace =
      std::make_shared<const actors::trace_context>(actors::trace_id{7, 8}, actors::span_id{9}, std::uint8_t{1});
  auto bytes = written(call_context{123, 456, trace});
  const caf::byte_buffer unknown{caf::byte{200}, caf::byte{0}, caf::byte{2}, caf::byte{1}, caf::byte{2}};
  bytes.insert(bytes.begin() + extension_at + 1, unknown.begin(), unknown.end());
  bytes[extension_at] = static_cast<caf::byte>(28 + unknown.size());
  call_context context;
  ASSERT_TRUE(read(bytes, context));
  ASSERT_TRUE(context.trace);
  EXPECT_EQ(*context.trace, *trace);
}

TEST_F(call_context_wire, an_extension_that_is_not_what_it_says_is_refused) {
  const auto trace =
      std::make_shared<const actors::trace_context>(actors::trace_id{7, 8}, actors::span_id{9}, std::uint8_t{1});
  const auto good = written(call_context{123, 456, trace});
  call_context context;
  for (std::size_t size = 0; size < good.size(); ++size) {
    auto cut = good;
    cut.resize(size);
    EXPECT_FALSE(read(cut, context)) << size;
  }
  for (std::size_t length = 1; length < 28; ++length) {
    auto shorter = good;
    shorter.resize(extension_at + 1 + length);
    shorter[extension_at] = static_cast<caf::byte>(length);
    EXPECT_FALSE(read(shorter, context)) << length;
  }
  auto zero_span = good;
  std::fill_n(zero_span.begin() + extension_at + 1 + 3 + 16, 8, caf::byte{0});
  EXPECT_FALSE(read(zero_span, context));
}
