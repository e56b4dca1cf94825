#include <services/scraper/frontier.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace services::scraper;
using namespace std::chrono_literals;
using add_result = frontier::add_result;

namespace {

const frontier::time_point start{1'000'000s};
const std::string a = "http://a.org";
const std::string b = "http://b.org";

frontier_options all_hosts() {
  frontier_options options;
  options.include_hosts = {"*"};
  return options;
}

add_result add(frontier& x, const std::string& origin, const std::string& path, std::uint32_t depth = 0) {
  return x.add(origin + path, origin, depth).result;
}

/// Hands out and finishes everything at once; returns the URLs in order.
std::vector<std::string> drain(frontier& x, frontier::time_point now = start) {
  std::vector<std::string> urls;
  while (const auto item = x.next(now)) {
    urls.push_back(item->url);
    x.done(*item, now);
  }
  return urls;
}

} // namespace

TEST(frontier, urls_of_a_host_come_in_the_order_in_which_they_were_added) {
  frontier x{all_hosts()};
  EXPECT_EQ(add(x, a, "/1"), add_result::added);
  EXPECT_EQ(add(x, a, "/2"), add_result::added);
  EXPECT_EQ(add(x, a, "/3"), add_result::added);
  EXPECT_EQ(x.pending(), 3u);
  EXPECT_EQ(drain(x), (std::vector<std::string>{a + "/1", a + "/2", a + "/3"}));
  EXPECT_TRUE(x.finished());
}

TEST(frontier, a_url_is_handed_out_once) {
  frontier x{all_hosts()};
  EXPECT_EQ(add(x, a, "/1"), add_result::added);
  EXPECT_EQ(add(x, a, "/1"), add_result::seen_before);
  EXPECT_EQ(drain(x).size(), 1u);
  EXPECT_EQ(add(x, a, "/1"), add_result::seen_before);
  EXPECT_EQ(x.seen(), 1u);
}

TEST(frontier, hosts_take_turns) {
  frontier x{all_hosts()};
  for (const auto* path : {"/1", "/2", "/3"})
    add(x, a, path);
  add(x, b, "/1");
  add(x, b, "/2");
  EXPECT_EQ(drain(x), (std::vector<std::string>{a + "/1", b + "/1", a + "/2", b + "/2", a + "/3"}));
}

TEST(frontier, no_more_requests_run_per_host_than_the_limit) {
  auto options = all_hosts();
  options.concurrency = 2;
  frontier x{options};
  for (auto i = 0; i < 5; ++i)
    add(x, a, "/" + std::to_string(i));
  add(x, b, "/");
  const auto first = x.next(start);
  const auto other = x.next(start);
  const auto second = x.next(start);
  ASSERT_TRUE(first && second && other);
  EXPECT_EQ(other->origin, b);
  EXPECT_FALSE(x.next(start));
  EXPECT_EQ(x.next_time(start), std::nullopt) << "only something done can help";
  EXPECT_EQ(x.running(), 3u);
  x.done(*first, start);
  EXPECT_EQ(x.next_time(start), start);
  EXPECT_TRUE(x.next(start));
  EXPECT_FALSE(x.next(start));
}

TEST(frontier, requests_to_a_host_keep_their_distance) {
  auto options = all_hosts();
  options.rate = 4;
  frontier x{options};
  add(x, a, "/1");
  add(x, a, "/2");
  add(x, b, "/1");
  EXPECT_TRUE(x.next(start));
  EXPECT_TRUE(x.next(start)) << "the other host is free";
  EXPECT_FALSE(x.next(start));
  EXPECT_EQ(x.next_time(start), start + 250ms);
  EXPECT_FALSE(x.next(start + 249ms));
  EXPECT_TRUE(x.next(start + 250ms));
}

TEST(frontier, a_crawl_delay_slows_a_host_down_and_never_speeds_it_up) {
  auto options = all_hosts();
  options.rate = 1;
  frontier x{options};
  x.set_interval(a, 5s);
  x.set_interval(b, 1ms);
  for (const auto* path : {"/1", "/2"}) {
    add(x, a, path);
    add(x, b, path);
  }
  EXPECT_TRUE(x.next(start));
  EXPECT_TRUE(x.next(start));
  EXPECT_EQ(x.next_time(start), start + 1s);
  const auto item = x.next(start + 1s);
  ASSERT_TRUE(item);
  EXPECT_EQ(item->origin, b);
  EXPECT_EQ(x.next_time(start + 1s), start + 5s);
}

