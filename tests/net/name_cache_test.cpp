#include <actors/core/error.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/net/name_cache.hpp>
#include <tests/core/every_runtime.hpp>
#include <tests/core/held_pool.hpp>
#include <tests/net/stream_support.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <netdb.h>

#include <atomic>

namespace {

using namespace actors;
using namespace actors::net;
using namespace actors::net::test;
using ::testing::ElementsAre;

const ip_address first_address = *ip_address::parse("192.0.2.1");
const ip_address second_address = *ip_address::parse("2001:db8::2");

/// A resolver that takes a second for each question, and counts them.
class slow_resolver {
public:
  [[nodiscard]] name_cache_options options() {
    return name_cache_options{}.lookup(
        [this](std::string host) -> task<std::vector<ip_address>> { return answer(std::move(host)); });
  }

  [[nodiscard]] int questions() const { return questions_; }

private:
  task<std::vector<ip_address>> answer(std::string host) {
    ++questions_;
    co_await sleep(1s);
    if (host.starts_with("bad"))
      throw net_error("resolve", host, std::error_code{EAI_NONAME, resolver_category()});
    std::vector<ip_address> result;
    if (host.starts_with("empty"))
      co_return result;
    result.push_back(first_address);
    result.push_back(second_address);
    co_return result;
  }

