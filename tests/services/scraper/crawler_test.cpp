#include "crawl_fixture.hpp"

#include <actors/core/wait.hpp>

#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <mutex>
#include <span>
#include <stdexcept>
#include <vector>

using namespace scraper_test;
using namespace services::scraper;
namespace http = actors::http;

namespace {

using crawler = crawl_fixture;

std::string link_to(const std::string& to, const std::string& attributes = {}) {
  return "<a " + attributes + " href='" + to + "'>x</a>";
}

http::response html(std::string text) {
  return http::response{http::status::ok, std::move(text), "text/html"};
}

http::response unavailable() {
  return http::response{http::status::service_unavailable, "later", "text/plain"};
}

} // namespace

// -- what is fetched -----------------------------------------------------------------------------------------------------

TEST_F(crawler, every_page_is_one_row_and_is_fetched_once) {
  test_site site{home_};
  site.pages(150);
  const auto report = crawl(from(site.url() + "/"));
  EXPECT_EQ(report.counters.pages, 151u);
  EXPECT_EQ(report.counters.errors, 0u);
  EXPECT_EQ(report.counters.queued, 0u);
  EXPECT_EQ(report.left, 0u);
  const auto found = paths(site.url());
  ASSERT_EQ(found.size(), 151u);
  EXPECT_EQ(site.visits(), 151);
  EXPECT_EQ(site.visits("/robots.txt"), 1);
  const auto& page = found.at("/7");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.title, "7");
  EXPECT_EQ(page.text, "Text of 7 next up here");
  EXPECT_EQ(page.links, (std::vector{site.url() + "/8", site.url() + "/"}));
  EXPECT_EQ(page.attempts, 1u);
  EXPECT_EQ(page.error, "");
}

TEST_F(crawler, two_ways_to_write_a_url_are_one_page) {
  test_site site{home_};
  site.page("/",
            link_to("/a") + link_to("/a#part") + link_to("./x/../a") + link_to("/%61") + link_to(site.url() + "/a"));
  site.page("/a", "a");
  EXPECT_EQ(crawl_paths(site.url(), from(site.url())).size(), 2u);
  EXPECT_EQ(site.visits("/a"), 1);
}

TEST_F(crawler, links_are_followed_as_deep_as_asked) {
  test_site site{home_};
  site.page("/", link_to("/1")).page("/1", link_to("/2")).page("/2", link_to("/3")).page("/3", "end");
  auto options = from(site.url());
  options.depth = 2;
  const auto found = crawl_paths(site.url(), options);
  EXPECT_EQ(found.size(), 3u);
  EXPECT_TRUE(found.contains("/2"));
  EXPECT_EQ(found.at("/2").links, std::vector{site.url() + "/3"});
  EXPECT_EQ(site.visits("/3"), 0);
}

TEST_F(crawler, no_more_pages_are_fetched_than_asked) {
  test_site site{home_};
  site.pages(50);
  auto options = from(site.url());
  options.max_pages = 10;
  const auto report = crawl(options);
  EXPECT_EQ(report.counters.pages, 10u);
  EXPECT_EQ(report.left, 41u);
  EXPECT_EQ(paths(site.url()).size(), 10u);
  EXPECT_EQ(site.visits(), 10);

  options.resume = true;
  options.max_pages = 12;
  EXPECT_EQ(crawl(options).counters.pages, 12u);
  EXPECT_EQ(paths(site.url()).size(), 12u);
}

TEST_F(crawler, other_hosts_are_crawled_only_when_included) {
  test_site other{home_};
  other.page("/", link_to("/more")).page("/more", "more");
  test_site site{home_};
  site.page("/", link_to(other.url() + "/"));
  EXPECT_EQ(crawl_paths(site.url(), from(site.url())).size(), 1u);
  EXPECT_EQ(other.visits(), 0);

  auto options = from(site.url());
  options.db = file("included.sqlite");
  options.include_hosts = {other.authority()};
  static_cast<void>(crawl(options));
  const auto found = read_rows(options.db);
  EXPECT_EQ(found.size(), 3u);
  EXPECT_TRUE(found.contains(other.url() + "/more"));
}

