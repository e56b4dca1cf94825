#pragma once

#include <actors/app/component.hpp>
#include <actors/app/config.hpp>
#include <services/scraper/crawl_registry.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>

namespace services::scraper {

/// The scraper as a part of a node: the section `[scraper]` of the configuration, and the registry of its crawls.
class scraper_component final : public actors::app::component {
public:
  void declare(actors::app::config& settings) override;
  actors::task<void> start() override;
  actors::task<void> stop() override;
  actors::task<actors::app::health> check_health() override;

  /// From the start on.
  [[nodiscard]] crawl_registry& crawls() const { return *crawls_; }

private:
  std::filesystem::path directory_ = ".";
  std::uint32_t max_running_ = 4;
  std::unique_ptr<crawl_registry> crawls_;
};

} // namespace services::scraper
