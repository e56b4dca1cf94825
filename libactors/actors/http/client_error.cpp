#include <actors/http/client_error.hpp>

#include <actors/core/printable_text.hpp>

#include <utility>

namespace actors::http {

namespace {

std::string make_text(std::string_view method, std::string_view url, std::string_view problem) {
  constexpr std::size_t max_shown = 300;
  std::string shown{url.substr(0, max_shown)};
  if (url.size() > max_shown)
    shown += "...";
  std::string result{method};
  result.append(" ").append(shown).append(": ").append(problem);
  return printable_text(result);
}

} // namespace

std::string_view to_string(client_errc kind) noexcept {
  switch (kind) {
  case client_errc::resolve:
    return "resolve";
  case client_errc::connect:
    return "connect";
  case client_errc::timeout:
    return "timeout";
  case client_errc::disconnected:
    return "disconnected";
  case client_errc::truncated:
    return "truncated";
  case client_errc::protocol:
    return "protocol";
  case client_errc::too_large:
    return "too_large";
  case client_errc::redirect_loop:
    return "redirect_loop";
  case client_errc::decode:
    return "decode";
  case client_errc::tls:
    return "tls";
  case client_errc::unsupported:
    return "unsupported";
  case client_errc::proxy:
    return "proxy";
  }
  return "unknown";
}

client_error::client_error(client_errc kind, std::string_view method, std::string url, std::string_view problem,
                           std::optional<std::uint64_t> missing)
    : std::runtime_error(make_text(method, url, problem)), kind_(kind), url_(std::move(url)), missing_(missing) {}

} // namespace actors::http