  std::atomic<int> questions_{0};
};

task<std::error_code> failure_of(name_cache names, std::string host) {
  try {
    static_cast<void>(co_await names.resolve(std::move(host), 80));
  } catch (const net_error& e) {
    co_return e.code();
  }
  co_return std::error_code{};
}

TEST(name_cache, an_answer_holds_for_its_time_and_then_is_asked_for_again) {
  core_test::in_virtual_time([]() -> task<> {
    slow_resolver system;
    const name_cache names{system.options().ttl(10s)};
    for (int i = 0; i < 3; ++i) {
      const auto found = co_await names.resolve("Example.org", 80);
      EXPECT_THAT(found, ElementsAre(endpoint(first_address, 80), endpoint(second_address, 80)));
    }
    EXPECT_EQ((co_await names.resolve("example.ORG", 443)).front().port(), 443) << "ports and case are not kept apart";
    EXPECT_EQ(system.questions(), 1);
    EXPECT_EQ(names.size(), 1U);
    co_await sleep(9s);
    static_cast<void>(co_await names.resolve("example.org", 80));
    EXPECT_EQ(system.questions(), 1);
    co_await sleep(1s);
    static_cast<void>(co_await names.resolve("example.org", 80));
    EXPECT_EQ(system.questions(), 2);
  });
}

TEST(name_cache, those_who_ask_at_the_same_time_share_one_question) {
  core_test::on_every_runtime([]() -> task<> {
    slow_resolver system;
    const name_cache names{system.options().ttl(0s)};
    std::vector<task<std::vector<endpoint>>> asking;
    for (int i = 0; i < 5; ++i)
      asking.push_back(names.resolve("example.org", 80));
    const auto found = co_await gather(std::move(asking));
    for (const auto& each : found)
      EXPECT_EQ(each.size(), 2U);
    EXPECT_EQ(system.questions(), 1);
    EXPECT_EQ(names.size(), 0U);
  });
}

TEST(name_cache, a_cancelled_caller_leaves_the_question_to_the_others) {
  core_test::in_virtual_time([]() -> task<> {
    slow_resolver system;
    const name_cache names{system.options()};
    const auto given_up = spawn(names.resolve("example.org", 80), spawn_options{}.eager());
    const auto patient = spawn(names.resolve("example.org", 80), spawn_options{}.eager());
    EXPECT_TRUE(given_up.cancel("never mind"));
    EXPECT_EQ((co_await patient).size(), 2U);
    EXPECT_TRUE(given_up.done());
    EXPECT_EQ(system.questions(), 1);
  });
}

TEST(name_cache, nobody_left_to_wait_is_no_error_even_if_the_question_fails) {
  core_test::in_virtual_time([]() -> task<> {
    slow_resolver system;
    const name_cache names{system.options()};
    EXPECT_TRUE(co_await core_test::is_cancelled_where_it_waits(names.resolve("bad.example", 80)));
    co_await sleep(2s);
    EXPECT_EQ(names.size(), 0U);
  });
}

TEST(name_cache, a_failure_is_told_to_all_and_kept_only_if_that_is_wanted) {
  core_test::in_virtual_time([]() -> task<> {
    slow_resolver system;
    const name_cache forgetful{system.options()};
    const std::error_code unknown{EAI_NONAME, resolver_category()};
    const auto [one, two] = co_await gather(failure_of(forgetful, "bad.example"), failure_of(forgetful, "bad.example"));
    EXPECT_EQ(one, unknown);
    EXPECT_EQ(two, unknown);
    EXPECT_EQ(co_await failure_of(forgetful, "empty.example"), unknown);
    EXPECT_EQ(system.questions(), 2);
    EXPECT_EQ(forgetful.size(), 0U);

    const name_cache names{system.options().error_ttl(5s)};
    EXPECT_EQ(co_await failure_of(names, "bad.example"), unknown);
    EXPECT_EQ(co_await failure_of(names, "bad.example"), unknown);
    EXPECT_EQ(system.questions(), 3);
    co_await sleep(5s);
    EXPECT_EQ(co_await failure_of(names, "bad.example"), unknown);
    EXPECT_EQ(system.questions(), 4);
  });
}

TEST(name_cache, pinned_names_need_no_question_until_they_are_forgotten) {
  core_test::in_virtual_time([]() -> task<> {
    slow_resolver system;
    const name_cache names{system.options()};
    names.pin("Example.org", std::vector<ip_address>(1, second_address));
    co_await sleep(std::chrono::hours{24});
    EXPECT_THAT(co_await names.resolve("example.org", 1), ElementsAre(endpoint(second_address, 1)));
    names.clear();
    EXPECT_THAT(co_await names.resolve("example.org", 1), ElementsAre(endpoint(second_address, 1)));
    EXPECT_EQ(system.questions(), 0);
    EXPECT_TRUE(names.forget("EXAMPLE.org"));
    EXPECT_FALSE(names.forget("example.org"));
    EXPECT_EQ((co_await names.resolve("example.org", 1)).size(), 2U);
    EXPECT_EQ(system.questions(), 1);
    EXPECT_THROW(names.pin("example.org", {}), misuse_error);
  });
}

TEST(name_cache, what_is_pinned_or_forgotten_while_a_question_is_under_way_stays_so) {
  core_test::in_virtual_time([]() -> task<> {
    slow_resolver system;
    const name_cache names{system.options()};
    const auto asking = spawn(names.resolve("example.org", 80), spawn_options{}.eager());
    const auto other = spawn(names.resolve("example.com", 80), spawn_options{}.eager());
    names.pin("example.org", std::vector<ip_address>(1, second_address));
    EXPECT_TRUE(names.forget("example.com"));
    EXPECT_EQ((co_await asking).size(), 2U) << "what was asked before is answered as it was asked";
    EXPECT_EQ((co_await other).size(), 2U);
    EXPECT_THAT(co_await names.resolve("example.org", 1), ElementsAre(endpoint(second_address, 1)));
    EXPECT_EQ(names.size(), 1U);
  });
}

TEST(name_cache, holds_so_many_names_and_drops_those_nearest_to_their_end) {
  core_test::in_virtual_time([]() -> task<> {
    slow_resolver system;
    const name_cache names{system.options().ttl(100s).max_names(2)};
    names.pin("pinned", std::vector<ip_address>(1, first_address));
    for (const std::string host : {"a", "b", "c"})
      static_cast<void>(co_await names.resolve(host, 80));
    EXPECT_EQ(names.size(), 3U);
    EXPECT_EQ(system.questions(), 3);
    for (const std::string host : {"b", "c", "pinned"})
      static_cast<void>(co_await names.resolve(host, 80));
    EXPECT_EQ(system.questions(), 3);
    static_cast<void>(co_await names.resolve("a", 80));
    EXPECT_EQ(system.questions(), 4);
  });
}

TEST(name_cache, addresses_need_no_question) {
  core_test::in_virtual_time([]() -> task<> {
    slow_resolver system;
    const name_cache names{system.options()};
    EXPECT_THAT(co_await names.resolve("192.0.2.1", 80), ElementsAre(endpoint(first_address, 80)));
    EXPECT_EQ(system.questions(), 0);
    EXPECT_EQ(names.size(), 0U);
  });
}

TEST(name_cache, connections_are_made_with_it) {
  run_in_runtime([]() -> task<void> {
    auto source = co_await listen_tcp("127.0.0.1", 0);
    //! [cache]
    name_cache names;
    names.pin("service.internal", std::vector<ip_address>(1, source->local_endpoint().address()));
    auto client = co_await connect_tcp(names, "service.internal", source->local_endpoint().port());
    //! [cache]
    EXPECT_EQ(client->peer(), "service.internal:" + std::to_string(source->local_endpoint().port()));
    auto server = co_await source->accept();
    co_await client->write_all("hi");
    EXPECT_EQ(co_await read_exactly(*server, 2), "hi");
    EXPECT_TRUE((co_await names.resolve("localhost", 1)).front().address().is_loopback()) << "the system is asked";
  });
}

} // namespace
