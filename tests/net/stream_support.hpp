#pragma once

#include <actors/core/gather.hpp>
#include <actors/core/log.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/task.hpp>
#include <actors/net/error.hpp>
#include <actors/net/stream.hpp>
#include <actors/net/tcp_listener.hpp>
#include <actors/net/tcp_stream.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

/// What the tests of streams share.
namespace actors::net::test {

using namespace std::chrono_literals;

/// Both ends of one connection.
struct stream_pair {
  stream_pair() = default;

  std::unique_ptr<stream> client;
  std::unique_ptr<stream> server;
};

/// A TCP connection over loopback.
inline task<stream_pair> tcp_pair() {
  auto source = co_await listen_tcp("127.0.0.1", 0);
  auto [client, server] = co_await gather(connect_tcp("127.0.0.1", source->local_endpoint().port()), source->accept());
  stream_pair result;
  result.client = std::move(client);
  result.server = std::move(server);
  co_return result;
}

/// Reads until there are `size` bytes, or fewer if the stream ends before.
inline task<std::string> read_exactly(stream& source, std::size_t size) {
  std::string result(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const auto count = co_await source.read_some(std::span<char>{result.data() + got, size - got});
    if (count == 0)
      break;
    got += count;
  }
  result.resize(got);
  co_return result;
}

/// Reads to the end.
inline task<std::string> read_to_end(stream& source) {
  std::string result;
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto count = co_await source.read_some(buffer);
    if (count == 0)
      co_return result;
    result.append(buffer.data(), count);
  }
}

/// With one worker: returns when everybody else waits for something that takes time.
inline task<void> settle() {
  for (int i = 0; i < 20; ++i)
    co_await yield();
}

/// Sends back what comes until the peer has finished.
inline task<void> echo(std::unique_ptr<stream> connection) {
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto count = co_await connection->read_some(buffer);
    if (count == 0)
      co_return;
    co_await connection->write_all(std::string_view{buffer.data(), count});
  }
}

/// Bytes that are not all the same, to notice when they are lost or swapped.
inline std::string pattern(std::size_t size) {
  std::string result(size, '\0');
  std::uint32_t x = 1;
  for (auto& c : result) {
    x = x * 1664525U + 1013904223U;
    c = static_cast<char>(x >> 24);
  }
  return result;
}

/// Runs a task in a runtime of its own, which logs nothing, and stops that in an orderly way.
template <class F>
void run_in_runtime(F function, runtime_options options = {}) {
  if (!options.log())
    options.log_to(make_null_log_sink());
  runtime rt{std::move(options)};
  rt.block_on(std::move(function));
  const auto left = rt.stop(10s);
  if (!left.empty())
    throw std::runtime_error("the runtime did not stop: " + left.front());
}

} // namespace actors::net::test
