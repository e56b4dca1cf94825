#pragma once

#include <cstdint>
#include <string_view>

namespace actors::http {

/// Status codes of RFC 9110 and the registered extensions. Any code from 100 to 999 may be held, named here or not:
/// `static_cast<status>(599)`.
enum class status : std::uint16_t {
  continue_ = 100,
  switching_protocols = 101,
  processing = 102,
  early_hints = 103,

  ok = 200,
  created = 201,
  accepted = 202,
  non_authoritative_information = 203,
  no_content = 204,
  reset_content = 205,
  partial_content = 206,
  multi_status = 207,
  already_reported = 208,
  im_used = 226,

  multiple_choices = 300,
  moved_permanently = 301,
  found = 302,
  see_other = 303,
  not_modified = 304,
  use_proxy = 305,
  temporary_redirect = 307,
  permanent_redirect = 308,

  bad_request = 400,
  unauthorized = 401,
  payment_required = 402,
  forbidden = 403,
  not_found = 404,
  method_not_allowed = 405,
  not_acceptable = 406,
  proxy_authentication_required = 407,
  request_timeout = 408,
  conflict = 409,
  gone = 410,
  length_required = 411,
  precondition_failed = 412,
  content_too_large = 413,
  uri_too_long = 414,
  unsupported_media_type = 415,
  range_not_satisfiable = 416,
  expectation_failed = 417,
  im_a_teapot = 418,
  misdirected_request = 421,
  unprocessable_content = 422,
  locked = 423,
  failed_dependency = 424,
  too_early = 425,
  upgrade_required = 426,
  precondition_required = 428,
  too_many_requests = 429,
  request_header_fields_too_large = 431,
  unavailable_for_legal_reasons = 451,

  internal_server_error = 500,
  not_implemented = 501,
  bad_gateway = 502,
  service_unavailable = 503,
  gateway_timeout = 504,
  http_version_not_supported = 505,
  variant_also_negotiates = 506,
  insufficient_storage = 507,
  loop_detected = 508,
  not_extended = 510,
  network_authentication_required = 511,
};

/// The number.
[[nodiscard]] constexpr unsigned code(status value) noexcept {
  return static_cast<unsigned>(value);
}

[[nodiscard]] constexpr bool is_informational(status value) noexcept {
  return code(value) / 100 == 1;
}

[[nodiscard]] constexpr bool is_success(status value) noexcept {
  return code(value) / 100 == 2;
}

[[nodiscard]] constexpr bool is_client_error(status value) noexcept {
  return code(value) / 100 == 4;
}

[[nodiscard]] constexpr bool is_server_error(status value) noexcept {
  return code(value) / 100 == 5;
}

/// Whether a `Location` field tells where to go on: 301, 302, 303, 307 and 308.
[[nodiscard]] constexpr bool is_redirect(status value) noexcept {
  return value == status::moved_permanently || value == status::found || value == status::see_other ||
         value == status::temporary_redirect || value == status::permanent_redirect;
}

/// Whether a response with this status never carries a body (RFC 9112 §6.3).
[[nodiscard]] constexpr bool is_bodiless(status value) noexcept {
  return is_informational(value) || value == status::no_content || value == status::not_modified;
}

/// The registered phrase, such as `Not Found`; for an unregistered code the name of its class, such as `Client Error`.
[[nodiscard]] std::string_view reason_phrase(status value) noexcept;

/// For CAF: a status travels as its number, and a number outside 100 … 999 is refused.
template <class Inspector>
bool inspect(Inspector& f, status& x) {
  return f.apply([&x] { return static_cast<std::uint16_t>(x); },
                 [&x](std::uint16_t number) {
                   if (number < 100 || number > 999)
                     return false;
                   x = static_cast<status>(number);
                   return true;
                 });
}

} // namespace actors::http