TEST(frontier, a_host_that_asks_for_time_gets_it) {
  frontier x{all_hosts()};
  add(x, a, "/1");
  add(x, b, "/1");
  x.hold(a, start + 30s);
  x.hold(a, start + 10s);
  EXPECT_EQ(drain(x), std::vector<std::string>{b + "/1"});
  EXPECT_EQ(x.next_time(start), start + 30s);
  EXPECT_FALSE(x.next(start + 29s));
  EXPECT_FALSE(x.finished());
  EXPECT_EQ(drain(x, start + 30s), std::vector<std::string>{a + "/1"});
}

TEST(frontier, a_hold_that_comes_while_a_host_waits_is_honoured) {
  auto options = all_hosts();
  options.rate = 10;
  frontier x{options};
  add(x, a, "/1");
  add(x, a, "/2");
  const auto item = x.next(start);
  ASSERT_TRUE(item);
  EXPECT_EQ(x.next_time(start), start + 100ms);
  x.hold(a, start + 5s);
  x.done(*item, start);
  EXPECT_FALSE(x.next(start + 100ms));
  EXPECT_EQ(x.next_time(start + 100ms), start + 5s);
}

TEST(frontier, a_retry_comes_back_after_its_time_with_its_attempts_counted) {
  frontier x{all_hosts()};
  add(x, a, "/1", 3);
  add(x, a, "/2", 3);
  auto item = x.next(start);
  ASSERT_TRUE(item);
  EXPECT_EQ(item->attempts, 0u);
  x.retry(*item, start + 2s, start);
  EXPECT_EQ(drain(x), std::vector<std::string>{a + "/2"}) << "others do not wait for it";
  EXPECT_FALSE(x.finished());
  EXPECT_EQ(x.next_time(start), start + 2s);
  item = x.next(start + 2s);
  ASSERT_TRUE(item);
  EXPECT_EQ(item->url, a + "/1");
  EXPECT_EQ(item->attempts, 1u);
  EXPECT_EQ(item->depth, 3u);
  x.done(*item, start + 2s);
  EXPECT_TRUE(x.finished());
}

TEST(frontier, what_is_put_back_waits_for_its_turn_and_counts_no_attempt) {
  frontier x{all_hosts()};
  add(x, a, "/1", 3);
  auto item = x.next(start);
  ASSERT_TRUE(item);
  x.set_interval(a, 2s);
  x.put_back(*item, start);
  EXPECT_FALSE(x.finished());
  EXPECT_EQ(x.pending(), 1u);
  item = x.next(start);
  ASSERT_TRUE(item) << "the first time was before the interval was known";
  x.put_back(*item, start);
  EXPECT_FALSE(x.next(start + 1s));
  item = x.next(start + 2s);
  ASSERT_TRUE(item);
  EXPECT_EQ(item->attempts, 0u);
  x.done(*item, start + 2s);
  EXPECT_TRUE(x.finished());
}

TEST(frontier, a_host_that_fails_all_the_time_does_not_turn_its_whole_queue_into_retries) {
  auto options = all_hosts();
  options.concurrency = 2;
  frontier x{options};
  for (auto i = 0; i < 1000; ++i)
    add(x, a, "/" + std::to_string(i));
  auto tried = 0;
  while (auto item = x.next(start)) {
    x.retry(*item, start + 1s, start);
    ++tried;
  }
  EXPECT_EQ(tried, 8);
  EXPECT_EQ(x.next_time(start), start + 1s);
  EXPECT_EQ(x.pending(), 1000u);
}

