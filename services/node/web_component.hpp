#pragma once

#include <actors/app/application.hpp>
#include <actors/app/component.hpp>
#include <actors/app/config.hpp>
#include <actors/http/message.hpp>
#include <actors/http/server.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace services::scraper {
class scraper_component;
}

namespace services::node {

/// The node's HTTP server: a page for people at `/`, `GET /health` and `GET /metrics` for machines, and what the other
/// components offer under their names.
class web_component final : public actors::app::component {
public:
  void declare(actors::app::config& settings) override;
  actors::task<void> start() override;
  actors::task<void> stop() override;
  actors::task<actors::app::health> check_health() override;

  /// Where the node can be reached, such as `http://127.0.0.1:8080`. From the start on.
  [[nodiscard]] std::string url() const;

  /// The runtime whose counters `/metrics` shows; it outlives this component's stop. Before the start.
  void show_metrics_of(const actors::runtime& home) noexcept { home_ = &home; }

private:
  [[nodiscard]] actors::task<actors::http::response> answer(actors::http::request request) const;
  [[nodiscard]] actors::task<actors::http::response> answer_health() const;
  [[nodiscard]] actors::task<actors::http::response> answer_metrics() const;

  std::string host_ = "127.0.0.1";
  std::uint16_t port_ = 8080;
  scraper::scraper_component* scraper_ = nullptr;
  const actors::runtime* home_ = nullptr;
  std::unique_ptr<actors::http::server> server_;
};

} // namespace services::node
