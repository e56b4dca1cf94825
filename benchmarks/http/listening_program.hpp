#pragma once

#include <actors/core/runtime.hpp>
#include <actors/http/server.hpp>
#include <actors/process/run_main.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <utility>

/// What the servers for measuring share: `PROGRAM [PORT] [WORKERS]`, the port also from PORT in the environment.
namespace actors::bench {

inline task<> serve_until_the_end(std::function<http::handler()> make, http::server_options options) {
  http::server site{make(), std::move(options)};
  co_await site.start();
  std::printf("listening on %s\n", site.url().c_str());
  std::fflush(stdout);
  co_await site.join();
}

/// The main function of such a program, whose handler is made inside of the runtime; ends on SIGINT and SIGTERM.
inline int listening_program_with(int argc, char** argv, std::function<http::handler()> make,
                                  http::server_options options = {}) {
  const char* from_environment = std::getenv("PORT"); // NOLINT(concurrency-mt-unsafe): nobody sets variables
  const char* port = argc > 1 ? argv[1] : from_environment != nullptr ? from_environment : "8080";
  const auto workers = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 0;
  options.port(static_cast<std::uint16_t>(std::strtoul(port, nullptr, 10)));
  return process::run_main(serve_until_the_end(std::move(make), std::move(options)),
                           runtime_options{}.workers(workers));
}

inline int listening_program(int argc, char** argv, http::handler answer, http::server_options options = {}) {
  return listening_program_with(argc, argv, [answer = std::move(answer)] { return answer; }, std::move(options));
}

} // namespace actors::bench
