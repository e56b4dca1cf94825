// A server for measuring: GET / answers `hello`, GET /users/<number> a small JSON object, all else 404.
//
//     bench_http_server [PORT] [WORKERS]      the port also from PORT in the environment; ends on SIGINT and SIGTERM

#include <actors/core/runtime.hpp>
#include <actors/http/server.hpp>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

namespace {

using namespace actors;

http::response answer(const http::request& what) {
  const auto path = what.path();
  if (path == "/")
    return http::response{http::status::ok, "hello", "text/plain"};
  constexpr std::string_view users = "/users/";
  if (!path.starts_with(users))
    return http::response{http::status::not_found, "not found", "text/plain"};
  const std::string id{path.substr(users.size())};
  const bool is_number =
      !id.empty() && id.size() < 10 && std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!is_number)
    return http::response{http::status::unprocessable_content, R"({"error":"id must be a number"})",
                          "application/json"};
  return http::response{http::status::ok, R"({"id":)" + id + R"(,"name":"user)" + id + R"("})", "application/json"};
}

task<> serve(std::uint16_t port) {
  http::server site{answer, http::server_options{}.port(port)};
  co_await site.start();
  std::printf("listening on %s\n", site.url().c_str());
  std::fflush(stdout);
  co_await site.join();
}

} // namespace

int main(int argc, char** argv) {
  const char* from_environment = std::getenv("PORT"); // NOLINT(concurrency-mt-unsafe): nobody sets variables
  const char* port = argc > 1 ? argv[1] : from_environment != nullptr ? from_environment : "8080";
  const auto workers = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 0;

  // Blocked before the workers start, so that they inherit it and only sigwait sees them.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  try {
    runtime home{runtime_options{}.workers(workers)};
    const auto failed = [](const outcome<void>& result) {
      if (result.has_error() && !result.was_cancelled()) {
        std::fprintf(stderr, "bench_http_server: %s\n", describe(result.error()).c_str());
        std::_Exit(1);
      }
    };
    const auto serving = home.spawn_then(serve(static_cast<std::uint16_t>(std::strtoul(port, nullptr, 10))), failed);
    int signal = 0;
    sigwait(&ends, &signal);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_http_server: %s\n", error.what());
    return 1;
  }
  return 0;
}