TEST_F(crawler, many_sites_are_crawled_at_the_same_time) {
  // Each site answers only when all are asked.
  constexpr int count = 5;
  std::promise<void> all_asked;
  const auto all = all_asked.get_future().share();
  std::atomic<int> asked = 0;
  std::vector<std::unique_ptr<test_site>> sites;
  auto options = from("x");
  options.urls.clear();
  for (int i = 0; i < count; ++i) {
    auto& site = *sites.emplace_back(std::make_unique<test_site>(home_));
    site.pages(3).on("/", [&](const http::request&, int visit) {
      if (visit == 1 && ++asked == count)
        all_asked.set_value();
      return all.wait_for(0s) == std::future_status::ready ? html(link_to("/1") + link_to("/2")) : unavailable();
    });
    options.urls.push_back(site.url());
  }
  options.retries = 20;
  const auto report = crawl(options);
  EXPECT_EQ(report.counters.errors, 0u);
  EXPECT_EQ(report.counters.pages, 4u * count);
}

TEST_F(crawler, one_request_at_a_time_keeps_the_order) {
  constexpr int count = 40;
  test_site site{home_};
  std::string links;
  std::string expected;
  std::mutex mutex;
  std::string order;
  for (int i = 1; i <= count; ++i) {
    const auto path = "/" + std::to_string(i);
    links += link_to(path);
    expected += path;
    site.on(path, [&](const http::request& request, int) {
      const std::scoped_lock guard{mutex};
      order += request.target();
      return html("x");
    });
  }
  site.page("/", links);
  auto options = from(site.url());
  options.concurrency = 1;
  EXPECT_EQ(crawl(options).counters.pages, count + 1u);
  EXPECT_EQ(order, expected);
}

TEST_F(crawler, a_rate_is_kept) {
  test_site site{home_};
  site.pages(10);
  auto options = from(site.url());
  options.rate = 20;
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(crawl(options).counters.pages, 11u);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 450ms); // 11 requests, 50 ms apart
}

TEST_F(crawler, a_page_is_read_in_its_own_charset) {
  test_site site{home_};
  site.page("/", "<title>caf\xe9</title>" + link_to("/meta"), "text/html; charset=iso-8859-1");
  site.page("/meta", "<meta charset=windows-1251><title>\xcf\xf0\xe8</title>", "text/html");
  const auto found = crawl_paths(site.url(), from(site.url()));
  EXPECT_EQ(found.at("/").title, "café");
  EXPECT_EQ(found.at("/meta").title, "При");
}

TEST_F(crawler, what_is_no_html_is_a_row_that_says_so) {
  test_site site{home_};
  site.page("/", link_to("/picture.png") + link_to("/empty") + link_to("/none"));
  site.page("/picture.png", "\x89PNG", "image/png");
  site.page("/empty", "", "text/html");
  site.on("/none", [](const http::request&, int) { return http::response{http::status::no_content}; });
  const auto found = crawl_paths(site.url(), from(site.url()));
  EXPECT_EQ(found.at("/picture.png").error, "not an HTML page but image/png");
  EXPECT_EQ(found.at("/picture.png").status, 200);
  EXPECT_EQ(found.at("/empty").error, "");
  EXPECT_EQ(found.at("/none").status, 204);
}

