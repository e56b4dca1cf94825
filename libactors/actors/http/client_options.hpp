#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/http/client_event.hpp>
#include <actors/http/credentials.hpp>
#include <actors/http/limits.hpp>
#include <actors/http/proxy.hpp>
#include <actors/net/name_cache.hpp>
#include <actors/net/stream.hpp>
#include <actors/net/tls_context.hpp>
#include <actors/supervise/retry.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace actors::http {

class cookie_jar;

/// How a client behaves. The defaults suit a program that talks to servers it does not control: nothing that a server
/// does makes a request last, or its memory grow, without end.
///
///     client_options{}.total_timeout(30s).max_body(4 << 20).user_agent("my-crawler/1.0 (+https://example.com/bot)")
class client_options {
public:
  /// Opens a connection to a host and port. The default resolves the name (`names`) and connects over TCP.
  using connector = std::function<task<std::unique_ptr<net::stream>>(std::string host, std::uint16_t port)>;

  client_options() { limits_.max_body(std::uint64_t{64} << 20); }

  /// Longest time to resolve a name and connect; 10 s.
  client_options& connect_timeout(duration value) noexcept { return set(connect_timeout_, value); }

  /// Longest silence of the server while we wait for it to send or take bytes; 30 s.
  client_options& idle_timeout(duration value) noexcept { return set(idle_timeout_, value); }

  /// Longest time from the call to the last byte of the body, with all redirects and the wait for a free connection;
  /// 5 min. `forever` for none.
  client_options& total_timeout(duration value) noexcept { return set(total_timeout_, value); }

  /// Connections to one scheme, host and port; 32. Requests beyond wait for their turn.
  client_options& max_connections_per_host(std::size_t value) noexcept { return set(max_per_host_, value); }

  /// Connections in all; 256.
  client_options& max_connections(std::size_t value) noexcept { return set(max_connections_, value); }

  /// How long a connection is kept for another request; 15 s. Zero: not at all.
  client_options& keep_alive_timeout(duration value) noexcept { return set(keep_alive_timeout_, value); }

  /// Whether 301, 302, 303, 307 and 308 are followed; yes.
  client_options& follow_redirects(bool value) noexcept { return set(follow_redirects_, value); }

  /// How many redirects one request may take; 10.
  client_options& max_redirects(std::size_t value) noexcept { return set(max_redirects_, value); }

  /// The User-Agent field of requests that have none.
  client_options& user_agent(std::string value) { return set(user_agent_, std::move(value)); }

  /// Whether compressed bodies are asked for (gzip, deflate, br) and decoded; yes. A request with an Accept-Encoding
  /// field of its own gets what comes, undecoded; one with a Range asks for bytes as they are.
  client_options& decode(bool value) noexcept { return set(decode_, value); }

  /// Bounds on the head and the body of a response. The body's holds for what is transferred and, again, for what it
  /// decodes to.
  client_options& limits(const message_limits& value) noexcept { return set(limits_, value); }

  /// The body's bound alone, in bytes; 64 MiB.
  client_options& max_body(std::uint64_t value) noexcept {
    limits_.max_body(value);
    return *this;
  }

  /// Where the addresses of hosts are kept for a while, or pinned (as with curl's `--resolve`). By default a cache of
  /// the client's own, whose answers hold for 10 s. The connector of `connect_with` does without.
  client_options& names(net::name_cache value) {
    names_ = std::move(value);
    return *this;
  }

  /// Another way to open connections, such as in memory; for those to a proxy, too. For `https` TLS is spoken over
  /// them.
  client_options& connect_with(connector value) { return set(connector_, std::move(value)); }

  /// How TLS is spoken for `https`: authorities to trust, a client certificate. By default the server is verified
  /// against the system's trust store. Reads files; throws `net::net_error` if there is something wrong with them.
  client_options& tls(net::tls_client_settings value) {
    if (value.alpn().empty())
      value.alpn({"http/1.1"});
    return tls(net::tls_client_context{std::move(value)});
  }

  /// The same with a context of one's own, which can be shared and reloaded. Its ALPN must be `http/1.1` or nothing.
  client_options& tls(net::tls_client_context value) {
    tls_ = std::move(value);
    return *this;
  }

  /// Connects to a Unix socket, whatever host a URL names.
  client_options& unix_socket(std::string path);

  /// Proxies; none.
  client_options& proxy(proxy_settings value) { return set(proxy_, std::move(value)); }

