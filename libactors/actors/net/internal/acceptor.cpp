#include <actors/net/internal/acceptor.hpp>

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/log.hpp>
#include <actors/core/sleep.hpp>
#include <actors/net/error.hpp>
#include <actors/net/internal/socket_stream.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

namespace actors::net::internal {

namespace {

using namespace std::chrono_literals;

constexpr duration first_pause = 10ms;
constexpr duration longest_pause = 1s;

/// What came out of one call.
enum class accept_outcome : std::uint8_t {
  accepted,
  /// Nobody is there.
  wait,
  /// The connection broke before it was accepted, or the call was interrupted: on to the next one.
  again,
  /// Out of descriptors or memory: later.
  pause,
  failed,
};

accept_outcome outcome_of(int error) noexcept {
  switch (error) {
  case EAGAIN:
    return accept_outcome::wait;
  // Linux hands errors of the new connection on to accept (accept(2)).
  case EINTR:
  case ECONNABORTED:
  case EPERM:
  case EPROTO:
  case ENOPROTOOPT:
  case ENETDOWN:
  case ENETUNREACH:
  case EHOSTDOWN:
  case EHOSTUNREACH:
  case ENONET:
  case EOPNOTSUPP:
    return accept_outcome::again;
  case EMFILE:
  case ENFILE:
  case ENOBUFS:
  case ENOMEM:
    return accept_outcome::pause;
  default:
    return accept_outcome::failed;
  }
}

struct arrival {
  arrival() = default;

  accept_outcome outcome = accept_outcome::wait;
  actors::detail::unique_fd fd;
  socket_address peer;
  std::error_code error;
};

arrival try_accept(acceptor& source) {
  arrival result;
  const descriptor::use used{source};
  if (!used) {
    result.outcome = accept_outcome::failed;
    result.error = errc::closed;
    return result;
  }
  source.begin_try(direction::read);
  result.fd = actors::detail::unique_fd{
      ::accept4(used.fd(), result.peer.data(), result.peer.size_to_fill(), SOCK_NONBLOCK | SOCK_CLOEXEC)};
  if (result.fd) {
    result.outcome = accept_outcome::accepted;
  } else {
    result.error = last_system_error();
    result.outcome = outcome_of(result.error.value());
  }
  return result;
}

/// The stream of an arrival. Null, with the outcome changed, if the reactor cannot take another descriptor.
std::unique_ptr<stream> open_connection(const acceptor& source, arrival& from, boost::asio::io_context& home) {
  const auto peer = from.peer.to_endpoint();
  if (peer)
    apply(source.options(), from.fd.get());
  try {
    return make_stream(home, std::move(from.fd), peer ? peer->to_string() : source.local());
  } catch (const net_error& e) {
    from.outcome = accept_outcome::pause;
    from.error = e.code();
    return nullptr;
  }
}

void log_pause(actors::detail::task_context& context, const acceptor& source, const std::error_code& error) {
  actors::detail::log_of(actors::detail::core_of(context))
      .write({log_level::warning, "net",
              "cannot accept connections on " + source.local() + ", trying again: " + error.message()});
}

} // namespace

boost::asio::io_context& acceptor::next_home(actors::detail::task_context& context) {
  if (context.host().home() != nullptr)
    return actors::detail::choose_io_context(context);
  auto& core = actors::detail::core_of(context);
  const auto count = actors::detail::io_context_count(core);
  return actors::detail::io_context_at(core, next_home_.fetch_add(1, std::memory_order_relaxed) % count);
}

task<std::unique_ptr<stream>> accept_from(std::shared_ptr<acceptor> source, boost::asio::io_context* home) {
  const descriptor::claim accepting{*source, direction::read};
  auto& context = co_await actors::detail::current_context{};
  duration pause = first_pause;
  for (;;) {
    if (!source->take_turn()) {
      co_await source->ready(direction::read);
      continue;
    }
    auto next = try_accept(*source);
    if (next.outcome == accept_outcome::accepted) {
      if (auto connection = open_connection(*source, next, home != nullptr ? *home : source->next_home(context)))
        co_return connection;
    }
    if (next.outcome == accept_outcome::wait) {
      co_await source->ready(direction::read);
    } else if (next.outcome == accept_outcome::pause) {
      if (pause == first_pause)
        log_pause(context, *source, next.error);
      co_await sleep(pause);
      pause = std::min(pause * 2, longest_pause);
    } else if (next.outcome == accept_outcome::failed) {
      throw net_error("accept on", source->local(), next.error);
    }
  }
}

} // namespace actors::net::internal
