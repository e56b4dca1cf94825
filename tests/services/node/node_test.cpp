#include "../scraper/test_site.hpp"
#include "support.hpp"

#include <actors/core/runtime.hpp>
#include <actors/core/sleep.hpp>
#include <actors/http/client.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <csignal>
#include <filesystem>

using namespace std::chrono_literals;
using nlohmann::json;
using node_test::program;
using scraper_test::test_site;
using ::testing::AllOf;
using ::testing::HasSubstr;
namespace http = actors::http;

namespace {

class running_node : public node_test::actors_test {
protected:
  void start(std::vector<std::string> arguments = {}) {
    std::vector<std::string> all{"node", "--set", "web.port=0"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    node_.emplace(command(all), folder());
    const auto line = node_->read_until("The node runs at ");
    const auto begin = line.find("http://");
    url_ = line.substr(begin, line.find('/', begin + 7) - begin);
  }

  http::response get(const std::string& path) { return home_.block_on(web_.get(url_ + path)); }

  http::response send(http::method how, const std::string& path, const json& body = {}) {
    http::request request{how, "/"};
    if (!body.is_null())
      request.set_body(body.dump(), "application/json");
    return home_.block_on(web_.send(url_ + path, request));
  }

  static actors::task<json> until_over(http::client web, std::string url) {
    for (;;) {
      const auto response = co_await web.get(url);
      auto status = json::parse(response.body());
      if (status.at("state") != "running")
        co_return status;
      co_await actors::sleep(5ms);
    }
  }

  actors::runtime home_;
  http::client web_;
  std::optional<program> node_;
  std::string url_;
};

} // namespace

TEST_F(running_node, shows_itself_and_its_health) {
  start();
  const auto page = get("/");
  EXPECT_EQ(page.status(), http::status::ok);
  EXPECT_EQ(page.get("Content-Type"), "text/html; charset=utf-8");
  EXPECT_THAT(page.body(), HasSubstr("<html"));
  const auto health = get("/health");
  EXPECT_EQ(health.status(), http::status::ok);
  const auto state = json::parse(health.body());
  EXPECT_EQ(state.at("good"), true);
  EXPECT_TRUE(state.at("components").contains("web"));
  EXPECT_TRUE(state.at("components").contains("scraper"));
  const auto nothing = get("/nothing");
  EXPECT_EQ(nothing.status(), http::status::not_found);
  EXPECT_EQ(json::parse(nothing.body()).at("error"), "there is nothing at /nothing");
}

TEST_F(running_node, crawls_a_site_over_http) {
  test_site site{home_};
  site.pages(30);
  start();
  const auto made = send(http::method::post, "/scraper/crawls", {{"urls", {site.url()}}, {"db", "site.sqlite"}});
  ASSERT_EQ(made.status(), http::status::created) << made.body();
  const std::string where{made.get("Location").value_or("")};
  const auto status = home_.block_on(until_over(web_, url_ + where));
  EXPECT_EQ(status.at("state"), "finished") << status.dump();
  EXPECT_EQ(status.at("pages"), 31);
  EXPECT_EQ(json::parse(get(where + "/pages?limit=1000").body()).at("pages").size(), 31u);
  EXPECT_TRUE(std::filesystem::exists(folder() + "/site.sqlite"));
}

TEST_F(running_node, stops_in_order_when_interrupted) {
  for (const int number : {SIGINT, SIGTERM}) {
    start();
    EXPECT_EQ(get("/health").status(), http::status::ok);
    node_->send_signal(number);
    EXPECT_EQ(node_->wait(), 0) << node_->output();
    EXPECT_THAT(node_->output(), HasSubstr("Stopping"));
  }
}

TEST_F(running_node, stops_its_crawls_and_keeps_what_they_fetched) {
  test_site site{home_};
  // Pages that lead on without end.
  site.otherwise([](const http::request& request, int) {
    return http::response{http::status::ok, "<a href='" + request.target() + "x'>on</a>", "text/html"};
  });
  start();
  const auto made = send(http::method::post, "/scraper/crawls", {{"urls", {site.url()}}, {"db", "a.sqlite"}});
  ASSERT_EQ(made.status(), http::status::created) << made.body();
  const auto begun = [&]() -> actors::task<void> {
    for (;;) {
      const auto response = co_await web_.get(url_ + "/scraper/crawls/1");
      if (json::parse(response.body()).at("pages") > 5)
        co_return;
      co_await actors::sleep(5ms);
    }
  };
  home_.block_on(begun);
  node_->send_signal(SIGINT);
  EXPECT_EQ(node_->wait(), 0) << node_->output();

  start();
  const auto resumed = send(http::method::post, "/scraper/crawls",
                            {{"urls", {site.url()}}, {"db", "a.sqlite"}, {"resume", true}, {"max_pages", 1}});
  ASSERT_EQ(resumed.status(), http::status::created) << resumed.body();
  const auto status = home_.block_on(until_over(web_, url_ + "/scraper/crawls/1"));
  EXPECT_EQ(status.at("state"), "finished");
  EXPECT_GT(status.at("pages"), 5);
}

TEST_F(running_node, does_not_start_on_a_port_that_is_taken) {
  const test_site other{home_};
  const auto port = other.url().substr(other.url().rfind(':') + 1);
  const auto failed = run({"node", "--set", "web.port=" + port});
  EXPECT_EQ(failed.status, 1);
  EXPECT_THAT(failed.output, AllOf(HasSubstr("web could not start"), HasSubstr(port), HasSubstr("in use")));
}

TEST_F(running_node, does_not_start_without_the_folder_for_its_files) {
  const auto failed = run({"node", "--set", "web.port=0", "--set", "scraper.directory=missing"});
  EXPECT_EQ(failed.status, 1);
  EXPECT_THAT(failed.output, AllOf(HasSubstr("scraper could not start"), HasSubstr("missing")));
}
