#include <actors/net/resolver.hpp>

#include <actors/core/to_thread.hpp>
#include <actors/net/error.hpp>
#include <actors/net/internal/socket.hpp>

#include <netdb.h>

#include <cstring>
#include <memory>
#include <utility>

namespace actors::net {

namespace {

std::vector<endpoint> resolve_blocking(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int result = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (result != 0)
    throw net_error("resolve", host,
                    result == EAI_SYSTEM ? last_system_error() : std::error_code{result, resolver_category()});
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner{found, &::freeaddrinfo};
  std::vector<endpoint> endpoints;
  for (const auto* i = found; i != nullptr; i = i->ai_next) {
    const auto each = internal::socket_address{*i->ai_addr, i->ai_addrlen}.to_endpoint();
    if (each)
      endpoints.emplace_back(each->address(), port);
  }
  if (endpoints.empty())
    throw net_error("resolve", host, std::error_code{EAI_NONAME, resolver_category()});
  return endpoints;
}

} // namespace

task<std::vector<endpoint>> resolve(std::string host, std::uint16_t port) {
  if (const auto address = ip_address::parse(host))
    co_return std::vector<endpoint>(1, endpoint{*address, port});
  // The system would stop at a NUL and resolve another name than the one that was meant.
  if (host.empty() || host.find('\0') != std::string::npos)
    throw net_error("resolve", host, std::error_code{EAI_NONAME, resolver_category()});
  auto lookup = to_thread([host = std::move(host), port] { return resolve_blocking(host, port); });
  co_return co_await std::move(lookup).abandon_on_cancel();
}

} // namespace actors::net
