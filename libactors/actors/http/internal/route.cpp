#include <actors/http/internal/route.hpp>

#include <actors/http/internal/authenticator.hpp>
#include <actors/http/internal/parser.hpp>
#include <actors/http/internal/serializer.hpp>
#include <actors/net/endpoint.hpp>

#include <array>
#include <string_view>
#include <utility>

namespace actors::http::internal {

namespace {

void add_credentials(const url& proxy, request& what) {
  if (const auto who = credentials_in(proxy))
    what.set("Proxy-Authorization", who->field_value());
}

} // namespace

route::route(const client_options& options, const url& where)
    : proxy_(options.proxy().empty() ? nullptr : options.proxy().for_url(where)),
      tunnel_(proxy_ != nullptr && options.proxy().uses_tunnel(where)) {}

std::string route::key(const url& where) const {
  if (proxy_ == nullptr)
    return where.origin();
  // One connection to a proxy serves all hosts, a tunnel one of them.
  return (tunnel_ ? where.origin() + " through " : "through ") + proxy_->origin();
}

void route::prepare(const url& where, request& what) const {
  if (proxy_ == nullptr || tunnel_) {
    what.set_target(where.target());
    what.fields().remove("Proxy-Authorization"); // no proxy is to see this request
    return;
  }
  what.set_target(where.origin() + where.target());
  add_credentials(*proxy_, what);
}

void route::withdraw(request& what) const {
  if (proxy_ != nullptr && !tunnel_ && !proxy_->userinfo().empty())
    what.fields().remove("Proxy-Authorization");
}

task<std::optional<tunnel_failure>> open_tunnel(net::stream& to_proxy, url proxy, url where,
                                                std::optional<std::string> user_agent, message_limits limits) {
  const auto failed = [&proxy](client_errc kind, std::string_view problem) {
    tunnel_failure result;
    result.kind = kind;
    result.problem = "proxy " + proxy.authority() + ": " + std::string{problem};
    return std::optional{std::move(result)};
  };
  const auto target = net::host_and_port(where.host(), where.port());
  request question{method::connect, target};
  if (user_agent)
    question.set("User-Agent", *user_agent);
  add_credentials(proxy, question);
  std::string out;
  append_head(out, question, body_framing::none(), target);
  co_await to_proxy.write_all(out);
  response_parser parser{limits};
  parser.expect_response_to(method::connect);
  // Byte by byte: what stands behind the head belongs to the tunnel.
  std::array<char, 1> byte{};
  for (;;) {
    const auto size = co_await to_proxy.read_some(byte);
    if (size == 0)
      co_return failed(client_errc::disconnected, "it closed the connection instead of opening a tunnel");
    std::string_view input{byte.data(), size};
    auto event = parser.next(input);
    while (event == parse_event::head && is_informational(parser.head().status()))
      event = parser.next(input);
    if (event == parse_event::failed)
      co_return failed(client_errc::protocol, parser.failure().message);
    if (event != parse_event::head)
      continue;
    const auto answer = parser.head().status();
    if (is_success(answer))
      co_return std::nullopt;
    auto refusal = failed(client_errc::proxy, "it refuses the tunnel with " + std::to_string(code(answer)) + " " +
                                                  std::string{parser.head().reason()});
    refusal->code = answer;
    co_return refusal;
  }
}

} // namespace actors::http::internal
