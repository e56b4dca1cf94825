// A web server and its client with what services need: files, compression, decoded requests, an access log, cookies,
// credentials, retries, forms and bodies that are made while they are sent.

#include <actors/core/run.hpp>
#include <actors/fs/temp_directory.hpp>
#include <actors/fs/whole_file.hpp>
#include <actors/http/access_log.hpp>
#include <actors/http/client.hpp>
#include <actors/http/compression.hpp>
#include <actors/http/cookie_jar.hpp>
#include <actors/http/request_decoding.hpp>
#include <actors/http/server.hpp>
#include <actors/http/static_files.hpp>
#include <actors/supervise/retry.hpp>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

using namespace actors;
using namespace std::chrono_literals;

namespace {

/// Keeps the lines that the server logs.
class kept_lines {
public:
  void add(const http::access_event& event) {
    const std::scoped_lock guard{mutex_};
    text_ +=
        std::string{to_string(event.method)} + " " + event.target + " " + std::to_string(code(event.status)) + "\n";
  }

  [[nodiscard]] std::string text() const {
    const std::scoped_lock guard{mutex_};
    return text_;
  }

private:
  mutable std::mutex mutex_;
  std::string text_;
};

//! [handlers]
/// Lets in who has the password, and knows its visitors by a cookie.
http::response api(const http::request& what) {
  const auto who = http::credentials_of(what);
  if (!who || who->user() != "ann" || who->secret() != "secret")
    return http::response{http::status::unauthorized}.set("WWW-Authenticate", "Basic realm=\"example\"");
  if (what.method() == http::method::post)
    return http::response{http::status::ok, std::to_string(what.body().size()) + " bytes", "text/plain"};
  const bool is_known = http::cookie_value(what.fields(), "visit").has_value();
  auto answer = http::response{http::status::ok, is_known ? "welcome back" : "welcome", "text/plain"};
  return answer.add("Set-Cookie", http::set_cookie{"visit", "1"}.path("/").http_only(true).to_string());
}

/// The same for bodies that come compressed.
http::handler unpacked_api() {
  return http::decode_requests(api, http::decode_options{}.max_size(1 << 20));
}

//! [handlers]

//! [site]
http::handler files_of(const std::filesystem::path& root) {
  return http::compress(http::static_files(root, http::static_options{}.cache_control("max-age=60")));
}

//! [site]

//! [server]
http::server_options options_of(const std::shared_ptr<kept_lines>& log) {
  return http::server_options{}
      .listen_on("127.0.0.1", 0)
      .max_body(1 << 20)
      .trust_proxies(http::trusted_proxies{}.add("10.0.0.0/8"))
      .access_log([log](const http::access_event& event) { log->add(event); });
}

//! [server]

//! [client]
http::client make_client(const std::string& origin) {
  return http::client{http::client_options{}
                          .total_timeout(30s)
                          .cookies(std::make_shared<http::cookie_jar>())
                          .authenticate(origin, http::credentials::basic("ann", "secret"))
                          .retry(supervise::retry_policy{}.attempts(3))
                          .proxy(http::proxy_from_environment().no_proxy("127.0.0.1"))};
}

task<> visit(http::client web, std::string origin) {
  for (int i = 0; i < 2; ++i) {
    const auto answer = co_await web.get(origin);
    std::printf("client: %s\n", answer.body().c_str());
  }
}

//! [client]

//! [bodies]
task<> send_bodies(http::client web, std::string origin, std::filesystem::path file) {
  http::multipart_form form{"boundary"};
  form.add_field("title", "holiday").add_file("picture", file, "image/jpeg");
  const auto filed = co_await web.send(origin, std::move(form));
  std::printf("bodies: a form of %s\n", filed.body().c_str());
  auto source = http::pulled_body(
      [left = 3]() mutable -> task<std::string> { co_return left-- > 0 ? std::string(1000, 'x') : std::string{}; });
  const auto pulled = co_await web.send(origin, http::request{http::method::post, "/"}, std::move(source));
  std::printf("bodies: a stream of %s\n", pulled.body().c_str());
}

//! [bodies]

task<> use_all() {
  const fs::temp_directory folder;
  const auto page = folder.path() / "index.html";
  co_await fs::write_file(page, "<p>" + std::string(2000, 'x'));
  const auto log = std::make_shared<kept_lines>();
  http::server site{files_of(folder.path()), options_of(log)};
  http::server service{unpacked_api(), options_of(log)};
  co_await site.start();
  co_await service.start();
  const auto web = make_client(service.url());
  const auto index = co_await web.get(site.url());
  std::printf("site: %s, %zu bytes\n", std::string{index.get("Content-Type").value_or("")}.c_str(),
              index.body().size());
  co_await visit(web, service.url());
  co_await send_bodies(web, service.url(), page);
  co_await service.stop();
  co_await site.stop();
  std::printf("log:\n%s", log->text().c_str());
}

} // namespace

int main() {
  run(use_all());
}
