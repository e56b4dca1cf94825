#include <actors/web/model.hpp>

#include <actors/core/error.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace actors::web::detail {

model_field& model_table::find(const void* of, const void* member) {
  const auto found =
      std::find_if(fields.begin(), fields.end(), [&](const model_field& f) { return f.const_member(of) == member; });
  if (found == fields.end())
    throw misuse_error("a member of " + name + " that BOOST_DESCRIBE_STRUCT does not name");
  return *found;
}

void model_table::complete() {
  std::set<std::string_view> names;
  for (auto& field : fields) {
    if (!names.insert(field.name).second)
      throw misuse_error(name + " has two members " + field.name);
    if (field.title.empty())
      field.title = title_of(field.name);
    write_text(field.name, field.key);
    field.key.push_back(':');
  }
}

namespace {

void report_others(const model_table& by, const nlohmann::json& object, validator& to) {
  for (const auto& [key, value] : object.get_ref<const nlohmann::json::object_t&>()) {
    const bool is_known =
        std::any_of(by.fields.begin(), by.fields.end(), [&key = key](const model_field& f) { return f.name == key; });
    if (is_known)
      continue;
    const validator::step at{to, key};
    to.report("extra_forbidden", "Extra inputs are not permitted", input{value});
  }
}

/// What is said of a member, around the schema of its type.
void annotate(nlohmann::json& schema, const model_field& field) {
  // Beside a reference to another schema a title would hide that one's.
  if (!schema.contains("$ref"))
    schema["title"] = field.title;
  if (!field.description.empty())
    schema["description"] = field.description;
  if (!field.example.is_null())
    schema["examples"] = nlohmann::json::array({field.example});
}

} // namespace

bool read_model(const model_table& by, const input& what, void* into, validator& to) {
  const auto* node = what.node();
  if (node == nullptr || !node->is_object()) {
    to.report("model_attributes_type", "Input should be a valid dictionary or object to extract fields from", what);
    return false;
  }
  bool ok = true;
  for (const auto& field : by.fields) {
    const auto found = node->find(field.name);
    if (found == node->end() && !field.is_required)
      continue;
    const validator::step at{to, field.name};
    if (found != node->end()) {
      ok = field.read(input{*found}, field.member(into), field.rules, to) && ok;
    } else {
      to.report("missing", "Field required", what);
      ok = false;
    }
  }
  if (by.forbids_others && node->size() > 0) {
    const auto before = to.count();
    report_others(by, *node, to);
    ok = ok && to.count() == before;
  }
  if (!ok)
    return false;
  for (const auto& rule : by.checks) {
    if (auto problem = rule(into)) {
      to.report("value_error", "Value error, " + *problem, what, {{"error", *problem}});
      return false;
    }
  }
  return true;
}

void write_model(const model_table& by, const void* from, std::string& to) {
  char before = '{';
  for (const auto& field : by.fields) {
    to.push_back(std::exchange(before, ','));
    to.append(field.key);
    field.write(field.const_member(from), to);
  }
  to.append(by.fields.empty() ? "{}" : "}");
}

nlohmann::json model_schema(const model_table& by, const void* defaults, schema_builder& to) {
  auto properties = nlohmann::json::object();
  auto required = nlohmann::json::array();
  for (const auto& field : by.fields) {
    auto schema = field.schema(to, field.rules);
    annotate(schema, field);
    if (field.is_required) {
      required.push_back(field.name);
    } else {
      std::string text;
      field.write(field.const_member(defaults), text);
      if (text != "null")
        schema["default"] = nlohmann::json::parse(text);
    }
    properties[field.name] = std::move(schema);
  }
  nlohmann::json result{{"type", "object"}, {"title", by.name}, {"properties", std::move(properties)}};
  if (!required.empty())
    result["required"] = std::move(required);
  if (by.forbids_others)
    result["additionalProperties"] = false;
  if (!by.description.empty())
    result["description"] = by.description;
  return result;
}

} // namespace actors::web::detail
