#include "counted.hpp"
#include "errors.hpp"
#include "every_options.hpp"
#include "gate.hpp"
#include "recording_log.hpp"

#include <actors/core/generator.hpp>
#include <actors/core/run.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/to_thread.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// A runtime for one task, and what becomes of what that task leaves behind.
namespace {

using actors::run;
using actors::runtime_options;
using actors::spawn;
using actors::spawn_detached;
using actors::spawn_options;
using actors::task;
using namespace core_test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Runs `main` with a log of its own; what was logged.
std::vector<std::string> logged_by(const runtime_options& options, task<> main) {
  const auto log = std::make_shared<recording_log>();
  run(std::move(main), runtime_options{options}.log_to(log));
  return log->lines();
}

/// Begins, waits until it is cancelled, and cleans up in several steps.
task<> clean_up_slowly(gate& begun, std::vector<std::string>& notes) {
  begun.open();
  try {
    co_await actors::sleep(actors::forever);
  } catch (const actors::cancelled& e) {
    notes.emplace_back(e.reason());
  }
  for (int i = 0; i < 3; ++i)
    co_await actors::yield();
  co_await actors::sleep(1ms);
  notes.emplace_back("cleaned up");
}

} // namespace

TEST(run, gives_the_result_of_its_task_or_throws_its_error) {
  with_every_options([](const runtime_options& options) {
    auto give = []() -> task<std::unique_ptr<int>> {
      co_await actors::yield();
      co_return std::make_unique<int>(5);
    };
    EXPECT_EQ(*run(give(), options), 5);
    auto fail = []() -> task<int> {
      co_await actors::yield();
      throw std::runtime_error("no luck");
    };
    EXPECT_EQ(actors::describe(thrown_by([&] { static_cast<void>(run(fail(), options)); })), "no luck");
    EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { static_cast<void>(run(task<int>{}, options)); })));
  });
}

TEST(run, cancels_what_is_left_over_and_waits_for_its_cleanup) {
  with_every_options([](const runtime_options& options) {
    std::vector<std::string> notes;
    auto main = [](std::vector<std::string>& lines) -> task<> {
      gate begun;
      static_cast<void>(spawn_detached(clean_up_slowly(begun, lines)));
      co_await begun;
    };
    EXPECT_THAT(logged_by(options, main(notes)), IsEmpty());
    EXPECT_THAT(notes, ElementsAre("the runtime is stopping", "cleaned up"));
  });
}

TEST(run, an_error_of_its_task_comes_out_when_what_is_left_over_has_ended) {
  with_every_options([](const runtime_options& options) {
    std::vector<std::string> notes;
    auto main = [](std::vector<std::string>& lines) -> task<> {
      gate begun;
      static_cast<void>(spawn_detached(clean_up_slowly(begun, lines)));
      co_await begun;
      throw std::runtime_error("the main task failed");
    };
    const auto error = thrown_by([&] { run(main(notes), options); });
    EXPECT_EQ(actors::describe(error), "the main task failed");
    EXPECT_THAT(notes, ElementsAre("the runtime is stopping", "cleaned up"));
  });
}

TEST(run, what_is_left_over_and_has_not_begun_never_runs) {
  with_every_options([](const runtime_options& options) {
    std::atomic<int> live{0};
    std::atomic<int> finished{0};
    auto main = [](std::atomic<int>& count, std::atomic<int>& ends) -> task<> {
      auto left = [](counted, std::atomic<int>& all) -> task<> {
        co_await actors::sleep(actors::forever);
        ++all;
      };
      for (int i = 0; i < 20; ++i)
        static_cast<void>(spawn_detached(left(counted{count}, ends)));
      co_return;
    };
    EXPECT_THAT(logged_by(options, main(live, finished)), IsEmpty());
    EXPECT_EQ(live, 0);
    EXPECT_EQ(finished, 0);
  });
}

TEST(run, errors_in_the_cleanup_of_what_is_left_over_are_logged_each_with_its_task) {
  with_every_options([](const runtime_options& options) {
    auto main = []() -> task<> {
      gate first;
      gate second;
      auto left = [](gate& begun, std::string text) -> task<> {
        begun.open();
        try {
          co_await actors::sleep(actors::forever);
        } catch (const actors::cancelled&) {
        }
        co_await actors::yield();
        throw std::runtime_error(text);
      };
      static_cast<void>(spawn_detached(left(first, "the disk is full"), spawn_options{}.name("saver")));
      static_cast<void>(spawn_detached(left(second, "the line is dead"), spawn_options{}.name("sender")));
      co_await first;
      co_await second;
    };
    auto lines = logged_by(options, main());
    std::ranges::sort(lines);
    EXPECT_THAT(lines, ElementsAre(testing::AllOf(testing::StartsWith("error task: task saver (spawned at "),
                                                  HasSubstr("run_test.cpp:"), HasSubstr("the disk is full")),
                                   testing::AllOf(testing::StartsWith("error task: task sender (spawned at "),
                                                  HasSubstr("run_test.cpp:"), HasSubstr("the line is dead"))));
  });
}

TEST(run, what_is_left_over_may_answer_its_cancellation_and_start_children_for_its_cleanup) {
  struct family {
    // Every generation but the last starts another when it is cancelled, and waits for it.
    static task<> member(int generations, gate* begun, std::atomic<int>& cleaned) {
      if (begun != nullptr) {
        begun->open();
        try {
          co_await actors::sleep(actors::forever);
        } catch (const actors::cancelled&) {
        }
      }
      co_await actors::sleep(1ms);
      if (generations > 0)
        co_await spawn(member(generations - 1, nullptr, cleaned));
      ++cleaned;
    }
  };

  with_every_options([](const runtime_options& options) {
    std::atomic<int> cleaned{0};
    auto main = [](std::atomic<int>& count) -> task<> {
      gate begun;
      static_cast<void>(spawn_detached(family::member(5, &begun, count)));
      co_await begun;
    };
    EXPECT_THAT(logged_by(options, main(cleaned)), IsEmpty());
    EXPECT_EQ(cleaned, 6);
  });
}

