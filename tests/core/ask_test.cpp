#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"
#include "messages.hpp"

#include <actors/core/ask.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/run.hpp>
#include <actors/core/service.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/this_task.hpp>
#include <actors/core/timeout.hpp>

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using actors::ask;
using actors::service;
using actors::service_ref;
using actors::spawn;
using actors::spawn_service;
using actors::task;
using actors::tell;
using namespace core_test;

/// What callers can do to a service: add, fail, wait, look.
class adder final : public service {
public:
  adder() {
    on([this](add_one_atom, std::int32_t x) { return x + 1 + calls_++ * 0; });
    on([](add_one_atom, std::int32_t x, std::string) -> task<std::int32_t> {
      co_await actors::yield();
      co_return x + 1;
    });
    on([](fail_atom, std::string text) -> task<> {
      co_await actors::yield();
      throw std::runtime_error(text);
    });
    on([this](look_atom) { return calls_; });
    on([](wait_atom) -> task<std::string> {
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled& e) {
        last_reason() = e.reason();
        throw;
      }
      co_return "";
    });
    on([](parcel p) { return p.label + ":" + std::to_string(p.weight); });
    on([](std::string) {});
  }

  static std::string& last_reason() {
    static std::string reason;
    return reason;
  }

private:
  std::int32_t calls_ = 0;
};

// A plain CAF actor with the same messages.
caf::behavior plain_adder(caf::event_based_actor*) {
  return {
      [](add_one_atom, std::int32_t x) { return x + 1; },
      [](fail_atom, const std::string& text) -> caf::result<std::int32_t> {
        return caf::make_error(caf::sec::invalid_argument, text);
      },
      [](look_atom) -> caf::result<std::int32_t, std::string> { return {7, "seven"}; },
  };
}

} // namespace

TEST(ask, gives_the_answer_of_a_service) {
  on_every_runtime([]() -> task<> {
    const auto target = spawn_service(std::make_unique<adder>());
    const auto direct = co_await ask<std::int32_t>(target, add_one_atom_v, std::int32_t{4});
    EXPECT_EQ(direct, 5);
    const auto later = co_await ask<std::int32_t>(target, add_one_atom_v, std::int32_t{5}, "slowly");
    EXPECT_EQ(later, 6);
  });
}

TEST(ask, carries_types_of_the_program) {
  on_every_runtime([]() -> task<> {
    const auto target = spawn_service(std::make_unique<adder>());
    const auto text = co_await ask<std::string>(target, parcel{"books", 12});
    EXPECT_EQ(text, "books:12");
  });
}

TEST(ask, for_nothing_waits_until_the_handler_has_ended) {
  on_every_runtime([]() -> task<> {
    const auto target = spawn_service(std::make_unique<adder>());
    co_await ask<void>(target, std::string{"no answer has no content"});
  });
}

TEST(ask, a_plain_actor_works_the_same_way) {
  actors::runtime home{actors::runtime_options{}.workers(2)};
  const auto plain = home.system().spawn(plain_adder);
  home.block_on([&]() -> task<> {
    const auto sum = co_await ask<std::int32_t>(plain, add_one_atom_v, std::int32_t{9});
    EXPECT_EQ(sum, 10);
    const auto several = co_await ask<std::tuple<std::int32_t, std::string>>(plain, look_atom_v);
    EXPECT_EQ(several, (std::tuple<std::int32_t, std::string>{7, "seven"}));
    auto failing = [&]() -> task<> { co_await ask<std::int32_t>(plain, fail_atom_v, std::string{"too heavy"}); };
    const auto error = co_await error_of(failing());
    EXPECT_TRUE(is_a<actors::remote_error>(error));
    EXPECT_THAT(actors::describe(error), testing::HasSubstr("too heavy"));
  });
}

TEST(ask, throws_what_the_handler_threw) {
  on_every_runtime([]() -> task<> {
    const auto target = spawn_service(std::make_unique<adder>());
    auto failing = [&]() -> task<> { co_await ask<void>(target, fail_atom_v, std::string{"out of stock"}); };
    const auto error = co_await error_of(failing());
    EXPECT_TRUE(is_a<actors::remote_error>(error));
    EXPECT_THAT(actors::describe(error), testing::HasSubstr("out of stock"));
  });
}

TEST(ask, what_there_is_no_handler_for_is_an_error) {
  on_every_runtime([]() -> task<> {
    const auto target = spawn_service(std::make_unique<adder>());
    auto unknown = [&]() -> task<> { co_await ask<void>(target, 3.5); };
    const auto error = co_await error_of(unknown());
    EXPECT_TRUE(is_a<actors::remote_error>(error));
    EXPECT_THAT(actors::describe(error), testing::HasSubstr("unexpected_message"));
  });
}

