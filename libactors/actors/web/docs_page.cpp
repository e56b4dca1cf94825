#include <actors/web/docs_page.hpp>

#include <actors/core/error.hpp>
#include <actors/http/conditional.hpp>
#include <actors/http/content_negotiation.hpp>
#include <actors/http/entity_tag.hpp>
#include <actors/web/internal/swagger_ui.hpp>

#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <stdexcept>

namespace actors::web {

namespace {

constexpr std::string_view script_name = "initialize.js";
constexpr std::string_view policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src * data:; "
                                    "connect-src *; object-src 'none'; base-uri 'none'; frame-ancestors 'self'";

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
    case '&':
      result += "&amp;";
      break;
    case '<':
      result += "&lt;";
      break;
    case '"':
      result += "&quot;";
      break;
    default:
      result.push_back(c);
    }
  }
  return result;
}

std::string checked_path(std::string value) {
  if (!value.starts_with('/') || value.ends_with('/') || value.find_first_of("?#\"<>") != std::string::npos)
    throw misuse_error("'" + value + "' is no path for the page of a documentation");
  return value;
}

/// From the place of one page to that of another, of the same server: `../openapi.json`.
std::string relative_reference(std::string_view from, std::string_view to) {
  const auto [a, b] = std::ranges::mismatch(from, to);
  const auto same = std::string_view{from.begin(), a}.rfind('/') + 1;
  std::string result;
  for (const char c : from.substr(same))
    result += c == '/' ? "../" : "";
  return (result.empty() ? "./" : result) + std::string{to.substr(same)};
}

/// Of what we have packed ourselves, so that it is whole.
std::string unpacked(std::string_view gzip) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK)
    throw std::bad_alloc{};
  std::string result;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(gzip.data())); // NOLINT: zlib does not write to it
  stream.avail_in = static_cast<uInt>(gzip.size());
  int state = Z_OK;
  while (state == Z_OK) {
    const auto had = result.size();
    result.resize(had + (std::size_t{1} << 20));
    stream.next_out = reinterpret_cast<Bytef*>(result.data() + had); // NOLINT: bytes are bytes
    stream.avail_out = static_cast<uInt>(result.size() - had);
    state = inflate(&stream, Z_NO_FLUSH);
    result.resize(result.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (state != Z_STREAM_END)
    throw std::runtime_error("a file of Swagger UI is damaged");
  return result;
}

/// With what every one of the files is sent with; a 304 if the client has it.
http::response finished(const http::request& r, http::response answer, std::string_view tag) {
  answer.set("ETag", http::entity_tag{std::string{tag}}.to_string()).set("X-Content-Type-Options", "nosniff");
  answer.set("Cache-Control", "no-cache");
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return http::apply_preconditions(r, std::move(answer), now);
}

/// Of text that differs from program to program.
std::string tag_of(std::string_view text) {
  return std::to_string(std::hash<std::string_view>{}(text));
}

} // namespace

docs_options& docs_options::path(std::string value) {
  path_ = checked_path(std::move(value));
  return *this;
}

docs_options& docs_options::openapi_path(std::string value) {
  openapi_path_ = checked_path(std::move(value));
  return *this;
}

docs_page::docs_page(const docs_options& options) : path_(options.path()) {
  const auto files = path_.substr(path_.rfind('/') + 1) + "/"; // relative to the page
  page_ = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
          escaped(options.title().empty() ? "API" : options.title()) +
          "</title>\n<link rel=\"icon\" type=\"image/png\" href=\"" + files +
          "favicon-32x32.png\">\n<link rel=\"stylesheet\" href=\"" + files +
          "swagger-ui.css\">\n</head>\n<body>\n<div id=\"swagger-ui\"></div>\n<script src=\"" + files +
          "swagger-ui-bundle.js\"></script>\n<script src=\"" + files + std::string{script_name} +
          "\"></script>\n</body>\n</html>\n";

  nlohmann::ordered_json settings{{"dom_id", "#swagger-ui"}, {"layout", "BaseLayout"},       {"deepLinking", true},
                                  {"showExtensions", true},  {"showCommonExtensions", true}, {"validatorUrl", nullptr}};
  for (const auto& [name, value] : options.parameters().items())
    settings[name] = value;
  script_ = "const settings = " + settings.dump(2) + ";\nsettings.url = new URL(" +
            nlohmann::json(relative_reference(path_, options.openapi_path())).dump() +
            ", location.href).href;\nsettings.oauth2RedirectUrl = new URL(" +
            nlohmann::json(files + "oauth2-redirect.html").dump() +
            ", location.href).href;\nsettings.presets = [SwaggerUIBundle.presets.apis, "
            "SwaggerUIBundle.SwaggerUIStandalonePreset];\nwindow.ui = SwaggerUIBundle(settings);\n";
  if (!options.oauth2().is_null())
    script_ += "window.ui.initOAuth(" + options.oauth2().dump() + ");\n";
}

http::response docs_page::page(const http::request& r) const {
  http::response answer{http::status::ok, page_, "text/html; charset=utf-8"};
  answer.set("Content-Security-Policy", policy);
  return finished(r, std::move(answer), tag_of(page_));
}

http::response docs_page::file(std::string_view name, const http::request& r) const {
  if (name == script_name)
    return finished(r, http::response{http::status::ok, script_, "text/javascript; charset=utf-8"}, tag_of(script_));
  const auto all = internal::swagger_ui_files();
  const auto found = std::ranges::find(all, name, &internal::embedded_file::name);
  if (found == all.end())
    return http::response{http::status::not_found, R"({"detail":"Not Found"})", "application/json"};
  http::response answer{http::status::ok};
  std::string tag{internal::swagger_ui_version};
  if (found->is_gzip) {
    const bool is_taken = http::accepted_codings{r.fields()}.quality("gzip") > 0;
    if (is_taken)
      answer.set("Content-Encoding", "gzip");
    answer.set("Vary", "Accept-Encoding");
    answer.set_body(is_taken ? std::string{found->content} : unpacked(found->content), found->content_type);
    tag += is_taken ? "-gzip" : "";
  } else {
    answer.set_body(std::string{found->content}, found->content_type);
  }
  return finished(r, std::move(answer), tag);
}

http::handler docs_page::handler() const {
  return [self = *this](const http::request& r) {
    const auto path = r.path();
    const bool is_read = r.method() == http::method::get || r.method() == http::method::head;
    if (!is_read)
      return http::response{http::status::method_not_allowed}.set("Allow", "GET, HEAD");
    if (path == self.path_)
      return self.page(r);
    if (path.size() > self.path_.size() && path.starts_with(self.path_) && path[self.path_.size()] == '/')
      return self.file(path.substr(self.path_.size() + 1), r);
    return self.file({}, r);
  };
}

} // namespace actors::web
