#pragma once

#include <actors/core/task.hpp>
#include <actors/http/handler.hpp>
#include <actors/http/method.hpp>
#include <actors/http/server_exchange.hpp>
#include <actors/web/context.hpp>
#include <actors/web/endpoint.hpp>
#include <actors/web/exception_handler.hpp>
#include <actors/web/internal/background_runner.hpp>
#include <actors/web/middleware.hpp>
#include <actors/web/operation.hpp>
#include <actors/web/reply.hpp>
#include <actors/web/route.hpp>
#include <actors/web/route_table.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <typeindex>
#include <utility>
#include <vector>

namespace actors::web::internal {

/// A route as it is served.
struct route_entry {
  path_pattern pattern;
  http::method method;
  std::string name;
  std::shared_ptr<const detail::endpoint_base> endpoint;
  detail::middleware_list chain; ///< of its routers and its own; the last one calls the endpoint
  std::shared_ptr<const route_definition> definition;
};

/// What an application is told beside its routes; shared with all that is made of it.
struct application_settings {
  std::map<std::type_index, std::shared_ptr<void>> states;
  std::map<std::type_index, std::shared_ptr<const detail::dependency_base>> overrides;
  detail::exception_handler_list exception_handlers;
  std::vector<std::function<bool(const std::exception_ptr&)>> unhandled; ///< true: it need not be logged
  duration teardown_limit = std::chrono::seconds(10);
  bool redirects_slashes = true;
};

/// An application as it is served: nothing changes any more.
class application_core {
public:
  application_core(std::shared_ptr<const application_settings> settings_arg,
                   std::shared_ptr<background_runner> background_arg);
  ~application_core();
  application_core(const application_core&) = delete;
  application_core& operator=(const application_core&) = delete;

  // -- building --

  void add(route_entry entry, bool is_websocket);

  /// For all methods, and WebSockets.
  void add_mount(route_entry entry);

  void add_host(std::string name, route_entry entry);

  void set_middleware(detail::middleware_list list);

  std::shared_ptr<const application_settings> settings;
  std::vector<std::pair<std::string, std::shared_ptr<const application_core>>> mounts; ///< for url_for
  const application_core* parent = nullptr;                                            ///< where it is mounted
  std::shared_ptr<background_runner> background;

  // -- serving --

  /// A whole request.
  [[nodiscard]] task<void> serve(http::server_exchange& exchange) const;

  /// One that has come here; never throws but when the client has gone or the request was cancelled.
  [[nodiscard]] task<reply> answer(context& c) const;

  /// The reply to an exception; throws those that are none of the application's.
  [[nodiscard]] task<reply> answer_error(context& c, std::exception_ptr error) const;

  [[nodiscard]] void* find_state(std::type_index key) const noexcept;

  [[nodiscard]] const detail::dependency_base* find_override(std::type_index key) const noexcept;

  [[nodiscard]] std::string url_for(std::string_view name,
                                    const std::vector<std::pair<std::string_view, std::string>>& values) const;

  [[nodiscard]] const std::vector<std::unique_ptr<route_entry>>& routes() const noexcept { return routes_; }

  /// Calls what was found, or says that nothing was.
  [[nodiscard]] task<reply> dispatch(context& c) const;

private:
  void search(context& c) const;
  void tell_unhandled(const context& c, const std::exception_ptr& error) const;
  [[nodiscard]] reply answer_unfound(const context& c) const;
  [[nodiscard]] static task<void> deliver(http::server_exchange& exchange, reply answer);

  detail::middleware_list chain_; // the last one calls the route
  std::vector<std::unique_ptr<route_entry>> routes_;
  route_table table_;
  route_table websockets_;
  std::vector<std::pair<std::string, std::unique_ptr<route_entry>>> hosts_;
};

} // namespace actors::web::internal