TEST(ask, an_answer_of_another_type_is_an_error) {
  on_every_runtime([]() -> task<> {
    const auto target = spawn_service(std::make_unique<adder>());
    auto mistaken = [&]() -> task<> { co_await ask<std::string>(target, look_atom_v); };
    const auto error = co_await error_of(mistaken());
    EXPECT_TRUE(is_a<actors::remote_error>(error));
    EXPECT_THAT(actors::describe(error), testing::HasSubstr("unexpected_response"));
    auto expects_nothing = [&]() -> task<> { co_await ask<void>(target, look_atom_v); };
    const auto other = co_await error_of(expects_nothing());
    EXPECT_TRUE(is_a<actors::remote_error>(other));
  });
}

TEST(ask, an_actor_that_is_gone_is_an_error_and_not_a_hang) {
  on_every_runtime([]() -> task<> {
    const auto target = spawn_service(std::make_unique<adder>());
    caf::anon_send_exit(target.actor(), caf::exit_reason::user_shutdown);
    // Sent before, in time for its end, or after.
    for (int i = 0; i < 20; ++i) {
      auto late = [&]() -> task<> { co_await ask<std::int32_t>(target, look_atom_v); };
      const auto error = co_await error_of(late());
      if (error) {
        EXPECT_TRUE(is_a<actors::stopping_error>(error) || is_a<actors::remote_error>(error));
      }
      co_await actors::yield();
    }
    auto last = [&]() -> task<> { co_await ask<std::int32_t>(target, look_atom_v); };
    const auto error = co_await error_of(last());
    EXPECT_THAT(actors::describe(error), testing::HasSubstr("request_receiver_down"));
  });
}

TEST(ask, an_empty_address_is_an_error) {
  on_every_runtime([]() -> task<> {
    auto nobody = []() -> task<> { co_await ask<void>(service_ref{}, look_atom_v); };
    const auto error = co_await error_of(nobody());
    EXPECT_TRUE(is_a<actors::misuse_error>(error));
    EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([] { tell(caf::actor{}, look_atom_v); })));
  });
}

TEST(ask, with_a_time_limit_of_its_own) {
  in_virtual_time([]() -> task<> {
    const auto self = co_await actors::this_task();
    const auto start = self.now();
    const auto target = spawn_service(std::make_unique<adder>());
    auto limited = [&]() -> task<> { co_await ask<std::string>(target, wait_atom_v).within(3s); };
    const auto error = co_await error_of(limited());
    EXPECT_TRUE(is_a<actors::timeout_error>(error));
    EXPECT_EQ(actors::describe(error), "the request timed out after 3000 ms");
    EXPECT_EQ(self.now() - start, 3s);
    const auto value = co_await ask<std::int32_t>(target, look_atom_v).within(1s);
    EXPECT_EQ(value, 0);
  });
}

TEST(ask, with_no_time_or_less_gives_up_and_with_all_the_time_there_is_waits) {
  on_every_runtime([]() -> task<> {
    const auto target = spawn_service(std::make_unique<adder>());
    for (const auto limit : {actors::duration{0}, actors::duration{-1s}, actors::duration::min()}) {
      auto limited = [&]() -> task<> { co_await ask<std::string>(target, wait_atom_v).within(limit); };
      const auto error = co_await error_of(limited());
      EXPECT_TRUE(is_a<actors::timeout_error>(error)) << actors::describe(error);
    }
    const auto value = co_await ask<std::int32_t>(target, look_atom_v).within(actors::duration::max());
    EXPECT_EQ(value, 0);
  });
}

TEST(ask, a_late_answer_is_dropped) {
  in_virtual_time([]() -> task<> {
    class slow final : public service {
    public:
      slow() {
        on([](std::int32_t x) -> task<std::int32_t> {
          try {
            co_await actors::sleep(5s);
          } catch (const actors::cancelled&) {
          }
          co_return x;
        });
      }
    };

    const auto target = spawn_service(std::make_unique<slow>());
    for (std::int32_t i = 0; i < 10; ++i) {
      auto limited = [&]() -> task<> { co_await ask<std::int32_t>(target, i).within(1s); };
      const auto error = co_await error_of(limited());
      EXPECT_TRUE(is_a<actors::timeout_error>(error));
    }
    const auto value = co_await ask<std::int32_t>(target, std::int32_t{99});
    EXPECT_EQ(value, 99);
  });
}

