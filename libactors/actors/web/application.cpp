#include <actors/web/application.hpp>

#include <actors/core/error.hpp>
#include <actors/core/task_log.hpp>
#include <actors/web/internal/application_core.hpp>
#include <actors/web/internal/documentation.hpp>
#include <actors/web/internal/router_state.hpp>

#include <algorithm>
#include <exception>
#include <iterator>

namespace actors::web {

namespace {

/// Gives requests to another application, or to a handler that knows nothing of ours.
class mounted_application final : public detail::endpoint_base {
public:
  mounted_application(std::shared_ptr<const internal::application_core> core, std::string prefix)
      : core_(std::move(core)), prefix_(std::move(prefix)) {}

  [[nodiscard]] task<reply> answer_later(context& c) const override {
    c.enter(*core_, below(c), prefix_);
    return core_->answer(c);
  }

private:
  /// The prefix as the request has it, which may be with percent-encoding: as many segments.
  [[nodiscard]] std::string below(const context& c) const {
    auto rest = c.request().path();
    rest.remove_prefix(std::min(rest.size(), c.root_path().size()));
    std::size_t end = 0;
    for (auto left = std::count(prefix_.begin(), prefix_.end(), '/'); left > 0 && end < rest.size(); --left)
      end = std::min(rest.find('/', end + 1), rest.size());
    return std::string{rest.substr(0, end)};
  }

  std::shared_ptr<const internal::application_core> core_;
  std::string prefix_;
};

class mounted_handler final : public detail::endpoint_base {
public:
  explicit mounted_handler(http::handler function) : function_(std::move(function)) {}

  [[nodiscard]] task<reply> answer_later(context& c) const override {
    const auto& function = function_.function();
    if (function.form() == http::detail::handler_form::exchange) {
      co_await function.serve(c.exchange());
      co_return reply::taken_over();
    }
    auto whole = c.request();
    const auto body = co_await c.body();
    whole.set_body(std::string{body});
    if (function.form() == http::detail::handler_form::plain)
      co_return function.answer(std::move(whole));
    co_return co_await function.answer_later(std::move(whole));
  }

private:
  http::handler function_;
};

/// Dependencies that are called for what they throw, around a handler.
class require_all final : public detail::middleware_base {
public:
  explicit require_all(std::vector<detail::requirement> all) : all_(std::move(all)) {}

  [[nodiscard]] task<reply> call(context& c, next behind) const override {
    request_reader from{c};
    bool ok = true;
    for (const auto& each : all_) {
      if (c.find_kept(each.key) != nullptr)
        continue;
      const auto* other = detail::override_of(c, each.key);
      const auto& making = other != nullptr ? *other : *each.dependency;
      auto pending = making.provide(from, each.key);
      const bool is_right = co_await std::move(pending);
      ok = ok && is_right;
    }
    if (!ok)
      detail::throw_problems(from);
    co_return co_await behind(c);
  }

private:
  std::vector<detail::requirement> all_;
};

} // namespace

struct application::whole {
  struct part {
    std::string name; // a prefix or a host
    std::shared_ptr<const router::state> routes;
    std::shared_ptr<whole> of;
  };

  std::shared_ptr<internal::application_settings> settings = std::make_shared<internal::application_settings>();
  std::shared_ptr<internal::background_runner> background = std::make_shared<internal::background_runner>();
  internal::documentation_settings documentation;
  std::vector<part> mounted;
  std::vector<part> hosts;
  std::vector<hook> startup;
  std::vector<hook> shutdown;
  std::shared_ptr<internal::application_core> core;
};

namespace internal {

/// Makes of routers, in which routers are included, the routes of an application.
class core_builder {
public:
  core_builder(const application::whole& of, const std::shared_ptr<background_runner>& background)
      : core_(std::make_shared<application_core>(of.settings, background)) {}

  [[nodiscard]] static std::shared_ptr<application_core> build(const application::whole& of,
                                                               const router::state& routes,
                                                               const std::shared_ptr<background_runner>& background) {
    core_builder builder{of, background};
    builder.core_->set_middleware(routes.middleware);
    inherited from;
    from.requirements = routes.requirements;
    from.tags = routes.tags;
    builder.add_routes(routes, from);
    add_documentation(*builder.core_, of.documentation, describe(routes));
    for (const auto& part : of.mounted) {
      auto child = builder.build_child(part, background);
      builder.add_mount(part.name, std::make_shared<mounted_application>(child, part.name), from);
      builder.core_->mounts.emplace_back(part.name, std::move(child));
    }
    for (const auto& part : of.hosts) {
      auto child = builder.build_child(part, background);
      builder.core_->add_host(part.name, {path_pattern::parse("/"),
                                          http::method::get,
                                          {},
                                          std::make_shared<mounted_application>(std::move(child), ""),
                                          {},
                                          nullptr});
    }
    return builder.core_;
  }

