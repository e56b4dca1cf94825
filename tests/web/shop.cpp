#include "shop.hpp"

#include <utility>

namespace actors::web::test {

namespace {

operation read_item() {
  operation read;
  read.path = "/items/{item_id}";
  read.name = "read_item";
  read.tags = {"items"};
  read.parameters.push_back({parameter_place::query, "q", false, schema<std::optional<std::string>>(), "What for"});
  read.parameters.push_back({parameter_place::path, "item_id", true, schema<int>(), {}});
  read.parameters.push_back({parameter_place::header, "x-token", false, schema<std::string>(), {}, true});
  read.parameters.push_back({parameter_place::query, "tag", false, schema<std::vector<colour>>(), {}});
  read.responses.push_back({http::status::ok, {}, {{"application/json", schema<shop_item>()}}});
  read.responses.push_back({http::status::not_found, "No such item", {}});
  return read;
}

operation write_item() {
  operation write;
  write.method = http::method::put;
  write.path = "/items/{id}";
  write.summary = "Replace an item";
  write.description = "All of it.";
  write.id = "replace_item";
  write.tags = {"items"};
  write.parameters.push_back({parameter_place::path, "id", true, schema<int>(), {}});
  write.body = operation_body{{{"application/json", schema<shop_item>()}}, true, {}};
  write.responses.push_back({http::status::no_content, {}, {}});
  write.security.push_back({"bearer", {{"type", "http"}, {"scheme", "bearer"}}, {}});
  return write;
}

operation upload() {
  operation upload;
  upload.method = http::method::post;
  upload.path = "/pictures/";
  upload.name = "upload";
  upload.form.push_back({"title", true, false, false, schema<std::string>(), {}});
  upload.form.push_back({"picture", true, true, false, {}, "A PNG"});
  upload.form.push_back({"more", false, true, true, {}, {}});
  upload.security.push_back({"key", nullptr, {}, true});
  return upload;
}

operation login() {
  operation login;
  login.method = http::method::post;
  login.path = "/login";
  login.deprecated = true;
  login.form.push_back({"user", true, false, false, schema<std::string>(), {}});
  return login;
}

operation files() {
  operation files;
  files.path = "/files/{path}.{kind}";
  return files;
}

operation hidden() {
  operation hidden;
  hidden.path = "/hidden";
  hidden.is_documented = false;
  return hidden;
}

} // namespace

std::vector<operation> shop_operations() {
  std::vector<operation> all{read_item(), write_item(), upload(), login(), files(), hidden()};
  operation lock;
  lock.method = http::method::lock;
  lock.path = "/items/{id}";
  all.push_back(std::move(lock));
  return all;
}

openapi_options shop_options() {
  return openapi_options{}
      .title("Shop")
      .version("2.1")
      .summary("Lamps")
      .description("All *lamps*.")
      .terms_of_service("https://example.com/terms")
      .contact("Ann", "https://example.com/ann", "ann@example.com")
      .license_by_identifier("Apache 2.0", "Apache-2.0")
      .server("https://example.com/v2", "The real one")
      .tag("items", "What is sold", "https://example.com/items")
      .security_scheme("key", {{"type", "apiKey"}, {"in", "header"}, {"name", "x-key"}});
}

} // namespace actors::web::test
