#pragma once

#include <actors/core/log.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/task.hpp>
#include <actors/fs/error.hpp>
#include <tests/support/file_size_limit.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

/// What the tests of files share.
namespace actors::fs::test {

using namespace std::chrono_literals;

/// Runs a task in a runtime of its own and stops that in an orderly way.
template <class F>
void run_in_runtime(F function) {
  runtime rt{runtime_options{}.workers(2).log_to(make_null_log_sink())};
  rt.block_on(std::move(function));
  const auto left = rt.stop(10s);
  if (!left.empty())
    throw std::runtime_error("the runtime did not stop: " + left.front());
}

/// The same with one worker and one thread for calls that block.
template <class F>
void run_with_one_thread(F function) {
  runtime rt{runtime_options{}.workers(1).blocking_threads(1).log_to(make_null_log_sink())};
  rt.block_on(std::move(function));
  const auto left = rt.stop(10s);
  if (!left.empty())
    throw std::runtime_error("the runtime did not stop: " + left.front());
}

/// The error that an operation ends with; its text is empty if it succeeded.
struct failure {
  failure() = default;

  std::error_code code;
  std::string text;
};

template <class T>
task<failure> failure_of(task<T> operation) {
  failure result;
  try {
    static_cast<void>(co_await std::move(operation));
  } catch (const file_error& e) {
    result.code = e.code();
    result.text = e.what();
  }
  co_return result;
}

inline task<failure> failure_of(task<void> operation) {
  failure result;
  try {
    co_await std::move(operation);
  } catch (const file_error& e) {
    result.code = e.code();
    result.text = e.what();
  }
  co_return result;
}

inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
}

inline void put(const std::filesystem::path& path, const std::string& content) {
  std::ofstream{path, std::ios::binary} << content;
}

using test_support::file_size_limit;

} // namespace actors::fs::test