  /// Keeps cookies there and sends them along, through redirects too; none. A request with a Cookie field of its own is
  /// sent with that alone.
  client_options& cookies(std::shared_ptr<cookie_jar> value) { return set(cookies_, std::move(value)); }

  /// Who we are for one origin, such as `https://api.example.com`; a path is let pass. A request with an Authorization
  /// field of its own is sent with that. @throws error `invalid_url`
  client_options& authenticate(std::string_view origin, credentials value);

  /// Sends requests again that are idempotent and whose body can be had again: when no connection came about or it
  /// broke before the head of the response, or the server answered 408, 429, 502, 503 or 504; not before the time that
  /// its Retry-After says, and not at all if that is more than an hour. None by default. When the policy gives up, the
  /// last answer or error is the result. All of it is within the total timeout; the policy's limit on an attempt is one
  /// up to the head of the response.
  client_options& retry(supervise::retry_policy value) { return set(retry_, std::optional{std::move(value)}); }

  /// How long a request with `Expect: 100-continue` waits for the server to ask for its body before it sends it all the
  /// same; 1 s.
  client_options& continue_timeout(duration value) noexcept { return set(continue_timeout_, value); }

  /// Told of every step.
  client_options& on_event(client_hook value) { return set(hook_, std::move(value)); }

  [[nodiscard]] duration connect_timeout() const noexcept { return connect_timeout_; }

  [[nodiscard]] duration idle_timeout() const noexcept { return idle_timeout_; }

  [[nodiscard]] duration total_timeout() const noexcept { return total_timeout_; }

  [[nodiscard]] std::size_t max_connections_per_host() const noexcept { return max_per_host_; }

  [[nodiscard]] std::size_t max_connections() const noexcept { return max_connections_; }

  [[nodiscard]] duration keep_alive_timeout() const noexcept { return keep_alive_timeout_; }

  [[nodiscard]] bool follow_redirects() const noexcept { return follow_redirects_; }

  [[nodiscard]] std::size_t max_redirects() const noexcept { return max_redirects_; }

  [[nodiscard]] const std::string& user_agent() const noexcept { return user_agent_; }

  [[nodiscard]] bool decode() const noexcept { return decode_; }

  [[nodiscard]] const message_limits& limits() const noexcept { return limits_; }

  [[nodiscard]] const std::optional<net::name_cache>& names() const noexcept { return names_; }

  [[nodiscard]] const connector& connect_with() const noexcept { return connector_; }

  [[nodiscard]] const std::optional<net::tls_client_context>& tls() const noexcept { return tls_; }

  [[nodiscard]] const proxy_settings& proxy() const noexcept { return proxy_; }

  [[nodiscard]] const std::shared_ptr<cookie_jar>& cookies() const noexcept { return cookies_; }

  /// Null if there are none for this origin.
  [[nodiscard]] const credentials* credentials_for(std::string_view origin) const noexcept;

  [[nodiscard]] bool has_credentials() const noexcept { return !credentials_.empty(); }

  [[nodiscard]] const std::optional<supervise::retry_policy>& retry() const noexcept { return retry_; }

  [[nodiscard]] duration continue_timeout() const noexcept { return continue_timeout_; }

  [[nodiscard]] const client_hook& on_event() const noexcept { return hook_; }

private:
  template <class T>
  client_options& set(T& member, T value) {
    member = std::move(value);
    return *this;
  }

  duration connect_timeout_ = std::chrono::seconds(10);
  duration idle_timeout_ = std::chrono::seconds(30);
  duration total_timeout_ = std::chrono::minutes(5);
  duration keep_alive_timeout_ = std::chrono::seconds(15);
  std::size_t max_per_host_ = 32;
  std::size_t max_connections_ = 256;
  std::size_t max_redirects_ = 10;
  message_limits limits_;
  std::string user_agent_ = "libactors";
  std::optional<net::name_cache> names_;
  connector connector_;
  std::optional<net::tls_client_context> tls_;
  proxy_settings proxy_;
  std::shared_ptr<cookie_jar> cookies_;
  std::map<std::string, credentials, std::less<>> credentials_;
  std::optional<supervise::retry_policy> retry_;
  duration continue_timeout_ = std::chrono::seconds(1);
  client_hook hook_;
  bool follow_redirects_ = true;
  bool decode_ = true;
};

} // namespace actors::http
