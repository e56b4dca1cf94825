#include <services/scraper/http_interface.hpp>

#include <actors/core/to_thread.hpp>
#include <actors/http/media_type.hpp>
#include <actors/http/query.hpp>
#include <actors/sql/error.hpp>
#include <services/scraper/store.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <set>
#include <string_view>
#include <type_traits>
#include <utility>

namespace services::scraper {

namespace {

namespace http = actors::http;
using nlohmann::json;

constexpr std::string_view prefix = "/scraper/crawls";
constexpr std::size_t most_pages_at_once = 1000;

http::response json_response(http::status status, const json& body) {
  // Text from the web may not be UTF-8 in a status line or link: replaced rather than refused.
  return http::response{status, body.dump(2, ' ', false, json::error_handler_t::replace) + "\n", "application/json"};
}

http::response problem(http::status status, const std::string& text) {
  return json_response(status, {{"error", text}});
}

json to_json(const crawl_registry::status& crawl) {
  json result{{"id", crawl.id},
              {"urls", crawl.urls},
              {"db", crawl.db},
              {"state", to_string(crawl.state)},
              {"started_at", iso_8601(crawl.started_at)},
              {"pages", crawl.counters.pages},
              {"errors", crawl.counters.errors},
              {"retries", crawl.counters.retries},
              {"queued", crawl.counters.queued},
              {"running", crawl.counters.running},
              {"bytes", crawl.counters.bytes}};
  if (!crawl.error.empty())
    result["error"] = crawl.error;
  return result;
}

json to_json(const page_record& page) {
  json result{{"url", page.url},     {"title", page.title},       {"text", page.text},
              {"links", page.links}, {"attempts", page.attempts}, {"fetched_at", iso_8601(page.fetched_at)}};
  // With parentheses: braces would make lists of them.
  result["status"] = page.status == 0 ? json(nullptr) : json(page.status);
  result["error"] = page.error.empty() ? json(nullptr) : json(page.error);
  return result;
}

/// Reads the members of a request for a crawl; throws `crawl_refused` naming the one that is wrong.
class order_reader {
public:
  explicit order_reader(const json& body) : body_(body) {
    if (!body.is_object())
      throw crawl_refused("the body must be a JSON object such as {\"urls\": [\"http://example.org/\"]}");
  }

  template <class T>
  void read(const char* name, T& target) {
    known_.insert(name);
    const auto found = body_.find(name);
    if (found == body_.end() || found->is_null())
      return;
    // The library would bend -1 and 1.5 into shape.
    if constexpr (std::is_unsigned_v<T> && !std::is_same_v<T, bool>)
      if (!found->is_number_unsigned() || found->template get<std::uint64_t>() > std::numeric_limits<T>::max())
        throw crawl_refused(std::string{name} + " must be a whole number from 0 to " +
                            std::to_string(std::numeric_limits<T>::max()) + ", not " + found->dump());
    try {
      target = found->get<T>();
    } catch (const json::exception&) {
      throw crawl_refused(std::string{name} + " has a value of the wrong type: " + found->dump());
    }
  }

  template <class T>
  void read(const char* name, std::optional<T>& target) {
    T value{};
    const auto found = body_.find(name);
    read(name, value);
    if (found != body_.end() && !found->is_null())
      target = value;
  }

  void check_unknown() const {
    for (const auto& [name, value] : body_.items())
      if (!known_.contains(name))
        throw crawl_refused("there is no member " + name + "; known are " + names());
  }

private:
  [[nodiscard]] std::string names() const {
    std::string result;
    for (const auto& name : known_)
      result += (result.empty() ? "" : ", ") + name;
    return result;
  }

