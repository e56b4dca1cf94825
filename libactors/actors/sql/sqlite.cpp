#include <actors/sql/sqlite.hpp>

#include <actors/core/error.hpp>
#include <actors/sql/error.hpp>

#include <mutex>

namespace actors::sql {

/// One connection, used on one thread at a time: the strand's.
class sqlite::state {
public:
  explicit state(std::string name) : file(std::move(name)) {}

  /// A statement of one call runs between the construction and the end of this.
  class turn {
  public:
    turn(state& owner, const void* call) : owner_(&owner) {
      const std::scoped_lock guard{owner_->mutex_};
      owner_->running_ = call;
    }

    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;

    ~turn() {
      const std::scoped_lock guard{owner_->mutex_};
      owner_->running_ = nullptr;
    }

  private:
    state* owner_;
  };

  /// Interrupts the connection if it is this call's turn: an interrupt that comes late must not hit the next call.
  void interrupt(const void* call) {
    const std::scoped_lock guard{mutex_};
    if (running_ == call && connection)
      connection->interrupt();
  }

  [[nodiscard]] sqlite_connection& open_connection() const {
    if (!connection)
      throw misuse_error(file + ": the database was closed");
    return *connection;
  }

  const std::string file;
  blocking_strand strand;
  std::unique_ptr<sqlite_connection> connection;

private:
  std::mutex mutex_;
  const void* running_ = nullptr;
};

task<sqlite> sqlite::open(std::string file, sqlite_options options) {
  const auto shared = std::make_shared<state>(std::move(file));
  const auto work = [shared, options] {
    shared->connection = std::make_unique<sqlite_connection>(shared->file, options);
  };
  co_await to_thread(shared->strand, work);
  co_return sqlite{shared};
}

task<void> sqlite::run(std::shared_ptr<state> shared, std::function<void(sqlite_connection&)> work) {
  // The address of this frame's parameter names the call.
  const void* const call = &work;
  auto job = [shared, call, &work] {
    const state::turn turn{*shared, call};
    work(shared->open_connection());
  };
  std::function<void()> interrupt = [shared, call] { shared->interrupt(call); };
  co_await to_thread(shared->strand, std::move(job)).interrupt_with(std::move(interrupt));
}

task<result_set> sqlite::query(std::string statement, parameters values) const {
  const auto shared = state_;
  result_set result;
  const auto work = [&](sqlite_connection& connection) { result = connection.query(statement, values); };
  co_await run(shared, std::cref(work));
  co_return result;
}

task<std::int64_t> sqlite::execute(std::string statement, parameters values) const {
  const auto shared = state_;
  std::int64_t changed = 0;
  const auto work = [&](sqlite_connection& connection) { changed = connection.execute(statement, values); };
  co_await run(shared, std::cref(work));
  co_return changed;
}

task<void> sqlite::execute_script(std::string statements) const {
  const auto shared = state_;
  const auto work = [&](sqlite_connection& connection) { connection.execute_script(statements); };
  co_await run(shared, std::cref(work));
}

task<void> sqlite::close() const {
  const auto shared = state_;
  const auto work = [shared] { shared->connection.reset(); };
  co_await to_thread(shared->strand, work);
}

const std::string& sqlite::file() const noexcept {
  return state_->file;
}

} // namespace actors::sql
