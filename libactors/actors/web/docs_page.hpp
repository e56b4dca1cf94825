#pragma once

#include <actors/http/handler.hpp>
#include <actors/http/message.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <utility>

/// The page that people read an interface on, and try it: Swagger UI, of files that are part of the program.
///
///     const docs_page docs{docs_options{}.title("Shop").openapi_path("/openapi.json")};
///     docs.page(request);                                     // GET /docs
///     docs.file("swagger-ui.css", request);                   // GET /docs/swagger-ui.css
///
/// An application serves it at `/docs` by itself; without one `docs_page::handler()` does. Nothing is loaded from
/// elsewhere: the page's Content-Security-Policy forbids it, but for images in descriptions and for the requests that
/// people try. Its links are relative, so that it works behind proxies and mounted below any path.
///
/// Threads: any. Cost: the files are sent compressed as they are (0.5 MB once, then 304); a client that does not take
/// gzip has them unpacked for it, some milliseconds. Source: Swagger UI (third_party/swagger-ui), Apache License 2.0.
namespace actors::web {

/// How the page is. Each setter returns the same again.
class docs_options {
public:
  docs_options() = default;

  /// Of the page; unless set the interface's.
  docs_options& title(std::string text) {
    title_ = std::move(text);
    return *this;
  }

  /// Where the page is served; its files are below. `/docs`. @throws misuse_error if it does not begin with a slash, or
  /// ends with one
  docs_options& path(std::string value);

  /// Where the document is; `/openapi.json`.
  docs_options& openapi_path(std::string value);

  /// A setting of Swagger UI, such as `docExpansion` or `persistAuthorization`.
  docs_options& set(std::string name, nlohmann::json value) {
    parameters_[std::move(name)] = std::move(value);
    return *this;
  }

  /// What is filled in when people log in by OAuth2, such as `clientId` and `usePkceWithAuthorizationCodeGrant`.
  docs_options& oauth2(nlohmann::json settings) {
    oauth2_ = std::move(settings);
    return *this;
  }

  [[nodiscard]] const std::string& title() const noexcept { return title_; }

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  [[nodiscard]] const std::string& openapi_path() const noexcept { return openapi_path_; }

  [[nodiscard]] const nlohmann::json& parameters() const noexcept { return parameters_; }

  [[nodiscard]] const nlohmann::json& oauth2() const noexcept { return oauth2_; }

private:
  std::string title_;
  std::string path_ = "/docs";
  std::string openapi_path_ = "/openapi.json";
  nlohmann::json parameters_ = nlohmann::json::object();
  nlohmann::json oauth2_;
};

class docs_page {
public:
  explicit docs_page(const docs_options& options = {});

  /// The page itself.
  [[nodiscard]] http::response page(const http::request& r) const;

  /// What it is made of, by the name behind its path; 404 if there is none.
  [[nodiscard]] http::response file(std::string_view name, const http::request& r) const;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  /// Serves the page and its files, and answers everything else with 404.
  [[nodiscard]] http::handler handler() const;

private:
  std::string path_;
  std::string page_;
  std::string script_;
};

} // namespace actors::web