TEST_F(crawler, nofollow_and_noindex_are_heeded) {
  test_site site{home_};
  site.page("/", link_to("/a", "rel=nofollow") + link_to("/page-nofollow") + link_to("/noindex") + link_to("/header"));
  site.page("/page-nofollow", "<meta name=robots content=nofollow>" + link_to("/b"));
  site.page("/noindex", "<meta name=robots content=noindex><title>Secret</title>" + link_to("/c"));
  site.page("/c", "c");
  site.on("/header", [](const http::request&, int) { return html(link_to("/d")).set("X-Robots-Tag", "none"); });
  const auto found = crawl_paths(site.url(), from(site.url()));
  EXPECT_EQ(found.size(), 5u);
  EXPECT_FALSE(found.contains("/a"));
  EXPECT_FALSE(found.contains("/b"));
  EXPECT_TRUE(found.contains("/c"));
  EXPECT_EQ(found.at("/noindex").title, "");
  EXPECT_EQ(found.at("/noindex").error, "the page asks not to be indexed (noindex)");
  EXPECT_EQ(found.at("/header").error, "the page asks not to be indexed (noindex)");
}

// -- robots.txt ----------------------------------------------------------------------------------------------------------

TEST_F(crawler, what_robots_txt_forbids_is_not_asked_for) {
  test_site site{home_};
  site.page("/robots.txt", "User-agent: *\nDisallow: /secret\nAllow: /secret/open\n", "text/plain");
  site.page("/", link_to("/secret/a") + link_to("/secret/open") + link_to("/free"));
  site.page("/secret/open", "open").page("/free", "free");
  const auto found = crawl_paths(site.url(), from(site.url()));
  EXPECT_EQ(found.at("/secret/a").error, "robots.txt does not allow it");
  EXPECT_EQ(found.at("/secret/a").status, 0);
  EXPECT_EQ(site.visits("/secret/a"), 0);
  EXPECT_EQ(found.at("/secret/open").error, "");
  EXPECT_EQ(found.at("/free").error, "");
}

TEST_F(crawler, the_crawl_delay_is_kept) {
  test_site site{home_};
  site.pages(5).page("/robots.txt", "User-agent: *\nCrawl-delay: 0.1\n", "text/plain");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(crawl(from(site.url())).counters.pages, 6u);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 450ms);
}

TEST_F(crawler, the_crawl_delay_also_holds_for_urls_that_wait_for_robots_txt) {
  using clock = std::chrono::steady_clock;
  test_site site{home_};
  site.on("/robots.txt", [](const http::request&, int visit) {
    return visit == 1 ? unavailable()
                      : http::response{http::status::ok, "User-agent: *\nCrawl-delay: 0.15\n", "text/plain"};
  });
  std::mutex mutex;
  std::vector<clock::time_point> asked;
  auto options = from(site.url());
  options.urls.clear();
  for (int i = 0; i < 4; ++i) {
    const auto path = "/" + std::to_string(i);
    options.urls.push_back(site.url() + path);
    site.on(path, [&](const http::request&, int) {
      const std::scoped_lock guard{mutex};
      asked.push_back(clock::now());
      return html("x");
    });
  }
  const auto found = crawl_paths(site.url(), options);
  EXPECT_EQ(found.at("/3").attempts, 1u);
  ASSERT_EQ(asked.size(), 4u);
  EXPECT_GE(asked.back() - asked.front(), 300ms); // 450 ms but for a late first one
}

TEST_F(crawler, nothing_is_fetched_while_robots_txt_fails) {
  test_site site{home_};
  site.page("/", "x").on("/robots.txt", [](const http::request&, int) { return unavailable(); });
  const auto found = crawl_paths(site.url(), from(site.url()));
  EXPECT_EQ(found.at("/").error, "robots.txt cannot be fetched (HTTP 503), so nothing is allowed");
  EXPECT_EQ(site.visits("/"), 0);
  EXPECT_EQ(site.visits("/robots.txt"), 3);
}

TEST_F(crawler, robots_txt_may_be_elsewhere_and_come_late) {
  test_site site{home_};
  site.page("/", link_to("/no")).page("/rules", "User-agent: *\nDisallow: /no\n", "text/plain");
  site.on("/robots.txt", [](const http::request&, int visit) {
    return visit == 1 ? unavailable() : http::response{http::status::found}.set("Location", "/rules");
  });
  const auto found = crawl_paths(site.url(), from(site.url()));
  EXPECT_EQ(found.at("/").error, "");
  EXPECT_EQ(found.at("/no").error, "robots.txt does not allow it");
}

