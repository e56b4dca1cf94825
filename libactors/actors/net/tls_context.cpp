#include <actors/net/tls_context.hpp>

#include <actors/net/internal/tls_context_state.hpp>

#include <utility>

namespace actors::net {

std::string_view to_string(tls_version value) noexcept {
  return value == tls_version::v1_2 ? "TLSv1.2" : "TLSv1.3";
}

tls_client_context::tls_client_context() : tls_client_context(tls_client_settings{}) {}

tls_client_context::tls_client_context(tls_client_settings settings)
    : state_(std::make_shared<internal::tls_client_state>(std::move(settings))) {}

void tls_client_context::reload() {
  reload(settings());
}

void tls_client_context::reload(tls_client_settings settings) {
  state_->reload(std::move(settings));
}

tls_client_settings tls_client_context::settings() const {
  return state_->current()->settings();
}

tls_server_context::tls_server_context(tls_server_settings settings)
    : state_(std::make_shared<internal::tls_server_state>(std::move(settings))) {}

void tls_server_context::reload() {
  reload(settings());
}

void tls_server_context::reload(tls_server_settings settings) {
  state_->reload(std::move(settings));
}

tls_server_settings tls_server_context::settings() const {
  return state_->current()->settings();
}

} // namespace actors::net
