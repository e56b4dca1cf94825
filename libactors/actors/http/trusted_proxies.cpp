#include <actors/http/trusted_proxies.hpp>

#include <actors/http/error.hpp>
#include <actors/http/internal/ascii.hpp>
#include <actors/http/internal/forwarded_node.hpp>
#include <actors/http/internal/quoted.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

namespace actors::http {

namespace {

using internal::iequals;
using internal::read_node;

constexpr std::string_view unix_mark = "unix:";

void take_scheme(request_origin& into, std::string_view value) {
  if (iequals(value, "http"))
    into.scheme = "http";
  else if (iequals(value, "https"))
    into.scheme = "https";
}

void take_host(request_origin& into, std::string_view value) {
  if (internal::consists_of(internal::host_char, value))
    into.host = value;
}

/// The element that belongs to a hop: lists of the same length go together; of any other the last was written by the
/// proxy that we know.
std::string_view element_for(const std::vector<std::string_view>& list, std::size_t hop, std::size_t hops) {
  if (list.empty())
    return {};
  return list.size() == hops ? list[hop] : list.back();
}

/// The elements of X-Forwarded-*, in the form of the other field.
std::vector<forwarded_element> x_forwarded_of(const request& what) {
  const auto clients = what.fields().list("X-Forwarded-For");
  const auto schemes = what.fields().list("X-Forwarded-Proto");
  const auto hosts = what.fields().list("X-Forwarded-Host");
  const auto hops = clients.size();
  std::vector<forwarded_element> result;
  for (std::size_t i = 0; i < hops; ++i)
    result.push_back({std::string{clients[i]},
                      {},
                      std::string{element_for(schemes, i, hops)},
                      std::string{element_for(hosts, i, hops)}});
  return result;
}

std::vector<forwarded_element> forwarded_of(const request& what) {
  std::vector<forwarded_element> result;
  for (const auto element : what.fields().list("Forwarded"))
    result.push_back(parse_forwarded(element).value_or(forwarded_element{}));
  return result;
}

} // namespace

trusted_proxies& trusted_proxies::add(std::string_view network) {
  const auto read = net::ip_network::parse(network);
  if (!read)
    throw error{errc::invalid_value, "trusted proxy " + internal::quoted(network) +
                                         " is neither an address nor a network such as 10.0.0.0/8"};
  return add(*read);
}

trusted_proxies& trusted_proxies::add(const net::ip_network& network) {
  networks_.push_back(network);
  return *this;
}

trusted_proxies& trusted_proxies::add_private() {
  for (const auto* network : {"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1", "fc00::/7"})
    add(network);
  return *this;
}

trusted_proxies& trusted_proxies::add_unix_sockets() noexcept {
  trusts_unix_ = true;
  return *this;
}

trusted_proxies& trusted_proxies::reads(forwarding value) noexcept {
  reads_ = value;
  return *this;
}

bool trusted_proxies::trusts(std::string_view peer) const {
  if (peer.starts_with(unix_mark))
    return trusts_unix_;
  const auto node = read_node(peer);
  return node.address && trusts(*node.address);
}

bool trusted_proxies::trusts(const net::ip_address& address) const noexcept {
  return std::ranges::any_of(networks_, [&](const auto& network) { return network.contains(address); });
}

request_origin trusted_proxies::origin_of(const request& what, std::string_view peer, std::string_view scheme) const {
  request_origin result{peer.starts_with(unix_mark) ? "_unix" : read_node(peer).name, std::string{scheme}, {}};
  take_host(result, what.get("Host").value_or(""));
  if (!trusts(peer))
    return result;
  const auto elements = reads_ == forwarding::forwarded ? forwarded_of(what) : x_forwarded_of(what);
  if (elements.empty() && reads_ == forwarding::x_forwarded) {
    // A proxy that tells only these.
    take_scheme(result, element_for(what.fields().list("X-Forwarded-Proto"), 0, 0));
    take_host(result, element_for(what.fields().list("X-Forwarded-Host"), 0, 0));
  }
  for (auto element = elements.rbegin(); element != elements.rend(); ++element) {
    auto node = read_node(element->client);
    result.client = std::move(node.name);
    take_scheme(result, element->scheme);
    take_host(result, element->host);
    if (!node.address || !trusts(*node.address))
      break;
  }
  return result;
}

void set_origin(request& what, const request_origin& origin) {
  auto& fields = what.fields();
  constexpr std::string_view usual = "X-Forwarded-";
  std::vector<std::string> names{"X-Real-IP"};
  for (const auto [name, value] : fields)
    if (iequals(name.substr(0, usual.size()), usual))
      names.emplace_back(name);
  for (const auto& name : names)
    fields.remove(name);
  std::string value;
  if (origin.client.find(':') != std::string::npos)
    value.append("for=\"[").append(origin.client).append("]\"");
  else
    value.append("for=").append(origin.client);
  value.append(";proto=").append(origin.scheme);
  if (!origin.host.empty())
    value.append(";host=\"").append(origin.host).append("\"");
  fields.set("Forwarded", value);
}

} // namespace actors::http
