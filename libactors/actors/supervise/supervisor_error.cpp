#include <actors/supervise/supervisor_error.hpp>

#include <actors/core/error.hpp>

#include <utility>

namespace actors::supervise {

namespace {

std::string named(std::string_view name) {
  return "'" + std::string{name} + "'";
}

std::string reason(const std::exception_ptr& cause) {
  return cause ? describe(cause) : "it ended without an error";
}

std::string_view sentence(child_errc code) {
  switch (code) {
  case child_errc::not_found:
    return "there is no such child";
  case child_errc::already_present:
    return "there is such a child already, which does not run";
  case child_errc::already_started:
    return "there is such a child already, and it runs";
  case child_errc::running:
    return "it runs: terminate it first";
  case child_errc::restarting:
    return "it waits for its restart: terminate it first";
  case child_errc::terminated:
    return "it was terminated before it had started";
  case child_errc::not_running:
    return "it does not run at the moment";
  case child_errc::gone:
    return "it is gone for good";
  }
  return "unknown";
}

} // namespace

start_error::start_error(std::string_view supervisor, std::string_view child, std::exception_ptr cause)
    : std::runtime_error("supervisor " + named(supervisor) + " could not start: child " + named(child) + ": " +
                         reason(cause)),
      supervisor_(supervisor), child_(child), cause_(std::move(cause)) {}

restart_limit_error::restart_limit_error(std::string_view supervisor, std::string_view child, std::uint64_t restarts,
                                         std::string_view limit, std::exception_ptr cause)
    : std::runtime_error("supervisor " + named(supervisor) + " gave up: child " + named(child) +
                         " would have been restart number " + std::to_string(restarts) + ", and the limit is " +
                         std::string{limit} + "; its last error: " + reason(cause)),
      supervisor_(supervisor), child_(child), restarts_(restarts), cause_(std::move(cause)) {}

std::string_view to_string(child_errc code) noexcept {
  switch (code) {
  case child_errc::not_found:
    return "not_found";
  case child_errc::already_present:
    return "already_present";
  case child_errc::already_started:
    return "already_started";
  case child_errc::running:
    return "running";
  case child_errc::restarting:
    return "restarting";
  case child_errc::terminated:
    return "terminated";
  case child_errc::not_running:
    return "not_running";
  case child_errc::gone:
    return "gone";
  }
  return "unknown";
}

child_error::child_error(child_errc code, std::string_view supervisor, std::string_view child)
    : std::runtime_error("supervisor " + named(supervisor) + ", child " + named(child) + ": " +
                         std::string{sentence(code)}),
      code_(code), child_(child) {}

} // namespace actors::supervise
