#include <services/scraper/options.hpp>

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

#include <algorithm>

using namespace services::scraper;
using namespace std::chrono_literals;

namespace {

struct parsed {
  scrape_options options;
  std::string error;
  int code = 0;
};

parsed parse(std::vector<std::string> arguments) {
  CLI::App app{"actors"};
  app.require_subcommand(0, 1);
  const scrape_command command{app};
  std::ranges::reverse(arguments); // CLI11 takes them from the back
  parsed result;
  try {
    app.parse(std::move(arguments));
    EXPECT_TRUE(command.chosen());
    result.options = command.options();
  } catch (const CLI::ParseError& e) {
    result.error = e.what();
    result.code = e.get_exit_code();
  }
  return result;
}

std::string help() {
  CLI::App app{"actors"};
  const scrape_command command{app};
  return app.get_subcommand("scrape")->help();
}

} // namespace

TEST(scrape_options, the_defaults_are_the_documented_ones) {
  const auto options = parse({"scrape", "http://example.org/"}).options;
  EXPECT_EQ(options.urls, std::vector<std::string>{"http://example.org/"});
  EXPECT_EQ(options.db, "pages.sqlite");
  EXPECT_EQ(options.concurrency, 8u);
  EXPECT_EQ(options.rate, std::nullopt);
  EXPECT_EQ(options.depth, std::nullopt);
  EXPECT_EQ(options.max_pages, std::nullopt);
  EXPECT_EQ(options.retries, 5u);
  EXPECT_EQ(options.timeout, 30s);
  EXPECT_TRUE(options.include_hosts.empty());
  EXPECT_FALSE(options.resume);
  EXPECT_FALSE(options.quiet);
  EXPECT_EQ(options.user_agent, scrape_options::default_user_agent());
}

TEST(scrape_options, every_flag_arrives) {
  const auto result = parse({"scrape",
                             "--db",
                             "x.db",
                             "--concurrency",
                             "3",
                             "--rate",
                             "0.5",
                             "--depth",
                             "0",
                             "--max-pages",
                             "10",
                             "--retries",
                             "0",
                             "--include-host",
                             "a.org",
                             "http://one.org",
                             "--include-host",
                             "*.b.org",
                             "https://two.org/x?y",
                             "--user-agent",
                             "bot/1",
                             "--timeout",
                             "1.5",
                             "--resume",
                             "--quiet"});
  EXPECT_EQ(result.error, "");
  const auto& options = result.options;
  EXPECT_EQ(options.urls, (std::vector<std::string>{"http://one.org", "https://two.org/x?y"}));
  EXPECT_EQ(options.db, "x.db");
  EXPECT_EQ(options.concurrency, 3u);
  EXPECT_EQ(options.rate, 0.5);
  EXPECT_EQ(options.depth, 0u);
  EXPECT_EQ(options.max_pages, 10u);
  EXPECT_EQ(options.retries, 0u);
  EXPECT_EQ(options.include_hosts, (std::vector<std::string>{"a.org", "*.b.org"}));
  EXPECT_EQ(options.user_agent, "bot/1");
  EXPECT_EQ(options.timeout, 1500ms);
  EXPECT_TRUE(options.resume);
  EXPECT_TRUE(options.quiet);
}

TEST(scrape_options, a_url_without_a_scheme_means_http) {
  EXPECT_EQ(parse({"scrape", "example.org/a"}).options.urls[0], "http://example.org/a");
  EXPECT_EQ(parse({"scrape", "localhost:8080"}).options.urls[0], "http://localhost:8080");
}

TEST(scrape_options, resume_needs_no_url) {
  EXPECT_EQ(parse({"scrape", "--resume"}).error, "");
  EXPECT_EQ(parse({"scrape"}).error, "give at least one URL to start from, or --resume to go on with an earlier crawl");
}

TEST(scrape_options, what_makes_no_sense_is_named) {
  const auto error = [](std::vector<std::string> more) {
    std::vector<std::string> arguments{"scrape", "http://example.org"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto result = parse(arguments);
    EXPECT_NE(result.code, 0);
    return result.error;
  };
  EXPECT_EQ(error({"ftp://x/"}), "URL ftp://x/: only http and https can be fetched");
  EXPECT_EQ(error({"http://"}), "URL http://: there is no host in it");
  EXPECT_EQ(error({"http:///path"}), "URL http:///path: there is no host in it");
  EXPECT_EQ(error({"--concurrency", "0"}), "--concurrency 0: must be from 1 to 1000");
  EXPECT_EQ(error({"--concurrency", "5000"}), "--concurrency 5000: must be from 1 to 1000");
  EXPECT_NE(error({"--concurrency", "many"}), "");
  EXPECT_NE(error({"--concurrency", "-1"}), "");
  EXPECT_EQ(error({"--rate", "0"}), "--rate: must be above 0 and at most 1000000 requests per second");
  EXPECT_NE(error({"--rate", "nan"}), "");
  EXPECT_NE(error({"--depth", "-1"}), "");
  EXPECT_EQ(error({"--max-pages", "0"}), "--max-pages 0: must be at least 1");
  EXPECT_EQ(error({"--retries", "1000"}), "--retries 1000: must be at most 100");
  EXPECT_EQ(error({"--include-host", "http://a.org/"}),
            "--include-host http://a.org/: give the name of a host, such as example.org, not a URL");
  EXPECT_EQ(error({"--include-host", "a.*.org"}),
            "--include-host a.*.org: a * stands alone or at the start, as in *.example.org");
  EXPECT_EQ(error({"--user-agent", "a\r\nX-Evil: 1"}), "--user-agent: only printable ASCII characters can be sent");
  EXPECT_NE(error({"--user-agent", "(none)"}).find("must begin with a name"), std::string::npos);
  EXPECT_EQ(error({"--timeout", "0"}), "--timeout: must be from 0.001 to 86400 seconds");
  EXPECT_EQ(error({"--timeout", "1e300"}), "--timeout: must be from 0.001 to 86400 seconds");
  EXPECT_EQ(error({"--db", ""}), "--db: an empty file name");
  EXPECT_NE(error({"--no-such-flag"}).find("--no-such-flag"), std::string::npos);
}

TEST(scrape_options, the_help_names_every_flag_and_its_default) {
  const auto text = help();
  for (const auto* word :
       {"--db", "pages.sqlite", "--concurrency", "=8", "--rate", "--depth", "--max-pages", "--retries", "=5",
        "--include-host", "--user-agent", "--timeout", "=30", "--resume", "--quiet", "Examples:"})
    EXPECT_NE(text.find(word), std::string::npos) << word << '\n' << text;
}
