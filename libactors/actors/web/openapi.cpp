#include <actors/web/openapi.hpp>

#include <actors/core/error.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <set>

namespace actors::web {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

void add(ordered_json& to, const char* name, const std::string& text) {
  if (!text.empty())
    to[name] = text;
}

} // namespace

openapi_options& openapi_options::contact(std::string name, std::string url, std::string email) {
  contact_ = ordered_json::object();
  add(contact_, "name", name);
  add(contact_, "url", url);
  add(contact_, "email", email);
  return *this;
}

openapi_options& openapi_options::license(std::string name, std::string url) {
  license_ = {{"name", std::move(name)}};
  add(license_, "url", url);
  return *this;
}

openapi_options& openapi_options::license_by_identifier(std::string name, std::string identifier) {
  license_ = {{"name", std::move(name)}, {"identifier", std::move(identifier)}};
  return *this;
}

openapi_options& openapi_options::server(std::string url, std::string description) {
  ordered_json one{{"url", std::move(url)}};
  add(one, "description", description);
  servers_.push_back(std::move(one));
  return *this;
}

openapi_options& openapi_options::tag(std::string name, std::string description, std::string more_at_url) {
  ordered_json one{{"name", std::move(name)}};
  add(one, "description", description);
  if (!more_at_url.empty())
    one["externalDocs"] = {{"url", std::move(more_at_url)}};
  tags_.push_back(std::move(one));
  return *this;
}

openapi_options& openapi_options::security_scheme(std::string name, json scheme) {
  schemes_[std::move(name)] = std::move(scheme);
  return *this;
}

ordered_json openapi_options::info() const {
  ordered_json result{{"title", title_}};
  add(result, "summary", summary_);
  add(result, "description", description_);
  add(result, "termsOfService", terms_);
  if (!contact_.is_null())
    result["contact"] = contact_;
  if (!license_.is_null())
    result["license"] = license_;
  result["version"] = version_;
  return result;
}

namespace {

/// Nothing if OpenAPI has no such method.
std::optional<std::string> name_of(http::method method) {
  using enum http::method;
  constexpr std::array known{get, put, post, delete_, options, head, patch, trace};
  if (std::ranges::find(known, method) == known.end())
    return std::nullopt;
  std::string name{http::to_string(method)};
  for (auto& c : name)
    c = static_cast<char>(c - 'A' + 'a');
  return name;
}

/// The names in braces; `shape` becomes the path without them.
std::vector<std::string> parameters_of(std::string_view path, std::string& shape) {
  std::vector<std::string> names;
  while (!path.empty()) {
    const auto open = path.find('{');
    shape += path.substr(0, open);
    if (open == std::string_view::npos)
      break;
    const auto close = path.find('}', open);
    names.emplace_back(path.substr(open + 1, close - open - 1));
    shape += "{}";
    path = close == std::string_view::npos ? std::string_view{} : path.substr(close + 1);
  }
  return names;
}

/// Letters, digits and underscores: what a generated client can use as a name.
std::string derived_id(const operation& what, const std::string& method) {
  auto id = what.name + what.path + "_" + method;
  for (auto& c : id)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
      c = '_';
  return id.substr(std::min(id.find_first_not_of('_'), id.size() - 1));
}

/// `Read Item` for a route that is called `read_item`, `Get Items Item Id` for one without a name.
std::string summary_of(const operation& what, const std::string& method) {
  if (!what.summary.empty())
    return what.summary;
  if (!what.name.empty())
    return title_of(what.name);
  auto words = method;
  for (const auto c : what.path) {
    if (c == '/' || c == '.')
      words.push_back(' ');
    else if (c != '{' && c != '}')
      words.push_back(c);
  }
  words.resize(words.find_last_not_of(' ') + 1);
  return title_of(words);
}

json schema_of(const schema_function& function, schema_builder& types) {
  return function ? function(types) : json::object();
}

/// With a title, unless it is a reference to what has one.
json titled(json schema, std::string_view name) {
  if (schema.is_object() && !schema.contains("$ref") && !schema.contains("title"))
    schema["title"] = title_of(name);
  return schema;
}

class writer {
public:
  explicit writer(const openapi_options& options) : options_(options), schemes_(options.security_schemes()) {}

  /// Ids that were given come first, so that derived ones keep out of their way.
  void reserve_ids(std::span<const operation> operations) {
    for (const auto& each : operations)
      if (each.is_documented && !each.id.empty() && !ids_.insert(each.id).second)
        throw misuse_error("two operations have the id '" + each.id + "'");
  }

