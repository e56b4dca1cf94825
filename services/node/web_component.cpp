#include <services/node/web_component.hpp>

#include <actors/core/to_thread.hpp>
#include <actors/observe/prometheus.hpp>
#include <services/node/home_page.hpp>
#include <services/scraper/http_interface.hpp>
#include <services/scraper/scraper_component.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace services::node {

namespace {

namespace http = actors::http;
using nlohmann::json;

http::response not_found(std::string_view path) {
  const json body{{"error", "there is nothing at " + std::string{path}}};
  return http::response{http::status::not_found, body.dump(2, ' ', false, json::error_handler_t::replace) + "\n",
                        "application/json"};
}

} // namespace

void web_component::declare(actors::app::config& settings) {
  auto& section = settings.section("web", "The node's HTTP server");
  section.key("host", host_, "address to listen on; anything but 127.0.0.1 lets others start crawls here").not_empty();
  section.key("port", port_, "TCP port to listen on, 0 for any that is free");
}

actors::task<void> web_component::start() {
  scraper_ = &get<scraper::scraper_component>();
  const auto handler = [this](http::request request) { return answer(std::move(request)); };
  server_ = std::make_unique<http::server>(handler, http::server_options{}.listen_on(host_, port_).max_body(1 << 20));
  co_await server_->start();
}

actors::task<void> web_component::stop() {
  co_await server_->stop(std::chrono::seconds(3));
}

actors::task<actors::app::health> web_component::check_health() {
  co_return actors::app::health::good(std::to_string(server_->connections()) + " connections");
}

std::string web_component::url() const {
  return server_->url();
}

actors::task<http::response> web_component::answer(http::request request) const {
  const auto path = std::string{request.path()};
  const bool reads = request.method() == http::method::get || request.method() == http::method::head;
  if (path == "/" && reads)
    co_return home_page();
  if (path == "/health" && reads)
    co_return co_await answer_health();
  if (path == "/metrics" && reads)
    co_return co_await answer_metrics();
  auto answered = co_await scraper::answer(&scraper_->crawls(), std::move(request));
  if (answered)
    co_return std::move(*answered);
  co_return not_found(path);
}

actors::task<http::response> web_component::answer_metrics() const {
  if (home_ == nullptr)
    co_return not_found("/metrics");
  // With many tasks the text takes a while, in which the worker has better things to do.
  auto text = co_await actors::to_thread([home = home_] { return actors::observe::render_prometheus(*home); });
  co_return http::response{http::status::ok, std::move(text), std::string{actors::observe::prometheus_content_type}};
}

actors::task<http::response> web_component::answer_health() const {
  json components = json::object();
  bool good = true;
  for (const auto& entry : co_await owner().health_report()) {
    good = good && entry.state.is_good();
    components[entry.name] = {{"good", entry.state.is_good()}, {"detail", entry.state.detail()}};
  }
  const json body{{"good", good}, {"components", std::move(components)}};
  co_return http::response{good ? http::status::ok : http::status::service_unavailable, body.dump(2) + "\n",
                           "application/json"};
}

} // namespace services::node
