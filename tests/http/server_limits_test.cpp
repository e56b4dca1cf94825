#include "support.hpp"

#include <actors/core/spawn.hpp>
#include <actors/http/server.hpp>
#include <actors/testing/memory_stream.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <string>

namespace actors::http::test {
namespace {

using actors::testing::make_memory_streams;
using ::testing::StartsWith;

TEST(server_limits, requests_of_every_size_fit_whatever_the_one_before_was) {
  run_virtually([]() -> task<> {
    server site{[](const request& what) {
      return response{status::ok, std::to_string(what.get("A").value_or("").size() + what.body().size()) + "\n",
                      "text/plain"};
    }};
    auto ends = make_memory_streams();
    const auto serving = spawn(site.serve(std::move(ends.second)));
    auto& client = *ends.first;
    for (const std::size_t field : {0U, 1U, 1900U, 2048U, 5000U, 20'000U, 3U})
      for (const std::size_t body : {0U, 2000U, 2048U, 16'384U, 100'000U}) {
        co_await client.write_all("PUT / HTTP/1.1\r\nHost: x\r\nA: " + std::string(field, 'a') +
                                  "\r\nContent-Length: " + std::to_string(body) + "\r\n\r\n" + std::string(body, 'b'));
        const auto expected = "\r\n\r\n" + std::to_string(field + body) + "\n";
        EXPECT_THAT(co_await read_until(client, expected), StartsWith("HTTP/1.1 200 "));
      }
    client.close();
    co_await serving;
  });
}

} // namespace
} // namespace actors::http::test
