#pragma once

#include <actors/core/task.hpp>
#include <actors/web/context.hpp>
#include <actors/web/operation.hpp>
#include <actors/web/validation.hpp>
#include <actors/web/value_rules.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What reads a handler's parameters from a request: parameters of one's own kinds (`parameter_traits`) use it.
///
/// All parameters of a request report to one validator, so that everything that is wrong is told at once. Ownership:
/// looks at the context. Errors: reported with where they are, `{"query", "limit"}`; text that is no UTF-8 is refused
/// (of fields of the header it is taken for Latin-1, as they were once defined).
namespace actors::web {

/// Where parameters come from, in the order in which they are read and their problems told.
enum class value_source : std::uint8_t { dependency, path, query, header, cookie, body, request };

/// What must be known of the body before parameters are read; can be joined.
enum class body_need : std::uint8_t { none = 0, bytes = 1, json = 2, form = 4 };

[[nodiscard]] constexpr body_need operator|(body_need a, body_need b) noexcept {
  return static_cast<body_need>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}

[[nodiscard]] constexpr bool has(body_need all, body_need one) noexcept {
  return (static_cast<unsigned>(all) & static_cast<unsigned>(one)) != 0;
}

class request_reader {
public:
  explicit request_reader(context& of) noexcept : context_(&of) {}

  [[nodiscard]] context& of() const noexcept { return *context_; }

  [[nodiscard]] validator& problems() noexcept { return problems_; }

  /// Reads the body, and makes of it what is needed. A body that cannot be read as what it says is an exception at
  /// once: `validation_error` for JSON that is none, `http_error` with 400 for text that is no UTF-8 or nested too
  /// deep.
  [[nodiscard]] task<void> prepare(body_need what);

  // -- what is there; views into the request --

  /// The last of this name, as that counts.
  [[nodiscard]] std::optional<std::string_view> query(std::string_view name);
  [[nodiscard]] std::optional<std::string_view> cookie(std::string_view name);

  /// The JSON of the body, behind `prepare`; null if there is no body. A body that says to be something else is a text.
  [[nodiscard]] const nlohmann::json* json();

  /// A field of the form, behind `prepare`.
  [[nodiscard]] std::optional<std::string_view> form(std::string_view name);

private:
  context* context_;
  validator problems_;
};

namespace detail {

/// A parameter with a name, without its type.
struct parameter_spec {
  value_source source = value_source::query;
  std::string name;
  bool required = true;
  bool is_list = false;
  bool is_form = false; // of those in the body: a field of a form, else of JSON
  bool deprecated = false;
  std::string title;
  std::string description;
  std::string fallback; // as JSON, if there is one
  value_rules rules;
  bool (*read)(const input& what, void* into, const value_rules& rules, validator& to) = nullptr;
  nlohmann::json (*schema)(schema_builder& to, const value_rules& rules) = nullptr;
};

/// False, and reported, if there is something wrong. A parameter that is not there leaves `into` as it is, if it may.
[[nodiscard]] bool read_parameter(const parameter_spec& by, request_reader& from, void* into);

void describe_parameter(const parameter_spec& by, operation& to);

/// A body of JSON, whole.
[[nodiscard]] bool read_body(request_reader& from, bool required, void* into,
                             bool (*read)(const input&, void*, const value_rules&, validator&));

void describe_body(operation& to, bool required, schema_function schema);

} // namespace detail

} // namespace actors::web
