#include <services/scraper/scraper_component.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace services::scraper {

void scraper_component::declare(actors::app::config& settings) {
  auto& section = settings.section("scraper", "Crawls started over HTTP");
  section.key("directory", directory_, "folder for the SQLite files of crawls").not_empty();
  section.key("max_running", max_running_, "crawls that may run at the same time").range(1, 64);
}

actors::task<void> scraper_component::start() {
  if (!std::filesystem::is_directory(directory_))
    throw std::runtime_error("scraper.directory is " + directory_.string() + ", which is not a folder");
  crawls_ = std::make_unique<crawl_registry>(directory_.string(), max_running_);
  co_return;
}

actors::task<void> scraper_component::stop() {
  co_await crawls_->stop_all();
}

actors::task<actors::app::health> scraper_component::check_health() {
  const auto crawls = crawls_->list();
  const auto running = std::count_if(crawls.begin(), crawls.end(), [](const auto& crawl) {
    return crawl.state == crawl_registry::crawl_state::running;
  });
  co_return actors::app::health::good(std::to_string(running) + " crawls running");
}

} // namespace services::scraper