// -- redirects -----------------------------------------------------------------------------------------------------------

TEST_F(crawler, a_redirect_is_a_row_and_its_target_is_fetched_once) {
  test_site site{home_};
  site.page("/", link_to("/old") + link_to("/older") + link_to("/new"));
  site.redirect("/old", "/new", 301).redirect("/older", "new", 308).page("/new", "<title>New</title>");
  const auto found = crawl_paths(site.url(), from(site.url()));
  EXPECT_EQ(found.size(), 4u);
  EXPECT_EQ(found.at("/old").status, 301);
  EXPECT_EQ(found.at("/old").error, "");
  EXPECT_EQ(found.at("/old").links, std::vector{site.url() + "/new"});
  EXPECT_EQ(found.at("/older").status, 308);
  EXPECT_EQ(found.at("/new").title, "New");
  EXPECT_EQ(site.visits("/new"), 1);
}

TEST_F(crawler, a_redirect_loop_is_named) {
  test_site site{home_};
  site.page("/", link_to("/self") + link_to("/a")).redirect("/self", "/self").redirect("/a", "/b").redirect("/b", "/a");
  const auto found = crawl_paths(site.url(), from(site.url()));
  EXPECT_EQ(found.at("/self").error, "redirect loop: " + site.url() + "/self -> " + site.url() + "/self");
  EXPECT_EQ(found.at("/b").error,
            "redirect loop: " + site.url() + "/b -> " + site.url() + "/a -> " + site.url() + "/b");
}

TEST_F(crawler, endless_redirects_end) {
  test_site site{home_};
  site.otherwise([](const http::request& request, int) {
    return http::response{http::status::found}.set("Location", request.target() + "x");
  });
  const auto found = crawl_paths(site.url(), from(site.url() + "/r"));
  EXPECT_EQ(found.size(), 11u);
  EXPECT_EQ(found.rbegin()->second.error,
            "more than 10 redirects in a row, the last to " + site.url() + "/r" + std::string(11, 'x'));
}

TEST_F(crawler, a_redirect_that_leads_nowhere_says_so) {
  test_site site{home_};
  site.page("/", link_to("/without") + link_to("/mail") + link_to("/away"));
  site.on("/without", [](const http::request&, int) { return http::response{http::status::found}; });
  site.redirect("/mail", "mailto:a@example.org").redirect("/away", "http://other.invalid/x");
  const auto found = crawl_paths(site.url(), from(site.url()));
  EXPECT_EQ(found.at("/without").error, "HTTP 302 Found without a Location");
  EXPECT_EQ(found.at("/mail").error, "HTTP 302 Found leads to what is no HTTP address: mailto:a@example.org");
  EXPECT_EQ(found.at("/away").error, "redirects to http://other.invalid/x, a host that is not to be crawled");
}

// -- errors and retries --------------------------------------------------------------------------------------------------

TEST_F(crawler, what_is_not_there_is_a_row_and_not_tried_again) {
  test_site site{home_};
  site.page("/", link_to("/gone"));
  const auto found = crawl_paths(site.url(), from(site.url()));
  EXPECT_EQ(found.at("/gone").status, 404);
  EXPECT_EQ(found.at("/gone").error, "HTTP 404 Not Found");
  EXPECT_EQ(found.at("/gone").attempts, 1u);
  EXPECT_EQ(found.at("/gone").text, "");
}

TEST_F(crawler, a_page_that_fails_for_a_while_is_fetched_in_the_end) {
  test_site site{home_};
  site.on("/", [](const http::request&, int visit) { return visit <= 2 ? unavailable() : html("<title>up</title>"); });
  const auto report = crawl(from(site.url()));
  EXPECT_EQ(report.counters.retries, 2u);
  EXPECT_EQ(report.counters.errors, 0u);
  const auto found = paths(site.url());
  EXPECT_EQ(found.at("/").title, "up");
  EXPECT_EQ(found.at("/").attempts, 3u);
}

