#pragma once

#include <actors/http/fields.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Proactive negotiation: which of the forms that a resource has suits a client best (RFC 9110 §12).
///
///     static const std::vector<std::string_view> offers{"application/json", "text/html"};
///     const auto type = preferred_media_type(r.fields(), offers);
///     if (!type) return response{status::not_acceptable};
///
/// Qualities are thousandths, 0 … 1000, so that no rounding decides. Elements with a malformed quality or name are
/// skipped, as are those after the hundredth. An answer that depends on such a choice carries a Vary field: `add_vary`.
namespace actors::http {

/// An Accept-Encoding field, understood.
class accepted_codings {
public:
  /// Of a request with these fields.
  explicit accepted_codings(const fields& request_fields);

  /// How much a coding is wanted; 0 means it must not be used. `x-gzip` is `gzip`, names are compared without regard to
  /// case. `identity` is acceptable unless `identity;q=0`, or `*;q=0` without it, forbids it. Without an
  /// Accept-Encoding field nothing but `identity` is wanted, although anything would be allowed: who does not ask may
  /// not be able to decode.
  [[nodiscard]] unsigned quality(std::string_view coding) const noexcept;

  /// The one of these codings that the client wants most, of equals the first; `identity` if it wants that more, or
  /// none of them; nothing if it refuses all and `identity` too.
  [[nodiscard]] std::optional<std::string_view> choose(const std::vector<std::string_view>& offers) const noexcept;

private:
  [[nodiscard]] std::optional<unsigned> explicit_quality(std::string_view coding) const noexcept;

  std::vector<std::pair<std::string, unsigned>> qualities_;
  std::optional<unsigned> others_; // of "*"
};

/// The one of these media types that the client wants most, of equals the first; nothing if it refuses all. Without an
/// Accept field that is the first. The most specific range that fits counts: `text/html;level=1` before `text/html`
/// before `text/*` before `*/*` (RFC 9110 §12.5.1). Offers may have parameters.
[[nodiscard]] std::optional<std::string_view> preferred_media_type(const fields& request_fields,
                                                                   const std::vector<std::string_view>& offers);

/// Adds a field name to Vary, unless it is there, or `*` is.
void add_vary(fields& response_fields, std::string_view name);

} // namespace actors::http
