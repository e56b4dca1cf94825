// A client for measuring: fetches URL/p0.txt … URL/p99.txt in turn, N fetches, so many at a time, on one worker.
//
//     bench_http_client httpclient URL N CONCURRENCY       prints bytes=… elapsed_ns=…

#include <actors/core/gather.hpp>
#include <actors/core/run.hpp>
#include <actors/http/client.hpp>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace actors;

struct progress {
  std::size_t next = 0;
  std::size_t end = 0;
};

/// One of the concurrent fetchers. They share a worker and so need no lock.
task<std::size_t> fetch_some(http::client web, std::string site, progress& shared) {
  std::size_t bytes = 0;
  while (shared.next < shared.end) {
    const auto page = shared.next++ % 100;
    const auto answer = co_await web.get(site + "/p" + std::to_string(page) + ".txt");
    bytes += answer.body().size();
  }
  co_return bytes;
}

task<> fetch_all(std::string site, std::size_t count, std::size_t concurrency) {
  const http::client web{http::client_options{}.max_connections_per_host(concurrency).max_connections(concurrency)};
  progress shared;
  shared.end = count;
  const auto begun = std::chrono::steady_clock::now();
  std::vector<task<std::size_t>> fetchers;
  for (std::size_t i = 0; i < concurrency; ++i)
    fetchers.push_back(fetch_some(web, site, shared));
  std::size_t bytes = 0;
  for (const auto part : co_await gather(std::move(fetchers)))
    bytes += part;
  const auto elapsed = std::chrono::steady_clock::now() - begun;
  std::printf("bytes=%zu elapsed_ns=%lld\n", bytes,
              static_cast<long long>(std::chrono::duration_cast<std::chrono::nanoseconds>(elapsed).count()));
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 5 || std::string_view{argv[1]} != "httpclient") {
    std::fprintf(stderr, "usage: bench_http_client httpclient URL N CONCURRENCY\n");
    return 2;
  }
  try {
    run(fetch_all(argv[2], std::strtoul(argv[3], nullptr, 10), std::strtoul(argv[4], nullptr, 10)),
        runtime_options{}.workers(1));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_http_client: %s\n", error.what());
    return 1;
  }
  return 0;
}
