#include "support.hpp"

#include <actors/core/gather.hpp>
#include <actors/sync/shared_mutex.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using actors::spawn;
using actors::task;
using actors::task_handle;
using actors::sync::shared_mutex;
using namespace sync_test;

task<> write_and_note(shared_mutex& m, journal<std::string>& order, std::string name) {
  const auto guard = co_await m.lock();
  order.add(std::move(name));
}

task<> read_and_note(shared_mutex& m, journal<std::string>& order, std::string name) {
  const auto guard = co_await m.lock_shared();
  order.add(std::move(name));
}

task<> read_until(shared_mutex& m, journal<std::string>& order, std::string name, gate& door) {
  const auto guard = co_await m.lock_shared();
  order.add(std::move(name));
  co_await door;
}

} // namespace

TEST(shared_mutex, lets_many_readers_in_or_one_writer) {
  on_every_runtime([]() -> task<> {
    shared_mutex m;
    {
      const auto a = co_await m.lock_shared();
      const auto b = co_await m.lock_shared();
      const auto c = m.try_lock_shared();
      EXPECT_TRUE(c);
      EXPECT_EQ(m.readers(), 3U);
      EXPECT_FALSE(m.try_lock());
    }
    EXPECT_EQ(m.readers(), 0U);
    {
      auto writer = co_await m.lock();
      EXPECT_TRUE(m.locked());
      EXPECT_FALSE(m.try_lock_shared());
      EXPECT_FALSE(m.try_lock());
      writer.unlock();
      EXPECT_FALSE(m.locked());
      writer = m.try_lock();
      EXPECT_TRUE(writer);
    }
    EXPECT_FALSE(m.locked());
  });
}

TEST(shared_mutex, empty_guards_are_misuse) {
  shared_mutex::guard writer;
  shared_mutex::shared_guard reader;
  EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { writer.unlock(); })));
  EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { reader.unlock(); })));
  EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { static_cast<void>(writer.downgrade()); })));
}

TEST(shared_mutex, a_reader_waits_behind_a_writer_that_came_before_it) {
  on_every_runtime([]() -> task<> {
    shared_mutex m;
    journal<std::string> order;
    auto reading = co_await m.lock_shared();
    const auto writer = spawn(write_and_note(m, order, "writer"));
    co_await until([&] { return m.waiting() == 1; });
    EXPECT_FALSE(m.try_lock_shared());
    const auto reader = spawn(read_and_note(m, order, "reader"));
    co_await until([&] { return m.waiting() == 2; });
    reading.unlock();
    co_await writer;
    co_await reader;
    EXPECT_EQ(order.entries(), (std::vector<std::string>{"writer", "reader"}));
  });
}

TEST(shared_mutex, readers_next_to_each_other_come_in_together) {
  on_every_runtime([]() -> task<> {
    shared_mutex m;
    journal<std::string> order;
    gate door;
    auto writing = co_await m.lock();
    std::vector<task_handle<>> all;
    for (int i = 0; i < 3; ++i)
      all.push_back(spawn(read_until(m, order, "reader", door)));
    co_await until([&] { return m.waiting() == 3; });
    all.push_back(spawn(write_and_note(m, order, "writer")));
    co_await until([&] { return m.waiting() == 4; });
    all.push_back(spawn(read_and_note(m, order, "late reader")));
    co_await until([&] { return m.waiting() == 5; });
    writing.unlock();
    EXPECT_EQ(m.readers(), 3U);
    EXPECT_EQ(m.waiting(), 2U);
    co_await until([&] { return order.size() == 3; });
    door.open();
    for (const auto& each : all)
      co_await each;
    EXPECT_EQ(order.entries(), (std::vector<std::string>{"reader", "reader", "reader", "writer", "late reader"}));
  });
}

TEST(shared_mutex, writers_do_not_starve_under_readers_that_overlap) {
  on_every_runtime([]() -> task<> {
    shared_mutex m;
    bool written = false;
    auto read_again_and_again = [](shared_mutex& lock, const bool& done) -> task<> {
      for (;;) {
        const auto guard = co_await lock.lock_shared();
        if (done)
          co_return;
        co_await actors::yield();
      }
    };
    auto write = [](shared_mutex& lock, bool& done) -> task<> {
      const auto guard = co_await lock.lock();
      done = true;
    };
    co_await actors::gather(read_again_and_again(m, written), read_again_and_again(m, written),
                            read_again_and_again(m, written), write(m, written));
    EXPECT_TRUE(written);
  });
}

