#pragma once

#include <actors/http/handler.hpp>
#include <actors/web/middleware.hpp>
#include <actors/web/route.hpp>
#include <actors/web/router.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace actors::web {

struct router::state {
  std::string prefix;
  std::vector<std::string> tags;
  detail::middleware_list middleware;
  std::vector<detail::requirement> requirements;
  std::vector<std::shared_ptr<route_definition>> routes;
  std::vector<std::pair<std::string, std::shared_ptr<const state>>> included;
  std::vector<std::pair<std::string, http::handler>> handlers; // mounted
  mutable bool is_sealed = false;                              // an application has been made of it
};

} // namespace actors::web