TEST(frontier, depth_and_hosts_are_bounded) {
  frontier_options options;
  options.max_depth = 2;
  options.include_hosts = {"a.org"};
  frontier x{options};
  EXPECT_EQ(add(x, a, "/1", 2), add_result::added);
  EXPECT_EQ(add(x, a, "/2", 3), add_result::too_deep);
  EXPECT_EQ(add(x, b, "/1", 0), add_result::host_excluded);
  x.include_host("b.org");
  EXPECT_EQ(add(x, b, "/1", 0), add_result::added) << "what was refused was not remembered as seen";
  EXPECT_EQ(add(x, a, "/2", 1), add_result::added);
}

TEST(frontier, with_a_depth_limit_a_level_is_finished_before_the_next_begins) {
  auto options = all_hosts();
  options.max_depth = 5;
  frontier x{options};
  add(x, a, "/1", 0);
  add(x, a, "/2", 0);
  const auto one = x.next(start);
  ASSERT_TRUE(one);
  add(x, a, "/1/child", 1);
  x.done(*one, start);
  const auto two = x.next(start);
  ASSERT_TRUE(two);
  EXPECT_EQ(two->url, a + "/2");
  EXPECT_FALSE(x.next(start)) << "the page that runs may still find a shorter way";
  x.retry(*two, start + 1s, start);
  EXPECT_FALSE(x.next(start)) << "so may one that is tried again";
  const auto again = x.next(start + 1s);
  ASSERT_TRUE(again);
  x.done(*again, start + 1s);
  EXPECT_EQ(drain(x, start + 1s), std::vector<std::string>{a + "/1/child"});
}

TEST(frontier, the_limit_of_pages_counts_pages_not_attempts) {
  auto options = all_hosts();
  options.max_pages = 2;
  frontier x{options};
  for (auto i = 0; i < 5; ++i)
    add(x, a, "/" + std::to_string(i));
  const auto one = x.next(start);
  const auto two = x.next(start);
  ASSERT_TRUE(one && two);
  EXPECT_FALSE(x.next(start));
  x.retry(*one, start + 1s, start);
  x.done(*two, start);
  EXPECT_FALSE(x.finished()) << "the retry belongs to the two";
  const auto again = x.next(start + 1s);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->url, one->url);
  x.done(*again, start + 1s);
  EXPECT_TRUE(x.finished());
  EXPECT_FALSE(x.next(start + 1h));
  EXPECT_EQ(x.pending(), 3u);
}

TEST(frontier, pages_of_an_earlier_run_are_not_fetched_and_count_for_the_limit) {
  auto options = all_hosts();
  options.max_pages = 3;
  frontier x{options};
  x.add_known(a + "/1", true);
  x.add_known(a + "/2", true);
  EXPECT_EQ(add(x, a, "/1"), add_result::seen_before);
  add(x, a, "/3");
  add(x, a, "/4");
  EXPECT_EQ(drain(x).size(), 1u);
  EXPECT_TRUE(x.finished());
}

TEST(frontier, urls_beyond_the_memory_limit_wait_in_the_store_and_keep_their_order) {
  auto options = all_hosts();
  options.memory_limit = 20;
  options.concurrency = 1;
  frontier x{options};
  std::map<std::uint64_t, std::string> store;
  std::vector<std::string> expected;
  for (auto i = 0; i < 100; ++i) {
    const auto url = a + "/" + std::to_string(1000 + i);
    const auto added = x.add(url, a, 0);
    ASSERT_EQ(added.result, add_result::added);
    store[added.id] = url;
    expected.push_back(url);
  }
  EXPECT_EQ(x.pending(), 100u);
  std::vector<std::string> got;
  auto refills = 0;
  while (!x.finished()) {
    if (x.wants_refill()) {
      ++refills;
      auto count = 0;
      for (auto at = store.upper_bound(x.loaded_id()); at != store.end() && count < 3; ++at, ++count)
        EXPECT_EQ(x.refill(at->second, a, 0, at->first), add_result::added);
      ASSERT_GT(count, 0);
    }
    const auto item = x.next(start);
    ASSERT_TRUE(item);
    got.push_back(item->url);
    x.done(*item, start);
    if (got.size() == 50) {
      // What is found meanwhile queues up behind what waits.
      const auto added = x.add(a + "/late", a, 1);
      store[added.id] = a + "/late";
      expected.push_back(a + "/late");
    }
  }
  EXPECT_EQ(got, expected);
  EXPECT_GT(refills, 10);
  EXPECT_EQ(x.pending(), 0u);
  EXPECT_EQ(add(x, a, "/now in memory again"), add_result::added);
  EXPECT_FALSE(x.wants_refill());
}

