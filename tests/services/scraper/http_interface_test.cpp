#include "crawl_fixture.hpp"

#include <actors/core/sleep.hpp>
#include <services/scraper/crawl_registry.hpp>
#include <services/scraper/http_interface.hpp>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

using namespace scraper_test;
using namespace services::scraper;
using ::testing::HasSubstr;
namespace http = actors::http;
using http::method;
using nlohmann::json;

namespace {

class interface_test : public crawl_fixture {
protected:
  ~interface_test() override { home_.block_on(registry_.stop_all()); }

  std::optional<http::response> ask(http::request request) {
    return home_.block_on(answer(&registry_, std::move(request)));
  }

  /// Asks and checks the status; the body.
  json ask(method how, std::string target, int status, const std::string& body = {},
           const std::string& type = "application/json") {
    http::request request{how, std::move(target)};
    if (!body.empty())
      request.set_body(body, type);
    const auto response = ask(std::move(request));
    if (!response) {
      ADD_FAILURE() << "no answer";
      return {};
    }
    EXPECT_EQ(static_cast<int>(response->status()), status) << response->body();
    EXPECT_EQ(response->get("Content-Type"), "application/json");
    return json::parse(response->body());
  }

  json order(const std::string& body, int status) { return ask(method::post, "/scraper/crawls", status, body); }

  std::string refusal(const std::string& body) { return order(body, 400).at("error"); }

  static actors::task<void> until_over(const crawl_registry* registry, std::uint64_t id) {
    while (registry->find(id)->state == crawl_registry::crawl_state::running)
      co_await actors::sleep(1ms);
  }

  void finish(std::uint64_t id) { home_.block_on(until_over(&registry_, id)); }

  crawl_registry registry_{folder_.path().string(), 2};
};

} // namespace

TEST_F(interface_test, a_crawl_is_started_watched_and_read) {
  test_site site{home_};
  site.pages(5);
  http::request request{method::post, "/scraper/crawls"};
  request.set_body(json{{"urls", {site.url()}}, {"retries", 1}, {"timeout_s", 5}}.dump(), "application/json");
  const auto response = ask(std::move(request));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status(), http::status::created) << response->body();
  EXPECT_EQ(response->get("Location"), "/scraper/crawls/1");
  EXPECT_EQ(json::parse(response->body()).at("id"), 1);
  finish(1);

  const auto status = ask(method::get, "/scraper/crawls/1", 200);
  EXPECT_EQ(status.at("state"), "finished");
  EXPECT_EQ(status.at("pages"), 6);
  EXPECT_EQ(status.at("errors"), 0);
  EXPECT_EQ(ask(method::get, "/scraper/crawls", 200).at("crawls").size(), 1u);

  const auto first = ask(method::get, "/scraper/crawls/1/pages?limit=4", 200);
  ASSERT_EQ(first.at("pages").size(), 4u);
  EXPECT_EQ(first.at("pages").at(0).at("url"), site.url() + "/");
  EXPECT_EQ(first.at("pages").at(0).at("status"), 200);
  EXPECT_TRUE(first.at("pages").at(0).at("error").is_null());
  const auto next = std::to_string(first.at("next").get<int>());
  EXPECT_EQ(ask(method::get, "/scraper/crawls/1/pages?after=" + next, 200).at("pages").size(), 2u);
}

TEST_F(interface_test, a_crawl_is_stopped_by_deleting_it) {
  test_site site{home_};
  site.on("/", [](const http::request&, int) {
    return http::response{http::status::too_many_requests}.set("Retry-After", "100");
  });
  static_cast<void>(order(json{{"urls", {site.url()}}}.dump(), 201));
  static_cast<void>(ask(method::delete_, "/scraper/crawls/1", 202));
  finish(1);
  EXPECT_EQ(ask(method::get, "/scraper/crawls/1", 200).at("state"), "stopped");
  EXPECT_THAT(std::string{ask(method::delete_, "/scraper/crawls/1", 409).at("error")}, HasSubstr("ended already"));
}

TEST_F(interface_test, a_crawl_that_has_just_begun_has_no_pages_yet) {
  test_site site{home_};
  site.page("/", "x");
  for (int i = 1; i <= 10; ++i) {
    static_cast<void>(order(json{{"urls", {site.url()}}}.dump(), 201));
    const auto target = "/scraper/crawls/" + std::to_string(i) + "/pages";
    EXPECT_LE(ask(method::get, target, 200).at("pages").size(), 1u);
    finish(static_cast<std::uint64_t>(i));
    EXPECT_EQ(ask(method::get, target, 200).at("pages").size(), 1u);
  }
}

