#include "../scraper/test_site.hpp"
#include "support.hpp"

#include <actors/core/runtime.hpp>
#include <services/scraper/store.hpp>

#include <array>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <set>

using node_test::program;
using scraper_test::test_site;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace http = actors::http;

namespace {

class scrape : public node_test::actors_test {
protected:
  /// The URLs in the results; one that is there twice fails the test.
  [[nodiscard]] std::set<std::string> urls() const {
    std::set<std::string> result;
    services::scraper::result_reader reader{folder() + "/pages.sqlite"};
    std::uint64_t position = 0;
    for (;;) {
      const auto pages = reader.read(position, 1000);
      if (pages.empty())
        return result;
      for (const auto& page : pages)
        EXPECT_TRUE(result.insert(page.url).second) << page.url;
    }
  }

  actors::runtime home_;
  test_site site_{home_};
};

} // namespace

TEST_F(scrape, a_whole_site_ends_with_0_and_a_summary) {
  site_.pages(20);
  const auto done = run({"scrape", site_.url()});
  EXPECT_EQ(done.status, 0) << done.output;
  EXPECT_THAT(done.output, AllOf(HasSubstr("21 pages"), HasSubstr("0 errors")));
  EXPECT_EQ(urls().size(), 21u);
}

TEST_F(scrape, errors_of_a_site_are_rows_and_no_failure) {
  site_.page("/", "<a href=/gone>x</a>");
  const auto done = run({"scrape", site_.url(), "--quiet"});
  EXPECT_EQ(done.status, 0);
  EXPECT_THAT(done.output, IsEmpty());
  EXPECT_EQ(urls().size(), 2u);
}

TEST_F(scrape, a_file_with_results_needs_resume) {
  site_.pages(3);
  EXPECT_EQ(run({"scrape", site_.url()}).status, 0);
  const auto refused = run({"scrape", site_.url()});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.output, AllOf(HasSubstr("pages.sqlite"), HasSubstr("--resume")));
  EXPECT_EQ(run({"scrape", site_.url(), "--resume"}).status, 0);
  EXPECT_EQ(urls().size(), 4u);
}

TEST_F(scrape, a_file_that_is_no_database_is_refused) {
  const std::string text(5000, 'x');
  const auto file = write("notes.txt", text);
  const auto refused = run({"scrape", site_.url(), "--db", "notes.txt"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.output, AllOf(HasSubstr("notes.txt"), HasSubstr("not an SQLite database")));
  EXPECT_EQ(std::filesystem::file_size(file), text.size());
}

TEST_F(scrape, interrupted_again_and_again_it_gives_the_same_pages) {
  constexpr int count = 100;
  for (const int number : {SIGINT, SIGTERM, SIGKILL}) {
    std::filesystem::remove(folder() + "/pages.sqlite");
    site_.pages(count);
    // None of these pages is there before its turn, however far a crawl gets that is slow to hear its signal.
    const std::array<std::string, 3> stops{"/3", "/40", "/80"};
    std::array<std::promise<void>, 3> reached;
    std::array<std::atomic<bool>, 3> awaited{};
    for (std::size_t i = 0; i < stops.size(); ++i)
      site_.on(stops.at(i), [&, i](const http::request&, int) {
        if (awaited.at(i).exchange(false))
          reached.at(i).set_value();
        return http::response{http::status::service_unavailable};
      });
    for (std::size_t i = 0; i < stops.size(); ++i) {
      awaited.at(i) = true;
      program crawl{command({"scrape", site_.url(), "--resume", "--retries", "50"}), folder()};
      reached.at(i).get_future().wait();
      crawl.send_signal(number);
      EXPECT_EQ(crawl.wait(), number == SIGKILL ? -SIGKILL : 130) << crawl.output();
      if (number != SIGKILL) {
        EXPECT_THAT(crawl.output(), HasSubstr("--resume goes on"));
      }
      site_.page(stops.at(i), "<a href=/>x</a>");
    }
    const auto done = run({"scrape", site_.url(), "--resume"});
    EXPECT_EQ(done.status, 0) << done.output;
    EXPECT_EQ(urls().size(), count + 1u);
    for (const auto* rest : {"/pages.sqlite-wal", "/pages.sqlite-shm"})
      std::filesystem::remove(folder() + rest);
  }
}

TEST_F(scrape, a_disk_that_takes_no_more_ends_it_with_a_sentence_and_loses_nothing) {
  // A limit for the size of files acts much as a full disk does, for this process only.
  site_.pages(2000);
  program crawl{{"sh", "-c", "trap '' XFSZ; ulimit -f 2000; exec \"$0\" scrape \"$1\" --quiet",
                 node_test::program_path("actors"), site_.url()},
                folder()};
  EXPECT_EQ(crawl.wait(), 1) << crawl.output();
  EXPECT_THAT(crawl.output(), AllOf(HasSubstr("actors scrape: "), HasSubstr("pages.sqlite")));
  const auto kept = urls().size();
  EXPECT_GT(kept, 0u);
  const auto done = run({"scrape", site_.url(), "--resume", "--quiet"});
  EXPECT_EQ(done.status, 0) << done.output;
  EXPECT_EQ(urls().size(), 2001u);
}
