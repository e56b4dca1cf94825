#pragma once

#include "test_site.hpp"

#include <actors/core/runtime.hpp>
#include <actors/core/runtime_options.hpp>
#include <actors/fs/temp_directory.hpp>
#include <services/scraper/crawler.hpp>
#include <services/scraper/options.hpp>
#include <services/scraper/store.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace scraper_test {

using namespace std::chrono_literals;

/// The rows of a result file by URL. A URL that is there twice fails the test.
using rows = std::map<std::string, services::scraper::page_record>;

inline rows read_rows(const std::string& file) {
  rows result;
  services::scraper::result_reader reader{file};
  std::uint64_t position = 0;
  for (;;) {
    const auto pages = reader.read(position, 100);
    if (pages.empty())
      return result;
    for (const auto& page : pages)
      EXPECT_TRUE(result.emplace(page.url, page).second) << page.url << " is there twice";
  }
}

/// Crawls of small sites into a file in a folder of the test.
class crawl_fixture : public ::testing::Test {
protected:
  [[nodiscard]] std::string file(const std::string& name = "pages.sqlite") const {
    return (folder_.path() / name).string();
  }

  /// Options with which failures are quick.
  [[nodiscard]] services::scraper::scrape_options from(std::string url) const {
    services::scraper::scrape_options options;
    options.urls = {std::move(url)};
    options.db = file();
    options.retries = 2;
    options.timeout = 10s;
    return options;
  }

  services::scraper::crawl_report crawl(services::scraper::scrape_options options) {
    return home_.block_on(
        services::scraper::crawl(std::move(options), std::make_shared<services::scraper::crawl_monitor>()));
  }

  actors::task_handle<services::scraper::crawl_report> begin(services::scraper::scrape_options options) {
    return home_.spawn(
        services::scraper::crawl(std::move(options), std::make_shared<services::scraper::crawl_monitor>()));
  }

  /// Crawls from the root of a site and gives its rows by path.
  rows crawl_paths(const std::string& site, services::scraper::scrape_options options) {
    static_cast<void>(crawl(std::move(options)));
    return paths(site);
  }

  [[nodiscard]] rows paths(const std::string& site) const {
    rows result;
    for (const auto& [url, page] : read_rows(file()))
      result.emplace(url.starts_with(site) ? url.substr(site.size()) : url, page);
    return result;
  }

  actors::runtime home_{actors::runtime_options{}.workers(2)};
  actors::fs::temp_directory folder_{"scraper-test"};
};

} // namespace scraper_test
