#include "crawl_fixture.hpp"

#include <actors/core/sleep.hpp>
#include <services/scraper/crawl_registry.hpp>

#include <gmock/gmock.h>

#include <atomic>
#include <future>

using namespace scraper_test;
using namespace services::scraper;
using ::testing::HasSubstr;
namespace http = actors::http;
using state = crawl_registry::crawl_state;

namespace {

class registry_test : public crawl_fixture {
protected:
  ~registry_test() override { home_.block_on(registry_.stop_all()); }

  [[nodiscard]] scrape_options named(std::string url, std::string db = {}) const {
    auto options = from(std::move(url));
    options.db = std::move(db);
    return options;
  }

  static actors::task<std::uint64_t> start_in_task(crawl_registry* registry, scrape_options options) {
    co_return registry->start(std::move(options));
  }

  std::uint64_t start(scrape_options options) { return home_.block_on(start_in_task(&registry_, std::move(options))); }

  std::string refusal(scrape_options options) {
    try {
      static_cast<void>(start(std::move(options)));
    } catch (const crawl_refused& refused) {
      return refused.what();
    }
    ADD_FAILURE() << "the crawl was not refused";
    return {};
  }

  static actors::task<void> until_over(const crawl_registry* registry, std::uint64_t id) {
    while (registry->find(id)->state == state::running)
      co_await actors::sleep(1ms);
  }

  crawl_registry::status end_of(std::uint64_t id) {
    home_.block_on(until_over(&registry_, id));
    return *registry_.find(id);
  }

  crawl_registry registry_{folder_.path().string(), 2};
};

/// A site whose one page keeps a crawl running.
class busy_site : public test_site {
public:
  explicit busy_site(actors::runtime& home) : test_site(home) {
    on("/", [](const http::request&, int) {
      return http::response{http::status::too_many_requests}.set("Retry-After", "100");
    });
  }
};

} // namespace

TEST_F(registry_test, a_crawl_runs_and_finishes) {
  test_site site{home_};
  site.pages(20);
  const auto id = start(named(site.url()));
  EXPECT_EQ(id, 1u);
  const auto status = end_of(id);
  EXPECT_EQ(status.state, state::finished);
  EXPECT_EQ(status.counters.pages, 21u);
  EXPECT_EQ(status.urls, std::vector{site.url()});
  EXPECT_EQ(status.db, file("pages-1.sqlite"));
  EXPECT_EQ(status.error, "");
  EXPECT_EQ(read_rows(status.db).size(), 21u);
}

TEST_F(registry_test, a_crawl_that_fails_says_why) {
  {
    test_site site{home_};
    site.pages(1);
    static_cast<void>(end_of(start(named(site.url(), "a.sqlite"))));
    const auto status = end_of(start(named(site.url(), "a.sqlite")));
    EXPECT_EQ(status.state, state::failed);
    EXPECT_THAT(status.error, HasSubstr("already holds the results of a crawl"));
  }
}

TEST_F(registry_test, a_crawl_can_be_stopped_and_resumed) {
  busy_site site{home_};
  const auto id = start(named(site.url(), "a.sqlite"));
  EXPECT_TRUE(registry_.stop(id));
  EXPECT_EQ(end_of(id).state, state::stopped);
  EXPECT_FALSE(registry_.stop(id));
  EXPECT_FALSE(registry_.stop(99));
  site.page("/", "fine");
  auto options = named(site.url(), "a.sqlite");
  options.resume = true;
  EXPECT_EQ(end_of(start(options)).state, state::finished);
  EXPECT_EQ(registry_.list().size(), 2u);
  EXPECT_FALSE(registry_.find(99));
}

TEST_F(registry_test, no_more_crawls_run_than_allowed) {
  busy_site site{home_};
  static_cast<void>(start(named(site.url())));
  const auto second = start(named(site.url()));
  EXPECT_EQ(refusal(named(site.url())), "2 crawls are running already, which is the limit");
  registry_.stop(second);
  static_cast<void>(end_of(second));
  EXPECT_EQ(start(named(site.url())), 3u);
}

TEST_F(registry_test, files_outside_of_the_folder_are_refused) {
  for (const auto* name : {"../a.sqlite", "/etc/passwd", "a/b", ".hidden", "a b", "a\nb", "..", "file:a?mode=memory"})
    EXPECT_THAT(refusal(named("http://127.0.0.1/", name)), HasSubstr("plain file name")) << name;
  EXPECT_THAT(refusal(named("http://127.0.0.1/", std::string(101, 'a'))), HasSubstr("plain file name"));
}

TEST_F(registry_test, options_that_make_no_sense_are_refused) {
  EXPECT_THAT(refusal(named("ftp://example.org/")), HasSubstr("only http and https"));
  EXPECT_TRUE(registry_.list().empty());
}

TEST_F(registry_test, stopping_all_writes_what_was_fetched) {
  busy_site site{home_};
  static_cast<void>(start(named(site.url(), "a.sqlite")));
  static_cast<void>(start(named(site.url(), "b.sqlite")));
  home_.block_on(registry_.stop_all());
  for (const auto& crawl : registry_.list())
    EXPECT_EQ(crawl.state, state::stopped);
}

TEST_F(registry_test, only_so_many_ended_crawls_are_remembered) {
  test_site site{home_};
  site.page("/", "x");
  for (int i = 0; i < 105; ++i) {
    auto options = named(site.url(), "same.sqlite");
    options.resume = true;
    static_cast<void>(end_of(start(options)));
  }
  EXPECT_EQ(registry_.list().size(), 100u);
  EXPECT_FALSE(registry_.find(5));
  EXPECT_TRUE(registry_.find(6));
}
