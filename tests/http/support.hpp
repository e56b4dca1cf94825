#pragma once

#include <actors/core/log.hpp>
#include <actors/core/run.hpp>
#include <actors/core/runtime_options.hpp>
#include <actors/core/task.hpp>
#include <actors/core/this_task.hpp>
#include <actors/net/error.hpp>
#include <actors/net/stream.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

/// What the tests of the server and the client share.
namespace actors::http::test {

using namespace std::chrono_literals;

/// Runs a test in virtual time, in which waiting costs nothing and is exact.
template <class F>
void run_virtually(F function) {
  runtime home{runtime_options{}.clock(clock_kind::virtual_time)};
  home.block_on(std::move(function));
}

/// Runs a test on real sockets.
template <class F>
void run_really(F function) {
  runtime home{runtime_options{}.workers(2)};
  home.block_on(std::move(function));
}

inline task<time_point> now() {
  co_return (co_await this_task()).now();
}

/// Reads up to and with `marker`. Throws a `net_error` if the stream ends before.
inline task<std::string> read_until(net::stream& source, std::string marker) {
  std::string result;
  std::array<char, 1> byte{};
  while (!result.ends_with(marker)) {
    if (co_await source.read_some(byte) == 0)
      throw net::net_error("read from", source.peer(), net::errc::end_of_stream, "after: " + result);
    result.push_back(byte[0]);
  }
  co_return result;
}

inline task<std::string> read_to_end(net::stream& source) {
  std::string result;
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto size = co_await source.read_some(buffer);
    if (size == 0)
      co_return result;
    result.append(buffer.data(), size);
  }
}

/// A message without its Date, the one field whose value the tests do not know.
inline std::string without_date(std::string text) {
  constexpr std::string_view name = "Date: ";
  for (auto begin = text.find(name); begin != std::string::npos; begin = text.find(name, begin))
    text.erase(begin, text.find("\r\n", begin) + 2 - begin);
  return text;
}

/// Keeps what is logged.
class recording_log final : public log_sink {
public:
  void write(const log_record& record) noexcept override {
    const std::scoped_lock guard{mutex_};
    text_ += std::string{actors::to_string(record.level)} + " " + format_log_text(record) + "\n";
  }

  [[nodiscard]] std::string text() const {
    const std::scoped_lock guard{mutex_};
    return text_;
  }

private:
  mutable std::mutex mutex_;
  std::string text_;
};

} // namespace actors::http::test