  const json& body_;
  std::set<std::string> known_;
};

scrape_options read_order(const std::string& body) {
  const auto parsed = json::parse(body, nullptr, false);
  if (parsed.is_discarded())
    throw crawl_refused("the body is not JSON");
  order_reader reader{parsed};
  scrape_options options;
  options.db.clear();
  double timeout_s = std::chrono::duration<double>(options.timeout).count();
  reader.read("urls", options.urls);
  reader.read("db", options.db);
  reader.read("concurrency", options.concurrency);
  reader.read("rate", options.rate);
  reader.read("depth", options.depth);
  reader.read("max_pages", options.max_pages);
  reader.read("retries", options.retries);
  reader.read("include_hosts", options.include_hosts);
  reader.read("user_agent", options.user_agent);
  reader.read("timeout_s", timeout_s);
  reader.read("resume", options.resume);
  reader.check_unknown();
  if (!(timeout_s > 0 && timeout_s <= 3600))
    throw crawl_refused("timeout_s must be above 0 and at most 3600");
  options.timeout = std::chrono::milliseconds(static_cast<long long>(timeout_s * 1000));
  for (auto& url : options.urls)
    url = with_scheme(std::move(url));
  return options;
}

http::response start_crawl(crawl_registry& crawls, const http::request& request) {
  const auto type = http::media_type::parse(request.get("Content-Type").value_or(""));
  if (!type || !type->is("application/json"))
    return problem(http::status::unsupported_media_type, "the body must be application/json");
  try {
    const auto id = crawls.start(read_order(request.body()));
    auto response = json_response(http::status::created, to_json(*crawls.find(id)));
    response.set("Location", std::string{prefix} + "/" + std::to_string(id));
    return response;
  } catch (const crawl_refused& refusal) {
    return problem(http::status::bad_request, refusal.what());
  }
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

actors::task<http::response> read_pages(std::string db, std::uint64_t after, std::size_t limit) {
  std::string failure;
  try {
    const auto read = [db, after, limit] {
      result_reader reader{db};
      auto position = after;
      json pages = json::array();
      for (const auto& page : reader.read(position, limit))
        pages.push_back(to_json(page));
      return json{{"pages", std::move(pages)}, {"next", position}};
    };
    const auto body = co_await actors::to_thread(read);
    co_return json_response(http::status::ok, body);
  } catch (const actors::sql::error& error) {
    failure = error.what();
  }
  co_return problem(http::status::internal_server_error, failure);
}

http::response wrong_method(std::string_view allowed) {
  auto response = problem(http::status::method_not_allowed, "this path takes " + std::string{allowed});
  response.set("Allow", allowed);
  return response;
}

} // namespace

actors::task<std::optional<http::response>> answer(crawl_registry* crawls, http::request request) {
  const auto path = request.path();
  if (!path.starts_with(prefix))
    co_return std::nullopt;
  auto rest = path.substr(prefix.size());
  if (rest.empty() || rest == "/") {
    if (request.method() == http::method::post)
      co_return start_crawl(*crawls, request);
    if (request.method() != http::method::get && request.method() != http::method::head)
      co_return wrong_method("GET, HEAD, POST");
    json all = json::array();
    for (const auto& crawl : crawls->list())
      all.push_back(to_json(crawl));
    co_return json_response(http::status::ok, {{"crawls", std::move(all)}});
  }
  if (rest.front() != '/')
    co_return std::nullopt;
  rest.remove_prefix(1);
  const auto slash = rest.find('/');
  const auto id = number(rest.substr(0, slash));
  const auto crawl = id ? crawls->find(*id) : std::nullopt;
  if (!crawl)
    co_return problem(http::status::not_found, "there is no crawl " + std::string{rest.substr(0, slash)});
  if (slash == std::string_view::npos) {
    if (request.method() == http::method::delete_) {
      const bool asked = crawls->stop(*id);
      if (!asked)
        co_return problem(http::status::conflict, "crawl " + std::to_string(*id) + " has ended already");
      co_return json_response(http::status::accepted, to_json(*crawls->find(*id)));
    }
    if (request.method() != http::method::get && request.method() != http::method::head)
      co_return wrong_method("GET, HEAD, DELETE");
    co_return json_response(http::status::ok, to_json(*crawl));
  }
  if (rest.substr(slash) != "/pages")
    co_return problem(http::status::not_found, "a crawl has no " + std::string{rest.substr(slash)});
  if (request.method() != http::method::get && request.method() != http::method::head)
    co_return wrong_method("GET, HEAD");
  const auto query = http::query_params::parse(request.query());
  const auto after = number(query.get("after").value_or("0"));
  const auto limit = number(query.get("limit").value_or("100"));
  if (!after || !limit || *limit == 0 || *limit > most_pages_at_once)
    co_return problem(http::status::bad_request,
                      "after must be a number, limit one from 1 to " + std::to_string(most_pages_at_once));
  // Until a crawl has opened its file there is nothing to read.
  const auto& counters = crawl->counters;
  if (crawl->state == crawl_registry::crawl_state::running && counters.pages + counters.queued + counters.running == 0)
    co_return json_response(http::status::ok, {{"pages", json::array()}, {"next", *after}});
  co_return co_await read_pages(crawl->db, *after, static_cast<std::size_t>(*limit));
}

} // namespace services::scraper
