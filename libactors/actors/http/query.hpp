#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace actors::http {

/// Percent-encodes everything but letters, digits, `-._~` and the characters of `keep` (RFC 3986 §2.1).
[[nodiscard]] std::string percent_encode(std::string_view text, std::string_view keep = {});

/// Decodes `%XX`; a `%` without two hexadecimal digits behind it stays as it is. The result may hold any byte, NUL
/// included.
[[nodiscard]] std::string percent_decode(std::string_view text);

/// The parameters of a query string or of an `application/x-www-form-urlencoded` body: in their order, duplicates kept,
/// decoded.
///
///     auto p = query_params::parse("q=a+b&tag=x&tag=%C3%A9");
///     p.get("q");                                   // "a b"
///     p.get_all("tag");                             // "x", "é"
///     query_params{}.add("q", "a&b").to_string();   // "q=a%26b"
///
/// A value without `=` is empty. Names and values are bytes: whether they are UTF-8 is for the caller to check.
/// Source: WHATWG URL §5 (application/x-www-form-urlencoded).
class query_params {
public:
  using value_type = std::pair<std::string, std::string>;

  query_params() = default;

  /// @throws error `too_many_parameters` if there are more than `max_parameters`, as each costs far more memory than it
  /// has bytes.
  [[nodiscard]] static query_params parse(std::string_view text, std::size_t max_parameters = 1000);

  query_params& add(std::string name, std::string value);

  /// Replaces the first of this name, removes the others; appends when there is none.
  query_params& set(std::string_view name, std::string value);

  std::size_t remove(std::string_view name);

  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const noexcept;

  [[nodiscard]] bool contains(std::string_view name) const noexcept { return get(name).has_value(); }

  [[nodiscard]] std::vector<std::string_view> get_all(std::string_view name) const;

  [[nodiscard]] bool empty() const noexcept { return items_.empty(); }

  [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }

  [[nodiscard]] auto begin() const noexcept { return items_.begin(); }

  [[nodiscard]] auto end() const noexcept { return items_.end(); }

  /// Encoded, with `+` for a space.
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] friend bool operator==(const query_params&, const query_params&) = default;

private:
  std::vector<value_type> items_;
};

} // namespace actors::http
