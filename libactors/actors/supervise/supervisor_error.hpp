#pragma once

#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

/// How supervision fails. Settings that make no sense are `std::invalid_argument`, thrown where they are made or, if it
/// takes the whole supervisor to see it (two children of one name), where it is spawned.
///
/// Threads: every type here is a value.
namespace actors::supervise {

/// The supervisor could not start: a child failed in its first start, and those that had started were stopped again.
class start_error : public std::runtime_error {
public:
  start_error(std::string_view supervisor, std::string_view child, std::exception_ptr cause);

  [[nodiscard]] const std::string& supervisor() const noexcept { return supervisor_; }

  [[nodiscard]] const std::string& child() const noexcept { return child_; }

  /// What the child failed with.
  [[nodiscard]] const std::exception_ptr& cause() const noexcept { return cause_; }

private:
  std::string supervisor_;
  std::string child_;
  std::exception_ptr cause_;
};

/// The supervisor gave up: more restarts within the period than its restart intensity allows.
class restart_limit_error : public std::runtime_error {
public:
  restart_limit_error(std::string_view supervisor, std::string_view child, std::uint64_t restarts,
                      std::string_view limit, std::exception_ptr cause);

  [[nodiscard]] const std::string& supervisor() const noexcept { return supervisor_; }

  /// The child whose restart would have been one too many.
  [[nodiscard]] const std::string& child() const noexcept { return child_; }

  /// The restarts that were due within the period, this one included.
  [[nodiscard]] std::uint64_t restarts() const noexcept { return restarts_; }

  /// The child's last error; null if it ended without one.
  [[nodiscard]] const std::exception_ptr& cause() const noexcept { return cause_; }

private:
  std::string supervisor_;
  std::string child_;
  std::uint64_t restarts_;
  std::exception_ptr cause_;
};

/// Why a request about a child was refused.
enum class child_errc : std::uint8_t {
  not_found,       ///< no child of this name
  already_present, ///< there is a child of this name, and it does not run
  already_started, ///< there is a child of this name, and it runs
  running,         ///< the child runs: terminate it first
  restarting,      ///< the child waits for its restart: terminate it first
  terminated,      ///< the child was terminated before it had started
  not_running,     ///< the child does not run at the moment
  gone,            ///< the supervisor no longer has the child, or has ended itself
};

[[nodiscard]] std::string_view to_string(child_errc code) noexcept;

class child_error : public std::runtime_error {
public:
  child_error(child_errc code, std::string_view supervisor, std::string_view child);

  [[nodiscard]] child_errc code() const noexcept { return code_; }

  [[nodiscard]] const std::string& child() const noexcept { return child_; }

private:
  child_errc code_;
  std::string child_;
};

} // namespace actors::supervise
