#pragma once

#include <actors/net/internal/tls_library.hpp>
#include <actors/net/tls_stream.hpp>

namespace actors::net::internal {

[[nodiscard]] certificate_info describe_certificate(const X509& certificate);

} // namespace actors::net::internal