  void add(const operation& what) {
    const auto method = name_of(what.method);
    if (!method || !what.is_documented)
      return;
    std::string shape;
    const auto names = parameters_of(what.path, shape);
    const auto& path = paths_by_shape_.try_emplace(shape, what.path).first->second;
    auto& methods = paths_[path];
    if (methods.contains(*method))
      return;
    std::string same_shape;
    const auto own_names = parameters_of(path, same_shape);
    methods[*method] = describe(what, *method, names, own_names);
  }

  [[nodiscard]] ordered_json document() {
    ordered_json result{{"openapi", "3.1.0"}, {"info", options_.info()}};
    if (!options_.servers().is_null())
      result["servers"] = options_.servers();
    result["paths"] = std::move(paths_);
    ordered_json components = ordered_json::object();
    if (!types_.schemas().empty())
      components["schemas"] = types_.schemas();
    if (!schemes_.empty())
      components["securitySchemes"] = schemes_;
    if (!components.empty())
      result["components"] = std::move(components);
    if (!options_.tags().is_null())
      result["tags"] = options_.tags();
    return result;
  }

private:
  [[nodiscard]] ordered_json describe(const operation& what, const std::string& method,
                                      const std::vector<std::string>& names,
                                      const std::vector<std::string>& names_in_document) {
    const auto id = id_of(what, method);
    ordered_json result = ordered_json::object();
    if (!what.tags.empty())
      result["tags"] = what.tags;
    result["summary"] = summary_of(what, method);
    if (!what.description.empty())
      result["description"] = what.description;
    result["operationId"] = id;
    if (what.deprecated)
      result["deprecated"] = true;
    if (auto parameters = parameters_in(what, names, names_in_document); !parameters.empty())
      result["parameters"] = std::move(parameters);
    if (what.body || !what.form.empty())
      result["requestBody"] = body_of(what, id);
    result["responses"] = responses_of(what);
    if (!what.security.empty())
      result["security"] = security_of(what);
    return result;
  }

  [[nodiscard]] std::string id_of(const operation& what, const std::string& method) {
    if (!what.id.empty())
      return what.id;
    const auto id = derived_id(what, method);
    auto own = id;
    for (int number = 2; !ids_.insert(own).second; ++number)
      own = id + "_" + std::to_string(number);
    return own;
  }

  /// By place, each once: a handler and what it depends on may ask for the same one.
  [[nodiscard]] ordered_json parameters_in(const operation& what, const std::vector<std::string>& names,
                                           const std::vector<std::string>& names_in_document) {
    std::vector<operation_parameter> all;
    for (const auto& each : what.parameters) {
      const auto same = std::ranges::find_if(
          all, [&](const operation_parameter& other) { return other.in == each.in && other.name == each.name; });
      if (same == all.end())
        all.push_back(each);
      else if (each.required && !same->required)
        *same = each;
    }
    for (auto& each : all) {
      if (each.in != parameter_place::path)
        continue;
      const auto position = std::ranges::find(names, each.name) - names.begin();
      if (static_cast<std::size_t>(position) == names.size())
        throw misuse_error("the path '" + what.path + "' has no parameter '" + each.name + "'");
      each.name = names_in_document[static_cast<std::size_t>(position)];
      each.required = true;
    }
    for (const auto& name : names_in_document)
      if (std::ranges::none_of(all, [&](const operation_parameter& each) {
            return each.in == parameter_place::path && each.name == name;
          }))
        all.push_back(
            {parameter_place::path, name, true, [](schema_builder&) { return json{{"type", "string"}}; }, {}});
    std::ranges::stable_sort(all, {}, &operation_parameter::in);

    auto result = ordered_json::array();
    for (const auto& each : all) {
      ordered_json one{{"name", each.name}, {"in", to_string(each.in)}, {"required", each.required}};
      if (!each.description.empty())
        one["description"] = each.description;
      if (each.deprecated)
        one["deprecated"] = true;
      one["schema"] = titled(schema_of(each.schema, types_), each.name);
      result.push_back(std::move(one));
    }
    return result;
  }

  [[nodiscard]] ordered_json body_of(const operation& what, const std::string& id) {
    ordered_json result = ordered_json::object();
    bool is_required = what.body && what.body->required;
    if (what.body && !what.body->description.empty())
      result["description"] = what.body->description;
    if (what.body)
      result["content"] = content_of(what.body->content);
    if (!what.form.empty()) {
      const bool has_files = std::ranges::any_of(what.form, &operation_form_field::is_file);
      is_required = is_required || std::ranges::any_of(what.form, &operation_form_field::required);
      result["content"][has_files ? "multipart/form-data" : "application/x-www-form-urlencoded"]["schema"] =
          types_.reference(&what.form, "Body_" + id, [&] { return form_schema(what.form, "Body_" + id); });
    }
    if (is_required)
      result["required"] = true;
    return result;
  }

