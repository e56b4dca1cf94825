#pragma once

#include <actors/core/task.hpp>
#include <actors/core/to_thread.hpp>
#include <actors/sql/result.hpp>
#include <actors/sql/sqlite_connection.hpp>
#include <actors/sql/value.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

/// SQLite for tasks: the coroutine face of a database file.
///
/// ```
/// auto db = co_await sql::sqlite::open("shop.sqlite");
/// co_await db.execute("insert into items values (?, ?)", {"bread", 3});
/// const auto rows = co_await db.query("select * from items where price < ?", {10});
/// ```
///
/// Statements run on threads of the blocking pool, one at a time and in the order of the calls; a worker never waits
/// for the disk.
///
/// Ownership: copies share one connection, which is closed with the last of them, or by `close`.
///
/// Cancellation: a statement that waits for its turn is dropped; one that runs is interrupted and its changes are
/// undone, then `cancelled` is thrown.
///
/// Errors: `sql::error`. `misuse_error` after `close`.
///
/// Cost: two thread hops for each call, around 10 µs, plus SQLite's work; put what belongs together into one
/// `transaction`.
///
/// The actor face is `sqlite_service`.
namespace actors::sql {

class sqlite {
public:
  using parameters = std::vector<value>;

  /// Opens or makes the file.
  [[nodiscard]] static task<sqlite> open(std::string file, sqlite_options options = sqlite_options{});

  /// Runs one statement and gives all of its rows.
  [[nodiscard]] task<result_set> query(std::string statement, parameters values = {}) const;

  /// Runs one statement for its effect; the number of rows changed.
  [[nodiscard]] task<std::int64_t> execute(std::string statement, parameters values = {}) const;

  /// Runs several statements separated by semicolons.
  [[nodiscard]] task<void> execute_script(std::string statements) const;

  /// Runs `work(sqlite_connection&)` on the database's thread inside of a transaction: committed when it returns,
  /// rolled back when it throws or is cancelled. Gives what the function returns.
  template <class F>
  [[nodiscard]] task<std::invoke_result_t<F&, sqlite_connection&>> transaction(F work) const;

  /// Closes the file after the calls that were made before.
  [[nodiscard]] task<void> close() const;

  [[nodiscard]] const std::string& file() const noexcept;

private:
  class state;

  explicit sqlite(std::shared_ptr<state> shared) noexcept : state_(std::move(shared)) {}

  /// Runs a function on the connection, in turn; interruptible.
  [[nodiscard]] static task<void> run(std::shared_ptr<state> shared, std::function<void(sqlite_connection&)> work);

  std::shared_ptr<state> state_;
};

template <class F>
task<std::invoke_result_t<F&, sqlite_connection&>> sqlite::transaction(F work) const {
  using result = std::invoke_result_t<F&, sqlite_connection&>;
  const auto shared = state_;
  if constexpr (std::is_void_v<result>) {
    const auto in_transaction = [&work](sqlite_connection& connection) {
      auto changes = connection.begin();
      work(connection);
      changes.commit();
    };
    co_await run(shared, std::cref(in_transaction));
  } else {
    std::optional<result> value;
    const auto in_transaction = [&work, &value](sqlite_connection& connection) {
      auto changes = connection.begin();
      value.emplace(work(connection));
      changes.commit();
    };
    co_await run(shared, std::cref(in_transaction));
    co_return std::move(*value);
  }
}

} // namespace actors::sql
