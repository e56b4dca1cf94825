#pragma once

#include <actors/http/fields.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace actors::http::internal {

/// One challenge of a server: `Digest realm="x", nonce="y"` (RFC 9110 §11.6.1).
class challenge {
public:
  explicit challenge(std::string_view scheme) : scheme_(scheme) {}

  void add(std::string_view name, std::string value) { parameters_.emplace_back(name, std::move(value)); }

  /// Compared without regard to case.
  [[nodiscard]] bool is(std::string_view scheme) const noexcept;

  /// The first of this name, unquoted.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const noexcept;

private:
  std::string scheme_;
  std::vector<std::pair<std::string, std::string>> parameters_;
};

/// All challenges in the fields of a name, of which each may hold several. What makes no sense is left out.
[[nodiscard]] std::vector<challenge> parse_challenges(const fields& from, std::string_view name);

/// The parameters of one field without a scheme, such as Authentication-Info.
[[nodiscard]] challenge parse_parameters(std::string_view text);

} // namespace actors::http::internal