  [[nodiscard]] static std::vector<operation> describe(const router::state& routes) {
    std::vector<operation> result;
    inherited from;
    from.requirements = routes.requirements;
    from.tags = routes.tags;
    describe_routes(routes, from, result);
    return result;
  }

private:
  /// What routers give to their routes.
  struct inherited {
    std::string prefix;
    std::vector<std::string> tags;
    detail::middleware_list middleware;
    std::vector<detail::requirement> requirements;
  };

  static inherited inside(const inherited& of, const std::string& prefix, const router::state& routes) {
    auto result = of;
    result.prefix.append(prefix).append(routes.prefix);
    const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
    append(result.tags, routes.tags);
    append(result.middleware, routes.middleware);
    append(result.requirements, routes.requirements);
    return result;
  }

  static std::vector<detail::requirement> all_requirements(const inherited& from, const route_definition& route) {
    auto result = from.requirements;
    result.insert(result.end(), route.requirements_.begin(), route.requirements_.end());
    return result;
  }

  /// The path of a route; that of a router's prefix alone is written as nothing.
  static path_pattern path_of_route(const inherited& from, const route_definition& route) {
    return path_pattern::parse(from.prefix + route.path());
  }

  std::shared_ptr<application_core> build_child(const application::whole::part& part,
                                                const std::shared_ptr<background_runner>& background) {
    auto child = build(*part.of, *part.routes, background);
    child->parent = core_.get();
    return child;
  }

  void add_routes(const router::state& routes, const inherited& from) {
    routes.is_sealed = true;
    for (const auto& each : routes.routes) {
      auto pattern = path_of_route(from, *each);
      check_names(pattern, *each, from);
      auto chain = from.middleware;
      chain.insert(chain.end(), each->middleware_.begin(), each->middleware_.end());
      if (auto required = all_requirements(from, *each); !required.empty())
        chain.push_back(std::make_shared<require_all>(std::move(required)));
      core_->add({std::move(pattern), each->method(), each->name(), each->endpoint_, std::move(chain), each},
                 each->is_websocket_);
    }
    for (const auto& [prefix, handler] : routes.handlers)
      add_mount(prefix, std::make_shared<mounted_handler>(handler), from);
    for (const auto& [prefix, other] : routes.included)
      add_routes(*other, inside(from, prefix, *other));
  }

  void add_mount(const std::string& prefix, std::shared_ptr<const detail::endpoint_base> endpoint,
                 const inherited& from) {
    auto pattern = path_pattern::parse(from.prefix + prefix + "/{path_below:path}");
    if (pattern.names().size() > 1)
      throw misuse_error("'" + from.prefix + prefix + "', where something is mounted, has parameters");
    auto chain = from.middleware;
    if (!from.requirements.empty())
      chain.push_back(std::make_shared<require_all>(from.requirements));
    core_->add_mount({std::move(pattern), http::method::get, {}, std::move(endpoint), std::move(chain), nullptr});
  }

  static void check_names(const path_pattern& pattern, const route_definition& route, const inherited& from) {
    std::vector<std::string_view> asked;
    route.endpoint_->path_names(asked);
    for (const auto& each : all_requirements(from, route))
      each.dependency->path_names(asked);
    const auto& names = pattern.names();
    for (const auto name : asked)
      if (std::find(names.begin(), names.end(), name) == names.end())
        throw misuse_error("the path '" + std::string{pattern.text()} + "' has no parameter '" + std::string{name} +
                           "', for which its handler asks");
  }

  static void describe_routes(const router::state& routes, const inherited& from, std::vector<operation>& to) {
    for (const auto& each : routes.routes)
      to.push_back(
          each->describe(path_of_route(from, *each).for_documentation(), from.tags, all_requirements(from, *each)));
    for (const auto& [prefix, other] : routes.included)
      describe_routes(*other, inside(from, prefix, *other), to);
  }

  std::shared_ptr<application_core> core_;
};

} // namespace internal

application::application() : whole_(std::make_shared<whole>()) {}

void application::check_open() const {
  if (whole_->core)
    throw misuse_error("something was added to an application whose handler has been made");
}

application& application::mount(std::string prefix, const application& other) {
  if (prefix.empty() || prefix.front() != '/' || prefix.back() == '/')
    throw misuse_error("an application cannot be mounted at '" + prefix + "'");
  check_open();
  whole_->mounted.push_back({std::move(prefix), other.state_, other.whole_});
  return *this;
}

application& application::host(std::string name, const application& other) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  check_open();
  whole_->hosts.push_back({std::move(name), other.state_, other.whole_});
  return *this;
}

