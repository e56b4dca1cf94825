#pragma once

#include <actors/web/operation.hpp>

#include <nlohmann/json.hpp>

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The OpenAPI 3.1 document of an interface: what documentation pages show and what generators make clients of.
///
/// @snippet tests/web/openapi_test.cpp document
///
/// Paths and methods stand in the order of the operations. As FastAPI does it: an operation's id is made of its route's
/// name, path and method, so `read_item` of `GET /items/{id}` is `read_item_items__id__get`; fields of forms make a
/// schema `Body_` and the id; wherever values may be wrong there is a 422 with `HTTPValidationError`, whose items also
/// name `input` and `ctx` here; names of parameters become titles.
///
/// A document has to be valid whatever the routes are. So a parameter of a path that no handler asks for stands in it
/// as a text; of two paths that differ only in the names of their parameters the second one's are called as the first
/// one's are; and what OpenAPI cannot say is left out: methods beyond GET, PUT, POST, DELETE, OPTIONS, HEAD, PATCH and
/// TRACE, and the second of two routes that differ in nothing but the kinds of their paths' parameters.
///
/// Ownership: the document is a value. Threads: any. Cost: as much as all schemas; make it once and keep its text.
/// Errors: `misuse_error` for what cannot be meant: an id that was given twice, a documented parameter that its path
/// does not have, two security schemes under one name. Source: OpenAPI 3.1.0, JSON Schema 2020-12.
namespace actors::web {

/// What a document says beside its operations. Each setter returns the same again.
class openapi_options {
public:
  openapi_options() = default;

  /// The interface's name; `API`.
  openapi_options& title(std::string text) { return set(title_, std::move(text)); }

  /// The interface's version, not OpenAPI's; `0.1.0`.
  openapi_options& version(std::string text) { return set(version_, std::move(text)); }

  /// One line.
  openapi_options& summary(std::string text) { return set(summary_, std::move(text)); }

  /// In Markdown.
  openapi_options& description(std::string text) { return set(description_, std::move(text)); }

  /// A URL.
  openapi_options& terms_of_service(std::string url) { return set(terms_, std::move(url)); }

  /// What is empty is left out.
  openapi_options& contact(std::string name, std::string url = {}, std::string email = {});

  /// The licence's name, with a URL or nothing.
  openapi_options& license(std::string name, std::string url = {});

  /// By its SPDX expression, such as `Apache-2.0`.
  openapi_options& license_by_identifier(std::string name, std::string identifier);

  /// A place where the interface is served; without one that of the document.
  openapi_options& server(std::string url, std::string description = {});

  /// What a tag is about. Documentation shows tags in this order, those that are not told here behind them.
  openapi_options& tag(std::string name, std::string description = {}, std::string more_at_url = {});

  /// One that operations may require; those that an operation brings need not be told.
  openapi_options& security_scheme(std::string name, nlohmann::json scheme);

  /// The document's object `info`.
  [[nodiscard]] nlohmann::ordered_json info() const;

  [[nodiscard]] const std::string& title() const noexcept { return title_; }

  [[nodiscard]] const nlohmann::ordered_json& servers() const noexcept { return servers_; }

  [[nodiscard]] const nlohmann::ordered_json& tags() const noexcept { return tags_; }

  [[nodiscard]] const std::map<std::string, nlohmann::json>& security_schemes() const noexcept { return schemes_; }

private:
  openapi_options& set(std::string& member, std::string text) {
    member = std::move(text);
    return *this;
  }

  std::string title_ = "API";
  std::string version_ = "0.1.0";
  std::string summary_;
  std::string description_;
  std::string terms_;
  nlohmann::ordered_json contact_;
  nlohmann::ordered_json license_;
  nlohmann::ordered_json servers_;
  nlohmann::ordered_json tags_;
  std::map<std::string, nlohmann::json> schemes_;
};

/// The document.
[[nodiscard]] nlohmann::ordered_json openapi_document(std::span<const operation> operations,
                                                      const openapi_options& options = {});

} // namespace actors::web
