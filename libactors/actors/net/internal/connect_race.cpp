#include <actors/net/internal/connect_race.hpp>

#include <actors/core/error.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/wait.hpp>
#include <actors/net/error.hpp>
#include <actors/net/internal/interleave.hpp>
#include <actors/net/internal/socket_stream.hpp>

#include <chrono>
#include <exception>
#include <utility>

namespace actors::net::internal {

namespace {

using namespace std::chrono_literals;

// RFC 8305, section 8: the recommended delay between attempts.
constexpr duration attempt_delay = 250ms;

/// What became of an attempt at one address.
struct attempt_result {
  attempt_result() = default;

  std::unique_ptr<stream> connection;
  std::exception_ptr error;
};

task<attempt_result> attempt(boost::asio::io_context& home, endpoint target, std::string peer, tcp_options options) {
  attempt_result result;
  const socket_address address{target};
  auto name = target.to_string();
  try {
    result.connection = co_await connect_socket(home, address, std::move(name), std::move(peer), options);
  } catch (const std::exception&) {
    result.error = std::current_exception();
  }
  co_return result;
}

/// Attempts under way, and what is known of those that have ended.
class race {
public:
  race(boost::asio::io_context& home, std::vector<endpoint> targets, std::string peer, tcp_options options)
      : home_(&home), targets_(std::move(targets)), peer_(std::move(peer)), options_(options) {}

  /// Starts attempts and waits for them until one has succeeded or all have failed.
  task<void> run() {
    while (winner_ == nullptr && (next_ < targets_.size() || !running_.empty())) {
      if (next_ < targets_.size())
        running_.push_back(start(targets_[next_++]));
      auto state = co_await wait(running_, until::first_completed, next_ < targets_.size() ? attempt_delay : forever);
      running_ = std::move(state.pending);
      for (auto& ended : state.done)
        take(co_await std::move(ended));
    }
  }

  /// Ends the attempts that are left.
  task<void> stop() {
    if (running_.empty())
      co_return;
    for (const auto& attempt : running_)
      attempt.cancel("no longer needed");
    static_cast<void>(co_await wait(running_));
  }

  [[nodiscard]] std::unique_ptr<stream> winner() noexcept { return std::move(winner_); }

  /// The first error, with all of them as its details.
  [[nodiscard]] net_error failure() const {
    std::string details;
    for (const auto& error : errors_)
      details.append(details.empty() ? "" : "; ").append(describe(error));
    try {
      std::rethrow_exception(errors_.front());
    } catch (const net_error& e) {
      return net_error{"connect to", peer_, e.code(), details};
    }
  }

private:
  [[nodiscard]] task_handle<attempt_result> start(const endpoint& target) {
    const auto options = spawn_options{}.name("connect to " + target.to_string());
    return spawn(attempt(*home_, target, peer_, options_), options);
  }

  void take(attempt_result result) {
    if (result.connection == nullptr)
      errors_.push_back(std::move(result.error));
    else if (winner_ == nullptr)
      winner_ = std::move(result.connection);
  }

  boost::asio::io_context* home_;
  std::vector<endpoint> targets_;
  std::string peer_;
  tcp_options options_;
  std::size_t next_ = 0;
  std::vector<task_handle<attempt_result>> running_;
  std::vector<std::exception_ptr> errors_;
  std::unique_ptr<stream> winner_;
};

} // namespace

task<std::unique_ptr<stream>> connect_to_first(boost::asio::io_context& home, std::vector<endpoint> targets,
                                               std::string peer, tcp_options options) {
  race attempts{home, interleave_families(targets), std::move(peer), options};
  std::exception_ptr stopped;
  try {
    co_await attempts.run();
  } catch (...) {
    stopped = std::current_exception();
  }
  co_await attempts.stop();
  if (stopped)
    std::rethrow_exception(stopped);
  auto winner = attempts.winner();
  if (winner == nullptr)
    throw attempts.failure();
  co_return winner;
}

} // namespace actors::net::internal