TEST_F(crawler, retries_end) {
  test_site site{home_};
  site.on("/", [](const http::request&, int) { return unavailable(); });
  const auto found = crawl_paths(site.url(), from(site.url()));
  EXPECT_EQ(found.at("/").status, 503);
  EXPECT_EQ(found.at("/").error, "HTTP 503 Service Unavailable");
  EXPECT_EQ(found.at("/").attempts, 3u);
  EXPECT_EQ(site.visits("/"), 3);
}

TEST_F(crawler, retry_after_is_waited_for) {
  using clock = std::chrono::steady_clock;
  test_site site{home_};
  std::vector<clock::time_point> asked;
  site.on("/", [&](const http::request&, int visit) {
    asked.push_back(clock::now());
    if (visit > 1)
      return html("fine");
    return http::response{http::status::too_many_requests}.set("Retry-After", "1");
  });
  const auto found = crawl_paths(site.url(), from(site.url()));
  EXPECT_EQ(found.at("/").status, 200);
  EXPECT_EQ(found.at("/").attempts, 2u);
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_GE(asked[1] - asked[0], 1s);
}

TEST_F(crawler, a_site_that_is_not_there_is_a_row_that_says_why) {
  std::string url;
  {
    const test_site site{home_};
    url = site.url();
  }
  auto options = from(url);
  options.retries = 1;
  const auto report = crawl(options);
  EXPECT_EQ(report.counters.errors, 1u);
  const auto found = paths(url);
  EXPECT_THAT(found.at("/").error, ::testing::HasSubstr("Connection refused"));
  EXPECT_EQ(found.at("/").status, 0);
}

// -- stopping and going on -----------------------------------------------------------------------------------------------

TEST_F(crawler, a_crawl_that_was_cancelled_goes_on_where_it_stopped) {
  constexpr int count = 120;
  test_site site{home_};
  site.pages(count);
  auto options = from(site.url());
  for (const int stop_at : {5, 30, 31, 90}) {
    // A page that an earlier run has got to already is not asked for again: then this one runs to its end.
    std::promise<void> reached_or_over;
    std::atomic<bool> told = false;
    const auto tell = [&] {
      if (!told.exchange(true))
        reached_or_over.set_value();
    };
    site.on("/" + std::to_string(stop_at), [&](const http::request&, int) {
      tell();
      return html(link_to("/1"));
    });
    const auto crawling = begin(options);
    const auto watching = home_.spawn([crawling, tell]() -> actors::task<> {
      const std::vector awaited{crawling};
      co_await actors::wait(awaited);
      tell();
    });
    reached_or_over.get_future().wait();
    crawling.cancel("enough");
    wait_for_end(home_, crawling);
    wait_for_end(home_, watching);
    EXPECT_TRUE(crawling.result().was_cancelled() || crawling.result().has_value());
    site.on("/" + std::to_string(stop_at), [](const http::request&, int) { return html(link_to("/1")); });
    options.resume = true;
  }
  const auto finished_before = read_rows(file()).size();
  const auto report = crawl(options);
  EXPECT_EQ(report.resumed_pages, finished_before);
  EXPECT_EQ(report.counters.pages, count + 1u);
  EXPECT_EQ(report.counters.errors, 0u);
  EXPECT_EQ(paths(site.url()).size(), count + 1u);
}

TEST_F(crawler, what_was_fetched_before_a_cancellation_is_not_fetched_again) {
  // The page that ends the crawl is asked for last, alone; all before have been answered by then.
  constexpr int count = 100;
  test_site site{home_};
  for (int i = 0; i < count; ++i)
    site.page("/" + std::to_string(i), link_to("/" + std::to_string(i + 1)));
  std::promise<void> reached;
  site.on("/" + std::to_string(count), [&](const http::request&, int visit) {
    if (visit == 1)
      reached.set_value();
    return unavailable();
  });
  auto options = from(site.url() + "/0");
  options.retries = 20;
  const auto crawling = begin(options);
  reached.get_future().wait();
  // Twice: the second must not keep the first from writing.
  crawling.cancel("one");
  crawling.cancel("two");
  wait_for_end(home_, crawling);
  EXPECT_TRUE(crawling.result().was_cancelled());
  EXPECT_EQ(read_rows(file()).size(), static_cast<std::size_t>(count));
}

