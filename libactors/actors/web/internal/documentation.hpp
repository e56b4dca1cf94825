#pragma once

#include <actors/web/docs_page.hpp>
#include <actors/web/openapi.hpp>
#include <actors/web/operation.hpp>

#include <vector>

namespace actors::web::internal {

class application_core;

struct documentation_settings {
  bool is_served = true;
  openapi_options about;
  docs_options page;
};

/// Adds the routes of the document and of its page, unless the application has such routes itself.
void add_documentation(application_core& to, const documentation_settings& settings,
                       const std::vector<operation>& operations);

} // namespace actors::web::internal
