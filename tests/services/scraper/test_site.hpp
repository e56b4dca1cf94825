#pragma once

#include <actors/core/runtime.hpp>
#include <actors/core/task.hpp>
#include <actors/core/task_handle.hpp>
#include <actors/core/wait.hpp>
#include <actors/http/message.hpp>
#include <actors/net/stream.hpp>

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace scraper_test {

/// A small site on a free port of 127.0.0.1. What was not given is 404, robots.txt too.
class test_site {
public:
  /// Answers a request; `visit` counts the requests for this path from 1. Called on any worker.
  using answer = std::function<actors::http::response(const actors::http::request&, int visit)>;

  explicit test_site(actors::runtime& home);
  ~test_site();
  test_site(const test_site&) = delete;
  test_site& operator=(const test_site&) = delete;

  /// Targets are given with their query, such as `/a?b=c`.
  test_site& page(std::string path, std::string html, std::string type = "text/html; charset=utf-8");
  test_site& redirect(std::string path, std::string to, int status = 302);
  test_site& on(std::string path, answer function);

  /// For every path that was not given.
  test_site& otherwise(answer function);

  /// `/`, which links to `/1` … `/count`, each of which links to the next and back.
  test_site& pages(int count);

  [[nodiscard]] int visits(const std::string& path) const;

  /// Requests in all, without those for robots.txt.
  [[nodiscard]] int visits() const;

  /// Such as `http://127.0.0.1:34567`.
  [[nodiscard]] const std::string& url() const noexcept { return url_; }

  [[nodiscard]] std::string authority() const { return url_.substr(7); }

private:
  [[nodiscard]] actors::http::response respond(const actors::http::request& request);

  actors::runtime* home_;
  mutable std::mutex mutex_;
  std::map<std::string, answer> answers_;
  answer otherwise_;
  std::map<std::string, int> visits_;
  std::string url_;
  actors::task_handle<void> serving_;
};

/// A server that does what no HTTP server should: 404 for robots.txt, and for everything else what `behaviour` does
/// with the connection, of which the request's method and path have been read and the rest has not.
class raw_site {
public:
  using behaviour = std::function<actors::task<void>(actors::net::stream&)>;

  raw_site(actors::runtime& home, behaviour function);
  ~raw_site();
  raw_site(const raw_site&) = delete;
  raw_site& operator=(const raw_site&) = delete;

  [[nodiscard]] const std::string& url() const noexcept { return url_; }

private:
  actors::runtime* home_;
  std::string url_;
  actors::task_handle<void> serving_;
};

/// Reads the rest of the request's head.
[[nodiscard]] actors::task<void> read_head(actors::net::stream& connection);

template <class T>
actors::task<void> until_ended(actors::task_handle<T> task) {
  const std::vector awaited{std::move(task)};
  static_cast<void>(co_await actors::wait(awaited));
}

/// Waits for the end of a task, however it ends.
template <class T>
void wait_for_end(actors::runtime& home, actors::task_handle<T> task) {
  home.block_on(until_ended(std::move(task)));
}

} // namespace scraper_test