  [[nodiscard]] json form_schema(const std::vector<operation_form_field>& fields, const std::string& title) {
    auto properties = json::object();
    auto required = json::array();
    for (const auto& field : fields) {
      if (properties.contains(field.name))
        continue;
      json schema;
      if (!field.is_file)
        schema = schema_of(field.schema, types_);
      else if (field.is_list)
        schema = {{"type", "array"}, {"items", {{"type", "string"}, {"format", "binary"}}}};
      else
        schema = {{"type", "string"}, {"format", "binary"}};
      schema = titled(std::move(schema), field.name);
      if (!field.description.empty())
        schema["description"] = field.description;
      properties[field.name] = std::move(schema);
      if (field.required)
        required.push_back(field.name);
    }
    json result{{"type", "object"}, {"title", title}, {"properties", std::move(properties)}};
    if (!required.empty())
      result["required"] = std::move(required);
    return result;
  }

  [[nodiscard]] ordered_json content_of(const std::vector<operation_content>& content) {
    auto result = ordered_json::object();
    for (const auto& each : content)
      result[each.type]["schema"] = schema_of(each.schema, types_);
    return result;
  }

  [[nodiscard]] ordered_json responses_of(const operation& what) {
    auto result = ordered_json::object();
    for (const auto& each : what.responses) {
      auto& one = result[std::to_string(code(each.status))];
      if (!each.description.empty())
        one["description"] = each.description;
      else
        one["description"] =
            is_success(each.status) ? std::string{"Successful Response"} : std::string{reason_phrase(each.status)};
      if (!each.content.empty())
        one["content"] = content_of(each.content);
    }
    if (result.empty())
      result["200"]["description"] = "Successful Response";
    if ((!what.parameters.empty() || what.body || !what.form.empty()) && !result.contains("422")) {
      auto& one = result["422"];
      one["description"] = "Validation Error";
      one["content"]["application/json"]["schema"] = errors_schema();
    }
    return result;
  }

  [[nodiscard]] json errors_schema() {
    return types_.reference(&error_keys[0], "HTTPValidationError", [this] {
      auto items = types_.reference(&error_keys[1], "ValidationError", [] {
        json place{{"anyOf", json::array({{{"type", "string"}}, {{"type", "integer"}}})}};
        return json{{"type", "object"},
                    {"title", "ValidationError"},
                    {"properties",
                     {{"loc", {{"type", "array"}, {"title", "Location"}, {"items", std::move(place)}}},
                      {"msg", {{"type", "string"}, {"title", "Message"}}},
                      {"type", {{"type", "string"}, {"title", "Error Type"}}},
                      {"input", {{"title", "Input"}}},
                      {"ctx", {{"type", "object"}, {"title", "Context"}}}}},
                    {"required", {"loc", "msg", "type"}}};
      });
      json detail{{"type", "array"}, {"title", "Detail"}, {"items", std::move(items)}};
      return json{
          {"type", "object"}, {"title", "HTTPValidationError"}, {"properties", {{"detail", std::move(detail)}}}};
    });
  }

  [[nodiscard]] ordered_json security_of(const operation& what) {
    auto all = ordered_json::object();
    bool is_optional = true;
    for (const auto& each : what.security) {
      auto& scopes = all.emplace(each.name, ordered_json::array()).first.value();
      for (const auto& scope : each.scopes) // of several that ask for the same scheme all
        if (std::none_of(scopes.begin(), scopes.end(), [&](const ordered_json& known) { return known == scope; }))
          scopes.push_back(scope);
      is_optional = is_optional && each.optional;
      if (each.scheme.is_null()) {
        if (!schemes_.contains(each.name))
          throw misuse_error("the security scheme '" + each.name + "' is nowhere described");
      } else if (schemes_.try_emplace(each.name, each.scheme).first->second != each.scheme) {
        throw misuse_error("there are two security schemes '" + each.name + "'");
      }
    }
    auto result = ordered_json::array({std::move(all)});
    if (is_optional)
      result.push_back(ordered_json::object());
    return result;
  }

  static constexpr std::array<char, 2> error_keys{}; // their addresses

  const openapi_options& options_;
  schema_builder types_;
  ordered_json paths_ = ordered_json::object();
  std::map<std::string, std::string> paths_by_shape_;
  std::map<std::string, json> schemes_;
  std::set<std::string> ids_;
};

} // namespace

ordered_json openapi_document(std::span<const operation> operations, const openapi_options& options) {
  writer to{options};
  to.reserve_ids(operations);
  for (const auto& each : operations)
    to.add(each);
  return to.document();
}

} // namespace actors::web
