#pragma once

#include <actors/core/type_ids.hpp>

#include <caf/default_enum_inspect.hpp>
#include <caf/error.hpp>
#include <caf/is_error_code_enum.hpp>
#include <caf/type_id.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// Errors: exceptions inside a process, `caf::error` where actors meet, and one mapping between the two.
///
/// A task that fails does so with an exception, and the exception keeps its identity through `co_await`, `spawn` and
/// `gather`. When an outcome has to leave the process, or reaches an actor that only knows CAF, `to_caf_error` turns it
/// into a `caf::error`; `to_exception` is the way back. A type that both sides know (`cancelled`, `timeout_error`, …)
/// arrives as itself, any other exception arrives as `remote_error` with its text.
///
/// Threads: every type here is a value. Copies share immutable text.
namespace actors {

/// Error codes of the library, as they travel in messages. Zero is no error.
enum class errc : std::uint8_t {
  none = 0,
  /// The operation was cancelled; the context holds the reason.
  cancelled = 1,
  /// The operation took longer than it was given.
  timeout = 2,
  /// A handler or task failed with an exception; the context holds its text.
  failed = 3,
  /// Several tasks of a group failed; the context holds their texts.
  group_failed = 4,
  /// The runtime or the actor is stopping and takes no new work.
  stopping = 5,
  /// The call does not fit: misuse of an operation.
  misuse = 6,
  /// The service failed by itself before it had answered; the context says with what.
  crashed = 7,
};

std::string to_string(errc value);
bool from_string(caf::string_view text, errc& value);
bool from_integer(std::uint8_t number, errc& value);

template <class Inspector>
bool inspect(Inspector& f, errc& x) {
  return caf::default_enum_inspect(f, x);
}

/// Thrown out of the pending `co_await` of a task that is being cancelled.
///
/// Not derived from `std::exception`, so that code which catches that to log and go on does not swallow a cancellation
/// by accident. Catch it to clean up (cleanup may `co_await`), then rethrow. A task that catches it and returns is
/// *not* cancelled.
class cancelled {
public:
  cancelled() = default;
  explicit cancelled(std::string_view reason);

  /// Why; empty if nobody said.
  [[nodiscard]] std::string_view reason() const noexcept;

private:
  std::shared_ptr<const std::string> reason_;
};

/// Thrown by `with_timeout`, timeout scopes and `ask` when time is up.
class timeout_error : public std::runtime_error {
public:
  timeout_error();
  explicit timeout_error(const std::string& what);
};

/// Thrown when an operation is used against its rules: awaiting oneself, waiting for an empty set, mixing runtimes, …
class misuse_error : public std::logic_error {
public:
  using std::logic_error::logic_error;
};

/// Thrown when work is handed to a runtime, service or group that is stopping.
class stopping_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Thrown by `ask` when the service that was asked has failed by itself (`service::fail`) before it had answered.
/// Whether the work was done is unknown, as after a broken connection; a supervisor may start the service again.
class crashed_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Thrown by `with_task_group`: every error of the children and of the body, in the order in which they happened.
class group_error : public std::exception {
public:
  explicit group_error(std::vector<std::exception_ptr> errors);

  [[nodiscard]] const char* what() const noexcept override;
  [[nodiscard]] const std::vector<std::exception_ptr>& errors() const noexcept;

private:
  struct state;
  std::shared_ptr<const state> state_;
};

/// An error that another actor answered with and that has no exception type of its own here.
class remote_error : public std::runtime_error {
public:
  explicit remote_error(caf::error error);

  [[nodiscard]] const caf::error& error() const noexcept { return error_; }

private:
  caf::error error_;
};

/// The `caf::error` for an exception; never empty. A null pointer is `errc::failed` too.
[[nodiscard]] caf::error to_caf_error(const std::exception_ptr& error);

/// The exception for a `caf::error`; null for no error.
[[nodiscard]] std::exception_ptr to_exception(const caf::error& error);

/// A `caf::error` of this library with its text.
[[nodiscard]] caf::error make_caf_error(errc code, std::string_view text);

/// One line of text for any exception, `cancelled` and non-standard ones included.
[[nodiscard]] std::string describe(const std::exception_ptr& error);

/// True if the exception is a `cancelled`.
[[nodiscard]] bool is_cancelled(const std::exception_ptr& error) noexcept;

} // namespace actors

CAF_BEGIN_TYPE_ID_BLOCK(actors_errors, actors::first_library_type_id)
  CAF_ADD_TYPE_ID(actors_errors, (actors::errc))
CAF_END_TYPE_ID_BLOCK(actors_errors)

CAF_ERROR_CODE_ENUM(actors::errc)
