#include <actors/web/request_reader.hpp>

#include <actors/core/printable_text.hpp>
#include <actors/http/cookie.hpp>
#include <actors/http/error.hpp>
#include <actors/http/form.hpp>
#include <actors/http/json.hpp>
#include <actors/http/media_type.hpp>
#include <actors/web/http_error.hpp>
#include <actors/web/internal/request_data.hpp>
#include <actors/web/internal/uploaded_content.hpp>
#include <actors/web/json_text.hpp>

#include <algorithm>
#include <ranges>

namespace actors::web {

namespace {

constexpr std::size_t max_nesting = 64;

[[noreturn]] void refuse_body() {
  throw http_error{http::status::bad_request, "There was an error parsing the body"};
}

/// Deeper than this text is read.
bool is_too_deep(std::string_view text) noexcept {
  std::size_t depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_text) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_text = false;
    } else if (c == '"') {
      in_text = true;
    } else if (c == '[' || c == '{') {
      if (++depth > max_nesting)
        return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

/// As text, where what is no UTF-8 is Latin-1.
std::string from_latin1(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      result.push_back(c);
    } else {
      result.push_back(static_cast<char>(0xc0 | (byte >> 6)));
      result.push_back(static_cast<char>(0x80 | (byte & 0x3f)));
    }
  }
  return result;
}

/// What a peer has written wrongly, as its answer.
template <class F>
auto blamed_on_peer(F read) {
  try {
    return read();
  } catch (const http::error& problem) {
    throw http_error{status_for(problem.kind()), problem.what()};
  }
}

nlohmann::json read_json_body(const std::string& body) {
  if (find_invalid_utf8(body) || is_too_deep(body))
    refuse_body();
  validator problems;
  const validator::step at{problems, "body"};
  auto result = parse_strict_json(body, problems, max_nesting);
  problems.throw_if_wrong();
  return result;
}

} // namespace

task<void> request_reader::prepare(body_need what) {
  if (what == body_need::none)
    co_return;
  auto& data = context_->data();
  const auto& fields = context_->request().fields();
  const auto type = has(what, body_need::form) && !data.form
                        ? http::media_type::parse(fields.get("Content-Type").value_or(""))
                        : std::nullopt;
  const bool has_parts = type && type->is("multipart/form-data");
  // A form with files is read while it comes, unless others want to have the whole.
  if (!context_->has_read_body() && (!has_parts || what != body_need::form))
    co_await context_->fetch_body();
  if (has_parts)
    co_await internal::read_multipart_form(*context_, data);
  if (!context_->has_read_body())
    co_return;
  const auto& body = context_->read_body();
  if (has(what, body_need::json) && !data.json && !body.empty()) {
    if (!fields.contains("Content-Type") || http::is_json(fields))
      data.json = read_json_body(body);
    else if (find_invalid_utf8(body))
      refuse_body();
    else
      data.json = body;
  }
  if (has(what, body_need::form) && !data.form) {
    auto& form = data.form.emplace();
    if (type && type->is("application/x-www-form-urlencoded"))
      form = blamed_on_peer([&body] { return http::query_params::parse(body); });
  }
}

namespace {

/// The last one counts.
std::optional<std::string_view> last_of(const http::query_params& all, std::string_view name) {
  std::optional<std::string_view> result;
  for (const auto& [key, value] : all)
    if (key == name)
      result = value;
  return result;
}

const http::query_params& query_of(context& c) {
  auto& known = c.data().query;
  if (!known)
    known = blamed_on_peer([&c] { return http::query_params::parse(c.request().query()); });
  return *known;
}

} // namespace

std::optional<std::string_view> request_reader::query(std::string_view name) {
  return context_->request().query().empty() ? std::nullopt : last_of(query_of(*context_), name);
}

std::optional<std::string_view> request_reader::cookie(std::string_view name) {
  std::optional<std::string_view> result;
  for (const auto& [key, value] : http::parse_cookies(context_->request().fields()))
    if (key == name)
      result = value;
  // In quotes or not, it means the same.
  if (result && result->size() >= 2 && result->front() == '"' && result->back() == '"')
    result = result->substr(1, result->size() - 2);
  return result;
}

const nlohmann::json* request_reader::json() {
  const auto& known = context_->data().json;
  return known ? &*known : nullptr;
}

std::optional<std::string_view> request_reader::form(std::string_view name) {
  const auto& known = context_->data().form;
  return known ? last_of(*known, name) : std::nullopt;
}

