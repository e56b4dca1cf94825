#include "test_site.hpp"

#include <actors/http/server.hpp>
#include <actors/net/serve.hpp>
#include <actors/net/tcp_listener.hpp>

#include <array>
#include <exception>
#include <future>
#include <memory>

namespace scraper_test {

namespace http = actors::http;
namespace net = actors::net;

namespace {

actors::task<void> serve_site(http::handler handler, std::promise<std::string>* started) {
  http::server server{std::move(handler), http::server_options{}};
  co_await server.start();
  started->set_value(server.url());
  co_await server.join();
}

actors::task<std::string> read_until(net::stream& connection, std::string end) {
  std::string result;
  std::array<char, 1> byte{};
  while (!result.ends_with(end)) {
    const auto count = co_await connection.read_some(byte);
    if (count == 0)
      break;
    result.push_back(byte[0]);
  }
  co_return result;
}

actors::task<void> misbehave(raw_site::behaviour behave, std::unique_ptr<net::stream> connection) {
  for (;;) {
    static_cast<void>(co_await read_until(*connection, " "));
    const auto path = co_await read_until(*connection, " ");
    if (path.empty())
      co_return;
    if (path != "/robots.txt ")
      break;
    co_await read_head(*connection);
    co_await connection->write_all("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  }
  co_await behave(*connection);
}

actors::task<void> serve_raw(raw_site::behaviour behave, std::promise<std::string>* started) {
  const auto listener = co_await net::listen_tcp("127.0.0.1", 0);
  started->set_value("http://" + listener->local());
  const net::connection_handler handler = [behave](std::unique_ptr<net::stream> connection) {
    return misbehave(behave, std::move(connection));
  };
  co_await net::serve(*listener, handler);
}

} // namespace

// -- test_site -----------------------------------------------------------------------------------------------------------

test_site::test_site(actors::runtime& home) : home_(&home) {
  std::promise<std::string> started;
  auto address = started.get_future();
  const http::handler handler{[this](const http::request& request) { return respond(request); }};
  serving_ = home.spawn(serve_site(handler, &started));
  url_ = address.get();
}

test_site::~test_site() {
  serving_.cancel();
  wait_for_end(*home_, serving_);
}

test_site& test_site::page(std::string path, std::string html, std::string type) {
  return on(std::move(path), [html = std::move(html), type = std::move(type)](const http::request&, int) {
    return http::response{http::status::ok, html, type};
  });
}

test_site& test_site::redirect(std::string path, std::string to, int status) {
  return on(std::move(path), [to = std::move(to), status](const http::request&, int) {
    return http::response{static_cast<http::status>(status)}.set("Location", to);
  });
}

test_site& test_site::on(std::string path, answer function) {
  const std::scoped_lock guard{mutex_};
  answers_[std::move(path)] = std::move(function);
  return *this;
}

test_site& test_site::otherwise(answer function) {
  const std::scoped_lock guard{mutex_};
  otherwise_ = std::move(function);
  return *this;
}

test_site& test_site::pages(int count) {
  std::string links;
  for (int i = 1; i <= count; ++i) {
    const auto name = std::to_string(i);
    links.append("<a href='/").append(name).append("'>").append(name).append("</a> ");
    std::string html = "<title>";
    html.append(name)
        .append("</title><p>Text of ")
        .append(name)
        .append(" <a href=/")
        .append(std::to_string(i % count + 1))
        .append(">next</a> ");
    html.append("<a href=/>up</a> <a href=#here>here</a>");
    page("/" + name, html);
  }
  return page("/", "<title>All</title>" + links);
}

int test_site::visits(const std::string& path) const {
  const std::scoped_lock guard{mutex_};
  const auto found = visits_.find(path);
  return found == visits_.end() ? 0 : found->second;
}

int test_site::visits() const {
  const std::scoped_lock guard{mutex_};
  int sum = 0;
  for (const auto& [path, count] : visits_)
    if (path != "/robots.txt")
      sum += count;
  return sum;
}

http::response test_site::respond(const http::request& request) {
  answer function;
  int visit = 0;
  {
    const std::scoped_lock guard{mutex_};
    visit = ++visits_[request.target()];
    const auto found = answers_.find(request.target());
    if (found != answers_.end())
      function = found->second;
    else if (request.target() != "/robots.txt")
      function = otherwise_;
  }
  if (!function)
    return http::response{http::status::not_found, "nothing here", "text/plain"};
  return function(request, visit);
}

// -- raw_site ------------------------------------------------------------------------------------------------------------

raw_site::raw_site(actors::runtime& home, behaviour function) : home_(&home) {
  std::promise<std::string> started;
  auto address = started.get_future();
  serving_ = home.spawn(serve_raw(std::move(function), &started));
  url_ = address.get();
}

raw_site::~raw_site() {
  serving_.cancel();
  wait_for_end(*home_, serving_);
}

actors::task<void> read_head(net::stream& connection) {
  static_cast<void>(co_await read_until(connection, "\r\n\r\n"));
}

} // namespace scraper_test