TEST_F(crawler, a_finished_crawl_that_is_resumed_fetches_nothing) {
  test_site site{home_};
  site.pages(5);
  auto options = from(site.url());
  static_cast<void>(crawl(options));
  options.resume = true;
  EXPECT_EQ(crawl(options).counters.pages, 6u);
  options.urls.clear();
  EXPECT_EQ(crawl(options).resumed_pages, 6u);
  EXPECT_EQ(site.visits(), 6);
}

TEST_F(crawler, a_crawl_can_be_cancelled_before_it_has_begun) {
  test_site site{home_};
  site.pages(5);
  for (int i = 0; i < 20; ++i) {
    auto options = from(site.url());
    options.resume = true;
    const auto crawling = begin(options);
    crawling.cancel();
    wait_for_end(home_, crawling);
  }
  auto options = from(site.url());
  options.resume = true;
  EXPECT_EQ(crawl(options).counters.pages, 6u);
}

TEST_F(crawler, two_crawls_at_once_do_not_disturb_each_other) {
  test_site first{home_};
  first.pages(60);
  test_site second{home_};
  second.pages(40);
  auto other = from(second.url());
  other.db = file("second.sqlite");
  const auto one = begin(from(first.url()));
  const auto two = begin(other);
  wait_for_end(home_, one);
  wait_for_end(home_, two);
  EXPECT_EQ(one.result().value().counters.pages, 61u);
  EXPECT_EQ(two.result().value().counters.pages, 41u);
  EXPECT_EQ(read_rows(file()).size(), 61u);
  EXPECT_EQ(read_rows(file("second.sqlite")).size(), 41u);
}

TEST_F(crawler, a_url_that_the_file_has_wrong_is_a_row_and_not_the_end) {
  test_site site{home_};
  site.page("/", "x");
  {
    result_store store{file(), result_store::mode::fresh};
    const frontier_record wrong{1, "http://[::/", 0};
    store.add(std::span{&wrong, 1});
  }
  auto options = from(site.url());
  options.resume = true;
  options.include_hosts = {"*"};
  EXPECT_EQ(crawl(options).counters.pages, 2u);
  EXPECT_THAT(read_rows(file()).at("http://[::/").error, ::testing::HasSubstr("http://[::/"));
}

// -- what makes a crawl fail ---------------------------------------------------------------------------------------------

TEST_F(crawler, options_that_make_no_sense_are_refused) {
  auto options = from("http://127.0.0.1/");
  options.concurrency = 0;
  EXPECT_THROW(static_cast<void>(crawl(options)), std::invalid_argument);
}

TEST_F(crawler, a_file_with_results_is_not_written_over) {
  test_site site{home_};
  site.pages(2);
  static_cast<void>(crawl(from(site.url())));
  try {
    static_cast<void>(crawl(from(site.url())));
    ADD_FAILURE() << "the second crawl was not refused";
  } catch (const std::exception& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("already holds the results of a crawl (3 pages"));
  }
}

TEST_F(crawler, two_crawls_into_one_file_are_refused) {
  test_site site{home_};
  std::promise<void> reached;
  site.on("/", [&](const http::request&, int visit) {
    if (visit == 1)
      reached.set_value();
    return unavailable();
  });
  auto options = from(site.url());
  options.retries = 20;
  const auto first = begin(options);
  reached.get_future().wait();
  options.resume = true;
  try {
    static_cast<void>(crawl(options));
    ADD_FAILURE() << "the second crawl was not refused";
  } catch (const std::exception& error) {
    EXPECT_EQ(std::string{error.what()}, file() + ": another crawl is writing to this file");
  }
  first.cancel();
  wait_for_end(home_, first);
}