namespace detail {

namespace {

std::string_view name_of(value_source source) noexcept {
  switch (source) {
  case value_source::path:
    return "path";
  case value_source::query:
    return "query";
  case value_source::header:
    return "header";
  case value_source::cookie:
    return "cookie";
  default:
    return "body";
  }
}

const nlohmann::json& nothing() {
  static const nlohmann::json null;
  return null;
}

/// All values of one name.
std::vector<std::string_view> all_values(const parameter_spec& by, request_reader& from) {
  auto& c = from.of();
  switch (by.source) {
  case value_source::query:
    return c.request().query().empty() ? std::vector<std::string_view>{} : query_of(c).get_all(by.name);
  case value_source::header:
    return c.request().fields().get_all(by.name);
  case value_source::body:
    return c.data().form ? c.data().form->get_all(by.name) : std::vector<std::string_view>{};
  default: {
    const auto one = from.cookie(by.name);
    return one ? std::vector<std::string_view>{*one} : std::vector<std::string_view>{};
  }
  }
}

std::optional<std::string_view> one_value(const parameter_spec& by, request_reader& from) {
  auto& c = from.of();
  switch (by.source) {
  case value_source::path:
    return c.path_value(by.name);
  case value_source::query:
    return from.query(by.name);
  case value_source::header:
    return c.request().get(by.name);
  case value_source::cookie:
    return from.cookie(by.name);
  default:
    return from.form(by.name);
  }
}

bool missing(const parameter_spec& by, request_reader& from) {
  if (!by.required)
    return true;
  from.problems().report("missing", "Field required", input{nothing()});
  return false;
}

bool check_text(std::string_view text, request_reader& from) {
  if (!find_invalid_utf8(text))
    return true;
  const nlohmann::json shown = printable_text(text);
  from.problems().report("string_unicode",
                         "Input should be a valid string, unable to parse raw data as a unicode string", input{shown});
  return false;
}

bool read_list(const parameter_spec& by, request_reader& from, void* into) {
  const auto texts = all_values(by, from);
  if (texts.empty())
    return missing(by, from);
  auto items = nlohmann::json::array();
  bool ok = true;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const validator::step at{from.problems(), i};
    if (by.source == value_source::header && find_invalid_utf8(texts[i]))
      items.push_back(from_latin1(texts[i]));
    else if (check_text(texts[i], from))
      items.push_back(texts[i]);
    else
      ok = false;
  }
  return ok && by.read(input{items}, into, by.rules, from.problems());
}

/// A field of a JSON body that several parameters share.
bool read_json_field(const parameter_spec& by, request_reader& from, void* into) {
  const auto* whole = from.json();
  if (whole == nullptr || !whole->is_object())
    return missing(by, from);
  const auto found = whole->find(by.name);
  return found == whole->end() ? missing(by, from) : by.read(input{*found}, into, by.rules, from.problems());
}

} // namespace

bool read_parameter(const parameter_spec& by, request_reader& from, void* into) {
  const validator::step where{from.problems(), name_of(by.source)};
  const validator::step which{from.problems(), by.name};
  if (by.source == value_source::body && !by.is_form)
    return read_json_field(by, from, into);
  if (by.is_list)
    return read_list(by, from, into);
  const auto text = one_value(by, from);
  // A browser sends a field of a form that was left empty too.
  if (!text || (text->empty() && by.source == value_source::body))
    return missing(by, from);
  if (by.source == value_source::header && find_invalid_utf8(*text))
    return by.read(input{std::string_view{from_latin1(*text)}}, into, by.rules, from.problems());
  return check_text(*text, from) && by.read(input{*text}, into, by.rules, from.problems());
}

bool read_body(request_reader& from, bool required, void* into,
               bool (*read)(const input&, void*, const value_rules&, validator&)) {
  const validator::step where{from.problems(), "body"};
  const auto* whole = from.json();
  static const value_rules no_rules;
  if (whole != nullptr)
    return read(input{*whole}, into, no_rules, from.problems());
  if (!required)
    return true;
  from.problems().report("missing", "Field required", input{nothing()});
  return false;
}

void describe_body(operation& to, bool required, schema_function schema) {
  auto& described = to.body.emplace();
  described.required = required;
  described.content.push_back({"application/json", std::move(schema)});
}

namespace {

parameter_place described_place(value_source source) noexcept {
  switch (source) {
  case value_source::path:
    return parameter_place::path;
  case value_source::header:
    return parameter_place::header;
  case value_source::cookie:
    return parameter_place::cookie;
  default:
    return parameter_place::query;
  }
}

/// To an object of which other parameters are the other members.
void add_json_field(operation& to, const parameter_spec& by, schema_function schema) {
  if (!to.body) {
    to.body.emplace().required = false;
    to.body->content.emplace_back();
  }
  to.body->required = to.body->required || by.required;
  auto& whole = to.body->content.front().schema;
  whole = [before = std::move(whole), schema = std::move(schema), name = by.name,
           required = by.required](schema_builder& builder) {
    auto result = before ? before(builder) : nlohmann::json{{"type", "object"}};
    result["properties"][name] = schema(builder);
    if (required)
      result["required"].push_back(name);
    return result;
  };
}

} // namespace

void describe_parameter(const parameter_spec& by, operation& to) {
  auto schema = [by](schema_builder& builder) {
    auto result = by.schema(builder, by.rules);
    if (!result.contains("$ref"))
      result["title"] = by.title.empty() ? title_of(by.name) : by.title;
    if (!by.fallback.empty() && by.fallback != "null")
      result["default"] = nlohmann::json::parse(by.fallback);
    return result;
  };
  if (by.source != value_source::body) {
    to.parameters.push_back(
        {described_place(by.source), by.name, by.required, std::move(schema), by.description, by.deprecated});
  } else if (by.is_form) {
    to.form.push_back({by.name, by.required, false, false, std::move(schema), by.description});
  } else {
    add_json_field(to, by, std::move(schema));
  }
}

} // namespace detail

} // namespace actors::web