TEST(frontier, a_resumed_crawl_starts_from_the_store) {
  frontier x{all_hosts()};
  x.add_known(a + "/done", true);
  x.add_known(a + "/7", false);
  x.add_known(a + "/9", false);
  x.expect_stored(2, 9);
  EXPECT_FALSE(x.finished());
  EXPECT_EQ(x.pending(), 2u);
  ASSERT_TRUE(x.wants_refill());
  EXPECT_EQ(x.loaded_id(), 0u);
  x.refill(a + "/7", a, 1, 7);
  x.refill(a + "/9", a, 1, 9);
  EXPECT_FALSE(x.wants_refill());
  EXPECT_EQ(x.add(a + "/new", a, 0).id, 10u) << "ids go on where they ended";
  EXPECT_EQ(drain(x), (std::vector<std::string>{a + "/7", a + "/9", a + "/new"}));
}

TEST(frontier, a_stored_url_that_is_now_out_of_bounds_stays_in_the_store) {
  frontier_options options;
  options.include_hosts = {"a.org"};
  options.max_depth = 1;
  frontier x{options};
  x.expect_stored(3, 3);
  EXPECT_EQ(x.refill(b + "/", b, 0, 1), add_result::host_excluded);
  EXPECT_EQ(x.refill(a + "/", a, 2, 2), add_result::too_deep);
  EXPECT_EQ(x.refill(a + "/", a, 1, 3), add_result::added);
  EXPECT_EQ(drain(x).size(), 1u);
  EXPECT_TRUE(x.finished());
}

TEST(frontier, host_patterns_match_hosts_and_ports) {
  EXPECT_TRUE(host_matches("example.org", "http://example.org"));
  EXPECT_TRUE(host_matches("Example.ORG", "https://example.org:8443"));
  EXPECT_FALSE(host_matches("example.org", "http://www.example.org"));
  EXPECT_FALSE(host_matches("example.org", "http://example.org.evil.com"));
  EXPECT_FALSE(host_matches("example.org", "http://notexample.org"));
  EXPECT_TRUE(host_matches("*.example.org", "http://www.example.org"));
  EXPECT_TRUE(host_matches("*.example.org", "http://a.b.example.org:81"));
  EXPECT_TRUE(host_matches("*.example.org", "http://example.org"));
  EXPECT_FALSE(host_matches("*.example.org", "http://notexample.org"));
  EXPECT_TRUE(host_matches("*", "http://anything"));
  EXPECT_TRUE(host_matches("127.0.0.1:8080", "http://127.0.0.1:8080"));
  EXPECT_FALSE(host_matches("127.0.0.1:8080", "http://127.0.0.1:9090"));
  EXPECT_FALSE(host_matches("127.0.0.1:80", "http://127.0.0.1:8080"));
  EXPECT_TRUE(host_matches("::1", "http://[::1]:8080"));
  EXPECT_TRUE(host_matches("[::1]", "http://[::1]"));
  EXPECT_TRUE(host_matches("[::1]:8080", "http://[::1]:8080"));
  EXPECT_FALSE(host_matches("", "http://a.org"));
}

TEST(frontier, urls_that_do_not_begin_with_their_origin_survive) {
  frontier x{all_hosts()};
  for (const auto* url : {"http://a.org", "http://a.org?q", "http://a.organic/x", "HTTP://A.ORG/y"})
    x.add(url, a, 0);
  EXPECT_EQ(drain(x),
            (std::vector<std::string>{"http://a.org", "http://a.org?q", "http://a.organic/x", "HTTP://A.ORG/y"}));
}