TEST(ask, a_caller_that_is_cancelled_cancels_the_handler_with_its_reason) {
  on_every_runtime([]() -> task<> {
    class waiting final : public service {
    public:
      waiting(gate& begun, gate& over, std::string& reason) {
        on([&](wait_atom) -> task<> {
          begun.open();
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

    gate begun;
    gate over;
    std::string reason;
    const auto target = spawn_service(std::make_unique<waiting>(begun, over, reason));
    auto caller = [](service_ref to) -> task<> { co_await ask<void>(to, wait_atom_v); };
    const auto handle = spawn(caller(target));
    co_await begun;
    handle.cancel("the user closed the page");
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled: the user closed the page");
    co_await over;
    EXPECT_EQ(reason, "the user closed the page");
  });
}

TEST(ask, ten_thousand_at_once_from_one_service_handler_are_all_answered) {
  on_every_runtime([]() -> task<> {
    class fan final : public service {
    public:
      explicit fan(service_ref target) {
        on([target](std::int32_t n) -> task<std::int32_t> {
          auto one = [target](std::int32_t i) -> task<std::int32_t> {
            co_return co_await ask<std::int32_t>(target, add_one_atom_v, i);
          };
          std::vector<task<std::int32_t>> all;
          for (std::int32_t i = 0; i < n; ++i)
            all.push_back(one(i));
          const auto answers = co_await actors::gather(std::move(all));
          std::int32_t right = 0;
          for (std::int32_t i = 0; i < n; ++i)
            right += answers[static_cast<std::size_t>(i)] == i + 1 ? 1 : 0;
          co_return right;
        });
      }
    };

    const auto target = spawn_service(std::make_unique<adder>());
    const auto fanned = spawn_service(std::make_unique<fan>(target));
    const auto right = co_await ask<std::int32_t>(fanned, std::int32_t{10'000});
    EXPECT_EQ(right, 10'000);
  });
}

TEST(ask, a_plain_actor_may_call_a_service) {
  actors::runtime home{actors::runtime_options{}.workers(2)};
  const auto target = spawn_service(home, std::make_unique<adder>());
  {
    caf::scoped_actor self{home.system()};
    std::int32_t answer = 0;
    self->request(target.actor(), 10s, add_one_atom_v, std::int32_t{1}, "from outside")
        .receive([&](std::int32_t x) { answer = x; }, [](const caf::error& e) { ADD_FAILURE() << to_string(e); });
    EXPECT_EQ(answer, 2);
    caf::error failure;
    self->request(target.actor(), 10s, fail_atom_v, std::string{"no"})
        .receive([] { ADD_FAILURE() << "there was an answer"; }, [&](caf::error& e) { failure = std::move(e); });
    EXPECT_EQ(failure, actors::errc::failed);
    self->request(target.actor(), 10s, 3.5)
        .receive([] { ADD_FAILURE() << "there was an answer"; }, [&](caf::error& e) { failure = std::move(e); });
    EXPECT_EQ(failure, caf::sec::unexpected_message);
  }
  auto forwarder = [target](caf::event_based_actor* self) -> caf::behavior {
    return {[self, target](std::int32_t x) { return self->delegate(target.actor(), add_one_atom_v, x); }};
  };
  const auto middle = home.system().spawn(forwarder);
  const auto sum =
      home.block_on([&]() -> task<std::int32_t> { co_return co_await ask<std::int32_t>(middle, std::int32_t{20}); });
  EXPECT_EQ(sum, 21);
}

TEST(tell, sends_and_goes_on) {
  on_every_runtime([]() -> task<> {
    class collector final : public service {
    public:
      explicit collector(gate& full) {
        on([this, &full](std::int32_t x) {
          sum_ += x;
          if (sum_ == 5050)
            full.open();
        });
        on([this](look_atom) { return sum_; });
      }

    private:
      std::int32_t sum_ = 0;
    };

    gate full;
    const auto target = spawn_service(std::make_unique<collector>(full));
    for (std::int32_t i = 1; i <= 50; ++i)
      tell(target, i);
    for (std::int32_t i = 51; i <= 100; ++i)
      tell(target.actor(), i);
    co_await full;
    const auto sum = co_await ask<std::int32_t>(target, look_atom_v);
    EXPECT_EQ(sum, 5050);
  });
}

TEST(tell, messages_of_one_sender_arrive_in_order) {
  on_every_runtime([]() -> task<> {
    class checker final : public service {
    public:
      checker() {
        on([this](std::int32_t x) {
          in_order_ = in_order_ && x == next_;
          ++next_;
        });
        on([this](look_atom) { return in_order_ ? next_ : std::int32_t{-1}; });
      }

    private:
      std::int32_t next_ = 0;
      bool in_order_ = true;
    };

    const auto target = spawn_service(std::make_unique<checker>());
    for (std::int32_t i = 0; i < 5'000; ++i)
      tell(target, i);
    const auto seen = co_await ask<std::int32_t>(target, look_atom_v);
    EXPECT_EQ(seen, 5'000);
  });
}

TEST(tell, works_from_a_plain_thread) {
  actors::runtime home{actors::runtime_options{}.workers(1)};
  gate arrived;

  class listener final : public service {
  public:
    explicit listener(gate& door) {
      on([&door](std::string) { door.open(); });
    }
  };

  const auto target = spawn_service(home, std::make_unique<listener>(arrived));
  tell(target, std::string{"hello"});
  home.block_on([&]() -> task<> { co_await arrived; });
}
