#include <actors/net/tcp_stream.hpp>

#include <actors/core/detail/io_worker.hpp>
#include <actors/net/internal/connect_race.hpp>
#include <actors/net/internal/socket_stream.hpp>
#include <actors/net/resolver.hpp>

#include <utility>

namespace actors::net {

namespace {

task<std::unique_ptr<stream>> connect_to(task<std::vector<endpoint>> lookup, std::string peer, tcp_options options) {
  auto& context = co_await actors::detail::current_context{};
  auto targets = co_await std::move(lookup);
  auto& home = actors::detail::choose_io_context(context);
  if (targets.size() > 1)
    co_return co_await internal::connect_to_first(home, std::move(targets), std::move(peer), options);
  const internal::socket_address target{targets.front()};
  auto target_name = peer;
  co_return co_await internal::connect_socket(home, target, std::move(target_name), std::move(peer), options);
}

} // namespace

task<std::unique_ptr<stream>> connect_tcp(std::string host, std::uint16_t port, tcp_options options) {
  auto peer = host_and_port(host, port);
  return connect_to(resolve(std::move(host), port), std::move(peer), options);
}

task<std::unique_ptr<stream>> connect_tcp(name_cache names, std::string host, std::uint16_t port, tcp_options options) {
  auto peer = host_and_port(host, port);
  return connect_to(names.resolve(std::move(host), port), std::move(peer), options);
}

task<std::unique_ptr<stream>> connect_tcp(endpoint target, tcp_options options) {
  auto& context = co_await actors::detail::current_context{};
  auto& home = actors::detail::choose_io_context(context);
  const internal::socket_address address{target};
  auto name = target.to_string();
  auto peer = name;
  co_return co_await internal::connect_socket(home, address, std::move(name), std::move(peer), options);
}

} // namespace actors::net
