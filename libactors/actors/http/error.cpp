#include <actors/http/error.hpp>

namespace actors::http {

std::string_view to_string(errc kind) noexcept {
  switch (kind) {
  case errc::invalid_url:
    return "invalid_url";
  case errc::invalid_target:
    return "invalid_target";
  case errc::invalid_field_name:
    return "invalid_field_name";
  case errc::invalid_field_value:
    return "invalid_field_value";
  case errc::invalid_reason:
    return "invalid_reason";
  case errc::invalid_value:
    return "invalid_value";
  case errc::bad_start_line:
    return "bad_start_line";
  case errc::bad_field:
    return "bad_field";
  case errc::bad_host:
    return "bad_host";
  case errc::bad_framing:
    return "bad_framing";
  case errc::bad_chunk:
    return "bad_chunk";
  case errc::unknown_method:
    return "unknown_method";
  case errc::unsupported_version:
    return "unsupported_version";
  case errc::unsupported_transfer_coding:
    return "unsupported_transfer_coding";
  case errc::start_line_too_long:
    return "start_line_too_long";
  case errc::fields_too_large:
    return "fields_too_large";
  case errc::too_many_fields:
    return "too_many_fields";
  case errc::body_too_large:
    return "body_too_large";
  case errc::truncated:
    return "truncated";
  case errc::data_after_close:
    return "data_after_close";
  case errc::unsupported_content_coding:
    return "unsupported_content_coding";
  case errc::corrupt_content:
    return "corrupt_content";
  case errc::truncated_content:
    return "truncated_content";
  case errc::decoded_too_large:
    return "decoded_too_large";
  case errc::too_many_parameters:
    return "too_many_parameters";
  case errc::invalid_json:
    return "invalid_json";
  case errc::invalid_form:
    return "invalid_form";
  case errc::bad_multipart:
    return "bad_multipart";
  case errc::multipart_too_large:
    return "multipart_too_large";
  case errc::invalid_cookie:
    return "invalid_cookie";
  }
  return "unknown";
}

status status_for(errc kind) noexcept {
  switch (kind) {
  case errc::unknown_method:
  case errc::unsupported_transfer_coding:
    return status::not_implemented;
  case errc::unsupported_version:
    return status::http_version_not_supported;
  case errc::start_line_too_long:
    return status::uri_too_long;
  case errc::fields_too_large:
  case errc::too_many_fields:
    return status::request_header_fields_too_large;
  case errc::body_too_large:
  case errc::decoded_too_large:
  case errc::multipart_too_large:
    return status::content_too_large;
  case errc::unsupported_content_coding:
    return status::unsupported_media_type;
  default:
    return status::bad_request;
  }
}

} // namespace actors::http