TEST(shared_mutex, when_a_waiting_writer_gives_up_the_readers_behind_it_come_in) {
  on_every_runtime([]() -> task<> {
    for (const bool killed : {false, true}) {
      shared_mutex m;
      journal<std::string> order;
      const auto reading = co_await m.lock_shared();
      const auto writer = spawn(write_and_note(m, order, "writer"));
      co_await until([&] { return m.waiting() == 1; });
      const auto reader = spawn(read_and_note(m, order, "reader"));
      co_await until([&] { return m.waiting() == 2; });
      if (killed)
        kill(writer);
      else
        writer.cancel();
      co_await reader;
      co_await ended(writer);
      EXPECT_EQ(order.entries(), std::vector<std::string>{"reader"});
    }
  });
}

TEST(shared_mutex, passes_on_when_the_woken_waiter_is_cancelled_or_killed) {
  on_every_runtime([]() -> task<> {
    for (const bool killed : {false, true}) {
      for (const bool victim_writes : {false, true}) {
        shared_mutex m;
        journal<std::string> order;
        auto writing = co_await m.lock();
        const auto victim =
            victim_writes ? spawn(write_and_note(m, order, "victim")) : spawn(read_and_note(m, order, "victim"));
        co_await until([&] { return m.waiting() == 1; });
        const auto next = spawn(write_and_note(m, order, "next"));
        co_await until([&] { return m.waiting() == 2; });
        if (killed)
          kill(victim);
        else
          victim.cancel();
        writing.unlock();
        co_await next;
        co_await ended(victim);
        EXPECT_EQ(order.entries(), std::vector<std::string>{"next"});
        EXPECT_FALSE(m.locked());
        EXPECT_EQ(m.readers(), 0U);
      }
    }
  });
}

TEST(shared_mutex, downgrade_lets_no_writer_in_between) {
  on_every_runtime([]() -> task<> {
    shared_mutex m;
    journal<std::string> order;
    auto writing = co_await m.lock();
    const auto reader = spawn(read_and_note(m, order, "reader"));
    co_await until([&] { return m.waiting() == 1; });
    const auto writer = spawn(write_and_note(m, order, "writer"));
    co_await until([&] { return m.waiting() == 2; });
    auto reading = writing.downgrade();
    EXPECT_FALSE(writing);
    EXPECT_FALSE(m.locked());
    co_await reader;
    EXPECT_EQ(m.waiting(), 1U);
    order.add("me");
    reading.unlock();
    co_await writer;
    EXPECT_EQ(order.entries(), (std::vector<std::string>{"reader", "me", "writer"}));
  });
}

TEST(shared_mutex, waiting_for_it_may_be_limited_in_time) {
  on_every_runtime([]() -> task<> {
    shared_mutex m;
    auto writing = co_await m.lock();
    const auto read = co_await error_of(actors::with_timeout(1ms, m.lock_shared()));
    EXPECT_TRUE(is_a<actors::timeout_error>(read));
    const auto write = co_await error_of(actors::with_timeout(1ms, m.lock()));
    EXPECT_TRUE(is_a<actors::timeout_error>(write));
    EXPECT_EQ(m.waiting(), 0U);
  });
}

TEST(shared_mutex, destroyed_while_tasks_wait_tells_them_so) {
  on_every_runtime([]() -> task<> {
    auto m = std::make_unique<shared_mutex>();
    auto wait = [](task<shared_mutex::shared_guard> locking) -> task<> {
      static_cast<void>(co_await std::move(locking));
    };
    const auto writing = co_await m->lock();
    const auto waiting = spawn(wait(m->lock_shared()));
    co_await until([&] { return m->waiting() == 1; });
    m.reset();
    const auto error = co_await error_of(waiting);
    EXPECT_EQ(actors::describe(error), "a shared_mutex was destroyed while it was in use");
  });
}
