#pragma once

#include <actors/http/method.hpp>
#include <actors/http/status.hpp>
#include <actors/web/schema.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a route does, said as data: the method and path, where its values come from, what it answers.
///
/// The application makes an `operation` of each route from the types of its handler; a program may write one by hand
/// for what no type says, such as a handler of its own. `openapi.hpp` makes the OpenAPI document of them.
///
/// Schemas are given as functions that are called when a document is made: until then an operation costs some text and
/// no JSON. They ask the `schema_builder` for the types that have names, so that each stands once in the document.
///
/// Ownership: values. Threads: as any other value; the schema functions may be called from any.
namespace actors::web {

/// The schema of a value (JSON Schema 2020-12).
using schema_function = std::function<nlohmann::json(schema_builder& types)>;

enum class parameter_place : std::uint8_t { path, query, header, cookie };

/// As OpenAPI calls it: `path`, `query`, `header`, `cookie`.
[[nodiscard]] std::string_view to_string(parameter_place place) noexcept;

struct operation_parameter {
  parameter_place in = parameter_place::query;
  std::string name;
  bool required = true;
  schema_function schema;
  std::string description;
  bool deprecated = false;
};

/// A body of one type: `application/json` and what it looks like. No function stands for anything.
struct operation_content {
  std::string type = "application/json";
  schema_function schema;
};

struct operation_body {
  std::vector<operation_content> content;
  bool required = true;
  std::string description;
};

/// A field of a form that is read by itself. The fields of an operation make one body: `multipart/form-data` if there
/// is a file among them, else `application/x-www-form-urlencoded`.
struct operation_form_field {
  std::string name;
  bool required = true;
  bool is_file = false;   ///< then without a schema: bytes
  bool is_list = false;   ///< of files: any number of them
  schema_function schema; ///< of other fields, lists included
  std::string description;
};

struct operation_response {
  http::status status = http::status::ok;
  std::string description; ///< the status's reason phrase if empty
  std::vector<operation_content> content;
};

/// A security scheme that a request has to satisfy; those of an operation all together.
struct security_requirement {
  std::string name;                ///< under which the scheme stands in the document
  nlohmann::json scheme;           ///< the scheme itself: OpenAPI's Security Scheme Object
  std::vector<std::string> scopes; ///< of OAuth2 and OpenID Connect
  bool optional = false;           ///< without it the request is served too
};

struct operation {
  http::method method = http::method::get;
  /// As OpenAPI writes it: `path_pattern::for_documentation()`.
  std::string path;
  /// Unique in a document; made of name, path and method if empty, as FastAPI does.
  std::string id;
  /// The route's, such as `read_item`; may be empty.
  std::string name;
  std::vector<std::string> tags;
  /// If empty `Read Item` for the name `read_item`, or `Get Items Item Id` without a name.
  std::string summary;
  std::string description;
  bool deprecated = false;
  /// Whether it stands in the document at all.
  bool is_documented = true;
  std::vector<operation_parameter> parameters;
  std::optional<operation_body> body;
  std::vector<operation_form_field> form;
  /// Beside these a 422 is documented wherever there are values that may be wrong.
  std::vector<operation_response> responses;
  std::vector<security_requirement> security;
};

} // namespace actors::web
