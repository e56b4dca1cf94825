// Three fetches one after another, then the same three at once: six seconds against two.

#include <actors/core/gather.hpp>
#include <actors/core/run.hpp>
#include <actors/core/sleep.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

using namespace actors;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> urls{"url1", "url2", "url3"};

// Blocks its thread, as a call to a blocking library would.
std::string fetch_blocking(const std::string& url) {
  std::printf("Fetching %s...\n", url.c_str());
  std::this_thread::sleep_for(2s); // stands for a slow network
  return "Data from " + url;
}

std::vector<std::string> fetch_all_blocking() {
  std::vector<std::string> results;
  for (const auto& url : urls)
    results.push_back(fetch_blocking(url));
  return results;
}

//! [fetch]
// Suspends itself; its worker does other things meanwhile.
task<std::string> fetch(std::string url) {
  std::printf("Fetching %s...\n", url.c_str());
  co_await sleep(2s); // stands for a slow network
  co_return "Data from " + url;
}

task<std::vector<std::string>> fetch_all() {
  std::vector<task<std::string>> fetches;
  for (const auto& url : urls)
    fetches.push_back(fetch(url));
  co_return co_await gather(std::move(fetches));
}

//! [fetch]

template <class F>
void timed(const char* what, F work) {
  const auto start = std::chrono::steady_clock::now();
  for (const auto& data : work())
    std::printf("%s\n", data.c_str());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%s took: %.1fs\n", what, took.count());
}

} // namespace

//! [main]
int main() {
  timed("Sync", fetch_all_blocking);
  // One worker starts the fetches in order, as one asyncio loop does; with more they start in parallel.
  timed("Async", [] { return run(fetch_all(), runtime_options{}.workers(1)); });
}

//! [main]