TEST(run, children_that_are_started_in_the_end_and_left_over_again_are_cancelled_and_joined_too) {
  struct family {
    // Every generation but the last leaves a child behind when it is cancelled.
    static task<> member(int generations, gate& begun, std::atomic<int>& cancelled) {
      begun.open();
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled&) {
        ++cancelled;
      }
      if (generations == 0)
        co_return;
      gate next;
      static_cast<void>(spawn(member(generations - 1, next, cancelled)));
      co_await next;
    }
  };

  with_every_options([](const runtime_options& options) {
    std::atomic<int> cancelled{0};
    auto main = [](std::atomic<int>& count) -> task<> {
      gate begun;
      static_cast<void>(spawn_detached(family::member(5, begun, count)));
      co_await begun;
    };
    EXPECT_THAT(logged_by(options, main(cancelled)), IsEmpty());
    EXPECT_EQ(cancelled, 6);
  });
}

TEST(run, refuses_new_tasks_of_the_runtime_while_it_ends_and_destroys_them_unrun) {
  with_every_options([](const runtime_options& options) {
    std::atomic<int> live{0};
    std::exception_ptr refused;
    auto main = [](std::atomic<int>& count, std::exception_ptr& error) -> task<> {
      gate begun;
      auto left = [](gate& ready, std::atomic<int>& frames, std::exception_ptr& seen) -> task<> {
        ready.open();
        try {
          co_await actors::sleep(actors::forever);
        } catch (const actors::cancelled&) {
        }
        auto another = [](counted) -> task<> { co_await actors::sleep(actors::forever); };
        seen = thrown_by([&] { static_cast<void>(spawn_detached(another(counted{frames}))); });
        EXPECT_EQ(frames, 0);
      };
      static_cast<void>(spawn_detached(left(begun, count, error)));
      co_await begun;
    };
    EXPECT_THAT(logged_by(options, main(live, refused)), IsEmpty());
    EXPECT_TRUE(is_a<actors::stopping_error>(refused));
  });
}

TEST(run, kills_and_names_what_ignores_its_cancellation_when_the_time_to_end_is_up) {
  with_every_options([](const runtime_options& options) {
    std::atomic<int> live{0};
    auto main = [](std::atomic<int>& count) -> task<> {
      gate begun;
      auto mule = [](counted, gate& ready) -> task<> {
        ready.open();
        for (;;) {
          try {
            co_await actors::sleep(actors::forever);
          } catch (const actors::cancelled&) {
          }
        }
      };
      static_cast<void>(spawn_detached(mule(counted{count}, begun), spawn_options{}.name("mule")));
      co_await begun;
    };
    // On a slow machine the time may be up before the last step of the main task is over, and then it is named too.
    EXPECT_THAT(logged_by(runtime_options{options}.stop_deadline(1ms), main(live)),
                testing::Contains("warning runtime: task mule did not end in time and was killed"));
    EXPECT_EQ(live, 0);
  });
}

TEST(run, generators_that_are_open_in_what_is_left_over_are_closed_or_destroyed) {
  with_every_options([](const runtime_options& options) {
    std::atomic<int> live{0};
    std::vector<std::string> closed;
    auto main = [](std::atomic<int>& count, std::vector<std::string>& lines) -> task<> {
      gate looping;
      gate holding;
      auto endless = [](counted, std::vector<std::string>& notes) -> actors::generator<int> {
        bool closing = false;
        try {
          for (int i = 0;; ++i)
            co_yield i;
        } catch (const actors::generator_closed&) {
          closing = true;
        }
        if (closing) {
          co_await actors::sleep(1ms);
          notes.emplace_back("closed");
        }
      };
      auto wait = [&looping](int) -> task<> {
        looping.open();
        co_await actors::sleep(actors::forever);
      };
      auto hold = [](actors::generator<int> source, gate& begun) -> task<> {
        static_cast<void>(co_await source.next());
        begun.open();
        co_await actors::sleep(actors::forever);
      };
      static_cast<void>(spawn_detached(actors::for_each(endless(counted{count}, lines), wait)));
      static_cast<void>(spawn_detached(hold(endless(counted{count}, lines), holding)));
      co_await looping;
      co_await holding;
      EXPECT_EQ(count, 2);
    };
    EXPECT_THAT(logged_by(options, main(live, closed)), IsEmpty());
    EXPECT_EQ(live, 0);
    EXPECT_THAT(closed, ElementsAre("closed"));
  });
}

TEST(run, inside_a_task_is_an_error_and_its_task_never_runs) {
  with_every_options([](const runtime_options& options) {
    std::atomic<int> live{0};
    auto inner = [](counted) -> task<> { co_return; };
    auto main = [&]() -> task<> {
      const auto error = thrown_by([&] { run(inner(counted{live})); });
      EXPECT_TRUE(is_a<actors::misuse_error>(error));
      EXPECT_THAT(actors::describe(error), HasSubstr("co_await"));
      EXPECT_EQ(live, 0);
      co_return;
    };
    run(main(), options);
  });
}

TEST(run, inside_a_blocking_call_of_a_task_works) {
  run([]() -> task<> {
    const int value = co_await actors::to_thread([] { return run([]() -> task<int> { co_return 7; }()); });
    EXPECT_EQ(value, 7);
  }());
}
