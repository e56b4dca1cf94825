#include <actors/http/client_options.hpp>

#include <actors/http/error.hpp>
#include <actors/http/internal/quoted.hpp>
#include <actors/http/url.hpp>
#include <actors/net/unix_stream.hpp>

namespace actors::http {

client_options& client_options::unix_socket(std::string path) {
  return connect_with(
      [path = std::move(path)](std::string /*host*/, std::uint16_t /*port*/) { return net::connect_unix(path); });
}

client_options& client_options::authenticate(std::string_view origin, credentials value) {
  const auto where = url::parse(origin).normalized();
  if (!where.is_http())
    throw error{errc::invalid_url, internal::quoted(origin) + " is no origin of http or https"};
  credentials_.insert_or_assign(where.origin(), std::move(value));
  return *this;
}

const credentials* client_options::credentials_for(std::string_view origin) const noexcept {
  const auto found = credentials_.find(origin);
  return found == credentials_.end() ? nullptr : &found->second;
}

} // namespace actors::http
