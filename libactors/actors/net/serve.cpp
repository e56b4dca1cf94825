#include <actors/net/serve.hpp>

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/detail/io_worker.hpp>
#include <actors/core/detail/make_task.hpp>
#include <actors/core/error.hpp>
#include <actors/core/log.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/timeout.hpp>
#include <actors/net/error.hpp>

#include <atomic>
#include <mutex>

namespace actors::net {

namespace {

/// What the accept loop and its connections share.
class server_state {
public:
  server_state(actors::detail::runtime_core& core, connection_handler handler, serve_options options)
      : core_(&core), handler_(std::move(handler)), options_(std::move(options)) {}

  [[nodiscard]] actors::detail::runtime_core& core() const noexcept { return *core_; }

  [[nodiscard]] connection_handler& handler() noexcept { return handler_; }

  [[nodiscard]] const serve_options& options() const noexcept { return options_; }

  void report(const std::string& peer, const std::exception_ptr& error) const;

  // -- the number of connections -------------------------------------------------------------------------------------------

  void connection_begins() noexcept {
    const std::scoped_lock guard{mutex_};
    ++connections_;
  }

  void connection_ends() noexcept {
    caf::strong_actor_ptr waiter;
    std::uint64_t id = 0;
    {
      const std::scoped_lock guard{mutex_};
      if (--connections_ < wanted_below_) {
        waiter.swap(waiter_);
        id = wait_id_;
      }
    }
    if (waiter)
      actors::detail::wake(waiter, id);
  }

  /// Registers who waits for fewer than `limit` connections; false if it is so already.
  [[nodiscard]] bool wait_below(std::size_t limit, caf::strong_actor_ptr waiter, std::uint64_t id) {
    const std::scoped_lock guard{mutex_};
    if (connections_ < limit)
      return false;
    wanted_below_ = limit;
    waiter_ = std::move(waiter);
    wait_id_ = id;
    return true;
  }

  void withdraw() noexcept {
    caf::strong_actor_ptr waiter; // released after the lock
    const std::scoped_lock guard{mutex_};
    waiter.swap(waiter_);
  }

private:
  actors::detail::runtime_core* core_;
  connection_handler handler_;
  serve_options options_;
  std::mutex mutex_;
  std::size_t connections_ = 0;
  std::size_t wanted_below_ = 0;
  caf::strong_actor_ptr waiter_;
  std::uint64_t wait_id_ = 0;
};

void server_state::report(const std::string& peer, const std::exception_ptr& error) const {
  if (options_.on_error())
    options_.on_error()(peer, error);
  else
    actors::detail::log_of(*core_).write(
        {log_level::error, "net", "the connection with " + peer + " failed: " + describe(error)});
}

/// Suspends the accept loop until there are fewer than so many connections.
class [[nodiscard]] fewer_connections : public actors::detail::leaf_awaiter<fewer_connections> {
public:
  fewer_connections(server_state& state, std::size_t limit) noexcept : state_(&state), limit_(limit) {}

  ~fewer_connections() override {
    if (waiting_)
      state_->withdraw();
  }

  [[nodiscard]] bool start(actors::detail::task_context& context) {
    arm(context);
    waiting_ = state_->wait_below(limit_, actors::detail::actor_of(context), id());
    return waiting_;
  }

  void await_resume() { check_cancelled(); }

private:
  server_state* state_;
  std::size_t limit_;
  bool waiting_ = false;
};

/// One connection in the count, with its permit if there is a limit that others share. A parameter of the connection's
/// coroutine, so it goes with its frame, whether that ran or not.
class counted_connection {
public:
  explicit counted_connection(std::shared_ptr<server_state> state) : state_(std::move(state)) {
    state_->connection_begins();
  }

  counted_connection(counted_connection&&) noexcept = default;
  counted_connection& operator=(counted_connection&&) = delete;

  ~counted_connection() {
    if (!state_)
      return;
    if (const auto& room = state_->options().room())
      room->release();
    state_->connection_ends();
  }

  [[nodiscard]] server_state& state() const noexcept { return *state_; }

private:
  std::shared_ptr<server_state> state_;
};

task<void> run_connection(counted_connection counted, std::unique_ptr<stream> connection) {
  auto& state = counted.state();
  const auto peer = connection->peer();
  try {
    co_await state.handler()(std::move(connection));
  } catch (const net_error&) {
    // The peer went away: what peers do.
  } catch (const std::exception&) {
    state.report(peer, std::current_exception());
  }
}

/// Starts a connection's task as a child of the accept loop's, bound to the worker that watches its stream.
void start_connection(actors::detail::task_context& parent, const std::shared_ptr<server_state>& state,
                      const boost::asio::io_context& home, counted_connection counted,
                      std::unique_ptr<stream> connection) {
  const auto options = spawn_options{}.name(state->options().name());
  auto origin = actors::detail::child_origin(parent, options, std::source_location::current());
  origin.home.worker = actors::detail::worker_of(state->core(), home);
  static_cast<void>(
      actors::detail::launch_task(state->core(), origin, run_connection(std::move(counted), std::move(connection))));
}

/// The reactors for new connections in turn: all of them, or the one of a task that is bound to a worker.
class home_cycle {
public:
  explicit home_cycle(actors::detail::task_context& context)
      : core_(&actors::detail::core_of(context)), bound_(context.host().home() != nullptr),
        first_(&actors::detail::choose_io_context(context)) {}

  [[nodiscard]] boost::asio::io_context& next() {
    if (bound_)
      return *first_;
    const auto count = actors::detail::io_context_count(*core_);
    return actors::detail::io_context_at(*core_, next_++ % count);
  }

private:
  actors::detail::runtime_core* core_;
  bool bound_;
  boost::asio::io_context* first_;
  std::size_t next_ = 0;
};

/// Takes a permit of the limit that others share.
task<void> find_room(const serve_options& options) {
  if (options.room()->try_acquire())
    co_return;
  std::shared_ptr<const void> kept;
  if (options.on_full())
    kept = options.on_full()();
  co_await options.room()->acquire();
}

task<void> all_ended(server_state& state) {
  co_await fewer_connections{state, 1};
}

task<void> accept_loop(listener* source, connection_handler handler, serve_options options) {
  auto& context = co_await actors::detail::current_context{};
  const auto most = options.max_connections();
  const auto state =
      std::make_shared<server_state>(actors::detail::core_of(context), std::move(handler), std::move(options));
  home_cycle homes{context};
  while (source->is_open()) {
    co_await fewer_connections{*state, most};
    auto& home = homes.next();
    std::unique_ptr<stream> connection;
    try {
      connection = co_await source->accept_for(home);
    } catch (const net_error&) {
      if (source->is_open())
        throw;
    }
    if (connection == nullptr)
      continue;
    if (state->options().room())
      co_await find_room(state->options());
    start_connection(context, state, home, counted_connection{state}, std::move(connection));
  }
  // What is left after that are children of this task, which ends them with itself.
  auto drained = all_ended(*state);
  static_cast<void>(co_await move_on_after(state->options().drain_timeout(), std::move(drained)));
}

} // namespace

task<void> serve(listener& source, connection_handler handler, serve_options options) {
  // A task of its own: the connections are its children, so none outlives this call, however it ends.
  const auto named = spawn_options{}.name("serve " + source.local());
  auto loop = spawn(accept_loop(&source, std::move(handler), std::move(options)), named);
  co_await std::move(loop);
}

} // namespace actors::net
