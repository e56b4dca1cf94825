#include <actors/web/internal/documentation.hpp>

#include <actors/web/detail/endpoint_base.hpp>
#include <actors/web/internal/application_core.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace actors::web::internal {

namespace {

class document_endpoint final : public detail::endpoint_base {
public:
  explicit document_endpoint(nlohmann::ordered_json document)
      : document_(std::move(document)), text_(document_.dump()) {}

  [[nodiscard]] bool is_plain() const noexcept override { return true; }

  [[nodiscard]] reply answer(context& c) const override {
    return http::response{http::status::ok, text_for(c.root_path()), "application/json"};
  }

private:
  /// Paths are those below where the application is mounted.
  [[nodiscard]] std::string text_for(const std::string& root) const {
    if (root.empty() || document_.contains("servers"))
      return text_;
    auto document = document_;
    document["servers"] = nlohmann::ordered_json::array({{{"url", root}}});
    return document.dump();
  }

  nlohmann::ordered_json document_;
  std::string text_;
};

class page_endpoint final : public detail::endpoint_base {
public:
  explicit page_endpoint(std::shared_ptr<const docs_page> page) : page_(std::move(page)) {}

  [[nodiscard]] bool is_plain() const noexcept override { return true; }

  [[nodiscard]] reply answer(context& c) const override { return page_->page(c.request()); }

private:
  std::shared_ptr<const docs_page> page_;
};

class page_file_endpoint final : public detail::endpoint_base {
public:
  explicit page_file_endpoint(std::shared_ptr<const docs_page> page) : page_(std::move(page)) {}

  [[nodiscard]] bool is_plain() const noexcept override { return true; }

  [[nodiscard]] reply answer(context& c) const override { return page_->file(c.path_value("file"), c.request()); }

private:
  std::shared_ptr<const docs_page> page_;
};

void add_unless_there(application_core& to, const std::string& path,
                      std::shared_ptr<const detail::endpoint_base> endpoint) {
  const auto& routes = to.routes();
  const auto is_there = std::any_of(routes.begin(), routes.end(), [&](const auto& each) {
    return each->method == http::method::get && each->pattern.text() == path;
  });
  if (!is_there)
    to.add({path_pattern::parse(path), http::method::get, {}, std::move(endpoint), {}, nullptr}, false);
}

} // namespace

void add_documentation(application_core& to, const documentation_settings& settings,
                       const std::vector<operation>& operations) {
  if (!settings.is_served)
    return;
  add_unless_there(to, settings.page.openapi_path(),
                   std::make_shared<document_endpoint>(openapi_document(operations, settings.about)));
  auto options = settings.page;
  if (options.title().empty())
    options.title(settings.about.title());
  const auto page = std::make_shared<const docs_page>(options);
  add_unless_there(to, page->path(), std::make_shared<page_endpoint>(page));
  add_unless_there(to, page->path() + "/{file}", std::make_shared<page_file_endpoint>(page));
}

} // namespace actors::web::internal