application& application::redirect_slashes(bool value) {
  whole_->settings->redirects_slashes = value;
  return *this;
}

application& application::teardown_limit(duration value) {
  whole_->settings->teardown_limit = value;
  return *this;
}

application& application::keep_state(std::type_index key, std::shared_ptr<void> object) {
  whole_->settings->states.insert_or_assign(key, std::move(object));
  return *this;
}

application& application::add_exception_handler(std::shared_ptr<const detail::exception_handler_base> what) {
  whole_->settings->exception_handlers.push_back(std::move(what));
  return *this;
}

application& application::on_unhandled(std::function<bool(const std::exception_ptr&)> told) {
  whole_->settings->unhandled.push_back(std::move(told));
  return *this;
}

application& application::add_override(std::type_index key, std::shared_ptr<const detail::dependency_base> what) {
  whole_->settings->overrides.insert_or_assign(key, std::move(what));
  return *this;
}

application& application::add_startup(hook what) {
  whole_->startup.push_back(std::move(what));
  return *this;
}

application& application::add_shutdown(hook what) {
  whole_->shutdown.push_back(std::move(what));
  return *this;
}

const std::shared_ptr<internal::application_core>& application::core() {
  if (!whole_->core)
    whole_->core = internal::core_builder::build(*whole_, *state_, whole_->background);
  return whole_->core;
}

http::handler application::handler() {
  return [core = core()](http::server_exchange& exchange) { return core->serve(exchange); };
}

std::string application::url_for(std::string_view name, std::vector<std::pair<std::string_view, std::string>> values) {
  return core()->url_for(name, values);
}

std::vector<operation> application::operations() const {
  return internal::core_builder::describe(*state_);
}

application& application::documentation(openapi_options about, docs_options page) {
  whole_->documentation = {true, std::move(about), std::move(page)};
  return *this;
}

application& application::no_documentation() {
  whole_->documentation.is_served = false;
  return *this;
}

nlohmann::ordered_json application::openapi() const {
  return openapi_document(operations(), whole_->documentation.about);
}

std::size_t application::background_count() const {
  return whole_->background->running();
}

// -- life ----------------------------------------------------------------------------------------------------------------

/// The hooks of an application and of all that are in it, each once, those of the outer ones first.
void application::collect(const std::shared_ptr<whole>& from, std::vector<std::shared_ptr<whole>>& to) {
  if (std::find(to.begin(), to.end(), from) != to.end())
    return;
  to.push_back(from);
  for (const auto& part : from->mounted)
    collect(part.of, to);
  for (const auto& part : from->hosts)
    collect(part.of, to);
}

task<void> application::run_shutdown_hooks() {
  std::vector<std::shared_ptr<whole>> all;
  collect(whole_, all);
  std::exception_ptr interruption;
  for (auto each = all.rbegin(); each != all.rend(); ++each) {
    const auto& hooks = (*each)->shutdown;
    for (auto at = hooks.rbegin(); at != hooks.rend(); ++at) {
      std::exception_ptr problem;
      try {
        auto pending = (*at)();
        co_await std::move(pending);
      } catch (const cancelled&) {
        interruption = std::current_exception();
      } catch (...) {
        problem = std::current_exception();
      }
      if (problem)
        task_log("web").error("a hook at shutdown failed: " + describe(problem));
    }
  }
  if (interruption)
    std::rethrow_exception(interruption);
}

task<void> application::startup() {
  std::vector<std::shared_ptr<whole>> all;
  collect(whole_, all);
  std::exception_ptr problem;
  try {
    for (const auto& part : all)
      for (const auto& each : part->startup) {
        auto pending = each();
        co_await std::move(pending);
      }
  } catch (...) {
    problem = std::current_exception();
  }
  if (problem) {
    co_await run_shutdown_hooks();
    std::rethrow_exception(problem);
  }
}

task<void> application::shutdown(duration limit) {
  std::exception_ptr interruption;
  std::size_t left = 0;
  try {
    auto draining = whole_->background->drain(limit);
    left = co_await std::move(draining);
  } catch (...) {
    interruption = std::current_exception();
  }
  if (left > 0)
    task_log("web").warning("background tasks were cancelled at shutdown", {{"requests", std::to_string(left)}});
  co_await run_shutdown_hooks();
  if (interruption)
    std::rethrow_exception(interruption);
}

} // namespace actors::web
