#include <actors/http/websocket_reconnect.hpp>

#include <actors/core/detail/io_worker.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/sleep.hpp>

#include <random>

namespace actors::http {

namespace {

using what = reconnect_event::what;

/// Whether another attempt may have another outcome.
bool is_passing(const websocket_error& error) noexcept {
  if (error.kind() == websocket_errc::unsupported)
    return false;
  const bool was_answered = error.kind() == websocket_errc::refused || error.kind() == websocket_errc::proxy;
  if (!was_answered || !error.status())
    return true;
  const auto code = static_cast<int>(*error.status());
  return code < 400 || code > 499 || code == 408 || code == 425 || code == 429;
}

void tell(const reconnect_options& options, const reconnect_event& event) {
  if (options.on_event())
    options.on_event()(event);
}

/// One connection from its opening to its end; true to connect again.
task<bool> run_once(const url& where, const websocket_session& session, const reconnect_options& options,
                    std::size_t attempt, bool& connected) {
  auto socket = co_await connect_websocket(where, options.client());
  connected = true;
  tell(options, reconnect_event{what::connected, attempt, {}, nullptr});
  co_return co_await session(socket);
}

} // namespace

task<void> keep_connected(std::string where, websocket_session session, reconnect_options options) {
  auto& context = co_await actors::detail::current_context{};
  const auto now = [&context] { return actors::detail::now_of(actors::detail::core_of(context)); };
  const auto target = url::parse(where);
  if (target.is_secure() && !options.client().tls()) {
    // One trust store, and the keys of earlier connections, for all.
    auto way = options.client();
    options.client(way.tls(net::tls_client_settings{}));
  }
  if (const auto* const proxy = options.client().proxy().for_url(target);
      proxy != nullptr && proxy->is_secure() && !options.client().proxy().tls()) {
    auto way = options.client();
    auto proxies = way.proxy();
    options.client(way.proxy(proxies.tls(net::tls_client_settings{})));
  }
  std::mt19937_64 random{options.seed() ? *options.seed() : std::random_device{}()};
  supervise::backoff waits{options.backoff()};
  for (std::size_t attempt = 1;; ++attempt) {
    tell(options, reconnect_event{what::connecting, attempt, {}, nullptr});
    const auto begun = now();
    bool connected = false;
    std::exception_ptr problem;
    bool passing = true;
    try {
      const bool goes_on = co_await run_once(target, session, options, attempt, connected);
      if (!goes_on)
        co_return;
    } catch (const websocket_error& error) {
      problem = std::current_exception();
      passing = is_passing(error);
    }
    tell(options, reconnect_event{what::lost, attempt, {}, problem});
    if (connected && now() - begun >= options.lasting()) {
      waits.reset();
      attempt = 0;
    }
    const bool is_last = !passing || (options.max_attempts() != 0 && attempt >= options.max_attempts());
    if (is_last) {
      if (problem)
        std::rethrow_exception(problem);
      co_return;
    }
    const duration wait = waits.next(random);
    tell(options, reconnect_event{what::waiting, attempt, wait, nullptr});
    co_await sleep(wait);
  }
}

} // namespace actors::http