TEST_F(interface_test, what_is_wrong_with_an_order_is_named) {
  EXPECT_EQ(refusal("{"), "the body is not JSON");
  EXPECT_THAT(refusal("[1]"), HasSubstr("must be a JSON object"));
  EXPECT_THAT(refusal("{}"), HasSubstr("at least one URL"));
  EXPECT_THAT(refusal(R"({"urls": "http://example.org/"})"), HasSubstr("urls has a value of the wrong type"));
  EXPECT_THAT(refusal(R"({"urls": ["ftp://example.org/"]})"), HasSubstr("only http and https"));
  EXPECT_THAT(refusal(R"({"urls": ["a.org"], "dpeth": 1})"), HasSubstr("there is no member dpeth; known are"));
  EXPECT_THAT(refusal(R"({"urls": ["a.org"], "db": "../x"})"), HasSubstr("plain file name"));
  EXPECT_THAT(refusal(R"({"urls": ["a.org"], "timeout_s": 0})"), HasSubstr("timeout_s"));
  EXPECT_THAT(refusal(R"({"urls": ["a.org"], "timeout_s": 0.0001})"), HasSubstr("timeout"));
  EXPECT_THAT(refusal(R"({"urls": ["a.org"], "rate": -1})"), HasSubstr("rate"));
  EXPECT_THAT(refusal(R"({"urls": ["a.org"], "resume": 1})"), HasSubstr("resume has a value of the wrong type"));
  EXPECT_TRUE(registry_.list().empty());
}

TEST_F(interface_test, numbers_that_do_not_fit_are_refused_and_not_bent) {
  for (const auto* name : {"depth", "max_pages", "concurrency", "retries"})
    for (const auto* value : {"-1", "1.5", "1e3", "true", "18446744073709551616"})
      EXPECT_THAT(refusal(R"({"urls": ["a.org"], ")" + std::string{name} + "\": " + value + "}"), HasSubstr(name))
          << value;
  for (const auto* name : {"depth", "concurrency", "retries"})
    EXPECT_THAT(refusal(R"({"urls": ["a.org"], ")" + std::string{name} + "\": 4294967297}"), HasSubstr(name));
  EXPECT_TRUE(registry_.list().empty());
}

TEST_F(interface_test, only_json_is_taken) {
  // A form on another site can send text, and no JSON without asking first.
  const auto body = R"({"urls": ["a.org"]})";
  static_cast<void>(ask(method::post, "/scraper/crawls", 415, body, "text/plain"));
  static_cast<void>(ask(method::post, "/scraper/crawls", 415));
  EXPECT_TRUE(registry_.list().empty());
}

TEST_F(interface_test, what_is_not_there_is_404_or_for_others) {
  EXPECT_FALSE(ask(http::request{method::get, "/"}));
  EXPECT_FALSE(ask(http::request{method::get, "/scraper"}));
  EXPECT_FALSE(ask(http::request{method::get, "/scraper/crawlsx"}));
  EXPECT_EQ(ask(method::get, "/scraper/crawls/7", 404).at("error"), "there is no crawl 7");
  static_cast<void>(ask(method::get, "/scraper/crawls/-1", 404));
  static_cast<void>(ask(method::get, "/scraper/crawls/99999999999999999999999", 404));
  static_cast<void>(ask(method::delete_, "/scraper/crawls/7", 404));
}

TEST_F(interface_test, wrong_methods_and_queries_are_refused) {
  test_site site{home_};
  site.page("/", "x");
  static_cast<void>(order(json{{"urls", {site.url()}}}.dump(), 201));
  finish(1);
  const auto wrong = ask(http::request{method::put, "/scraper/crawls"});
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->status(), http::status::method_not_allowed);
  EXPECT_EQ(wrong->get("Allow"), "GET, HEAD, POST");
  static_cast<void>(ask(method::post, "/scraper/crawls/1", 405, "{}"));
  static_cast<void>(ask(method::delete_, "/scraper/crawls/1/pages", 405));
  static_cast<void>(ask(method::get, "/scraper/crawls/1/nothing", 404));
  for (const auto* query : {"limit=0", "limit=1001", "limit=x", "after=-1", "after="})
    static_cast<void>(ask(method::get, std::string{"/scraper/crawls/1/pages?"} + query, 400));
}

TEST_F(interface_test, too_many_crawls_are_refused) {
  test_site site{home_};
  site.on("/", [](const http::request&, int) {
    return http::response{http::status::too_many_requests}.set("Retry-After", "100");
  });
  const auto body = json{{"urls", {site.url()}}}.dump();
  static_cast<void>(order(body, 201));
  static_cast<void>(order(body, 201));
  EXPECT_EQ(refusal(body), "2 crawls are running already, which is the limit");
}