TEST(frontier, idle_hosts_are_forgotten_when_there_are_many) {
  frontier x{all_hosts()};
  x.set_interval("http://slow.org", 10s);
  x.hold("http://held.org", start + 1h);
  for (auto i = 0; i < 100'000; ++i) {
    const auto origin = "http://h" + std::to_string(i) + ".org";
    x.add(origin + "/", origin, 0);
    const auto item = x.next(start);
    ASSERT_TRUE(item);
    x.done(*item, start);
  }
  EXPECT_LT(x.origins(), 10'000u);
  add(x, "http://slow.org", "/1");
  add(x, "http://slow.org", "/2");
  add(x, "http://held.org", "/1");
  EXPECT_TRUE(x.next(start));
  EXPECT_FALSE(x.next(start));
  EXPECT_EQ(x.next_time(start), start + 10s);
}

TEST(frontier, settings_that_make_no_sense_are_refused) {
  auto options = all_hosts();
  options.concurrency = 0;
  EXPECT_THROW(frontier{options}, std::invalid_argument);
  options = all_hosts();
  options.rate = 0;
  EXPECT_THROW(frontier{options}, std::invalid_argument);
}

TEST(frontier, giving_back_what_does_not_run_is_a_mistake_that_is_reported) {
  frontier x{all_hosts()};
  add(x, a, "/1");
  const auto item = x.next(start);
  ASSERT_TRUE(item);
  x.done(*item, start);
  EXPECT_THROW(x.done(*item, start), std::logic_error);
}

/// Plays a crawl of random hosts with random failures against the rules, with virtual time.
TEST(frontier, a_random_crawl_fetches_everything_once_and_keeps_all_limits) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  for (auto round = 0; round < 30; ++round) {
    auto options = all_hosts();
    options.concurrency = 1 + random() % 4;
    if (random() % 2 == 0)
      options.rate = 10;
    if (random() % 2 == 0)
      options.max_depth = 100;
    frontier x{options};
    std::set<std::string> added;
    std::map<std::string, unsigned> running_per_host;
    std::map<std::string, frontier::time_point> last_start;
    std::multimap<frontier::time_point, crawl_item> running;
    std::multiset<std::string> fetched;
    auto now = start;
    const auto add_some = [&](std::uint32_t depth) {
      for (auto i = 0; i < 3 && added.size() < 300; ++i) {
        const auto origin = "http://h" + std::to_string(random() % 5) + ".org";
        const auto url = origin + "/" + std::to_string(random() % 400);
        const auto is_new = added.insert(url).second;
        ASSERT_EQ(x.add(url, origin, depth).result, is_new ? add_result::added : add_result::seen_before);
      }
    };
    add_some(0);
    for (auto step = 0; !x.finished(); ++step) {
      ASSERT_LT(step, 100'000) << "the crawl does not end";
      while (auto item = x.next(now)) {
        ASSERT_LE(++running_per_host[item->origin], options.concurrency);
        if (options.rate) {
          if (const auto last = last_start.find(item->origin); last != last_start.end()) {
            ASSERT_GE(now - last->second, 100ms);
          }
          last_start[item->origin] = now;
        }
        const auto time = std::chrono::milliseconds{random() % 500};
        running.emplace(now + time, *std::move(item));
      }
      // On to whatever happens first.
      const auto wake = x.next_time(now);
      ASSERT_TRUE(wake || !running.empty()) << "nothing can happen any more";
      if (running.empty() || (wake && *wake < running.begin()->first)) {
        ASSERT_GT(*wake, now);
        now = *wake;
        continue;
      }
      now = std::max(now, running.begin()->first);
      auto item = std::move(running.begin()->second);
      running.erase(running.begin());
      --running_per_host[item.origin];
      if (item.attempts < 5 && random() % 4 == 0) {
        if (random() % 4 == 0)
          x.hold(item.origin, now + std::chrono::milliseconds{random() % 2000});
        x.retry(item, now + std::chrono::milliseconds{random() % 1000}, now);
      } else {
        add_some(item.depth + 1);
        fetched.insert(item.url);
        x.done(item, now);
      }
    }
    EXPECT_EQ(fetched.size(), added.size());
    EXPECT_TRUE(std::ranges::equal(fetched, added));
    EXPECT_EQ(x.pending(), 0u);
    EXPECT_EQ(x.running(), 0u);
  }
}
