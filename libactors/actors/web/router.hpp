#pragma once

#include <actors/http/handler.hpp>
#include <actors/http/method.hpp>
#include <actors/web/endpoint.hpp>
#include <actors/web/middleware.hpp>
#include <actors/web/route.hpp>
#include <actors/web/websocket_route.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace actors::web {

namespace internal {

class application_core;
class core_builder;

} // namespace internal

/// Routes that belong together: what applications and other routers include, under a prefix, with tags, middleware and
/// required dependencies of their own.
///
///     router users() {
///       router result{"/users"};
///       result.tag("users").require<current_user>();
///       result.get("/{user_id}", get_user).name("user");
///       result.post("/", create_user).status(http::status::created);
///       return result;
///     }
///
///     app.include(users());
///
/// So a program has a file of routes for each subject, and the application's knows none of their types.
///
/// Ownership: a copy stands for the same routes; those that are added after it was included count too, up to the making
/// of the application's handler. Errors: `misuse_error` when that is made, naming the route, for a path that is none
/// with its prefix and for a parameter that it does not have.
class router {
public:
  /// `prefix` may have parameters; then the paths of routes that use them are `behind_prefix`.
  explicit router(std::string prefix = {});

  template <class F>
  route_ref get(path_of<std::type_identity_t<F>> path, F handler) {
    return add(http::method::get, path.view(), detail::make_endpoint(std::move(handler)));
  }

  template <class F>
  route_ref post(path_of<std::type_identity_t<F>> path, F handler) {
    return add(http::method::post, path.view(), detail::make_endpoint(std::move(handler)));
  }

  template <class F>
  route_ref put(path_of<std::type_identity_t<F>> path, F handler) {
    return add(http::method::put, path.view(), detail::make_endpoint(std::move(handler)));
  }

  template <class F>
  route_ref patch(path_of<std::type_identity_t<F>> path, F handler) {
    return add(http::method::patch, path.view(), detail::make_endpoint(std::move(handler)));
  }

  template <class F>
  route_ref del(path_of<std::type_identity_t<F>> path, F handler) {
    return add(http::method::delete_, path.view(), detail::make_endpoint(std::move(handler)));
  }

  /// GET serves it where there is none.
  template <class F>
  route_ref head(path_of<std::type_identity_t<F>> path, F handler) {
    return add(http::method::head, path.view(), detail::make_endpoint(std::move(handler)));
  }

  /// Where there is none, the methods of the path are the answer.
  template <class F>
  route_ref options(path_of<std::type_identity_t<F>> path, F handler) {
    return add(http::method::options, path.view(), detail::make_endpoint(std::move(handler)));
  }

  /// For any method.
  template <class F>
  route_ref route(http::method how, path_of<std::type_identity_t<F>> path, F handler) {
    return add(how, path.view(), detail::make_endpoint(std::move(handler)));
  }

  /// See websocket_route.hpp.
  template <class F>
  route_ref websocket(path_of<std::type_identity_t<F>> path, F handler, http::websocket_options options = {}) {
    return add_websocket(path.view(), detail::make_websocket_endpoint(std::move(handler), std::move(options)));
  }

  /// Puts a middleware around these routes, those of included routers too.
  template <middleware F>
  router& use(F function) {
    return use(detail::make_middleware(std::move(function)));
  }

  /// Calls a dependency before every handler.
  template <auto Function>
  router& require() {
    return require(detail::make_requirement<Function>());
  }

  /// For the documentation of all.
  router& tag(std::string value);

  /// All routes of another, under `prefix` and its own.
  router& include(const router& other, std::string prefix = {});

  /// Gives all requests below a path, which has no parameters, to a handler of its own, such as one for files. It sees
  /// the whole path.
  router& mount(std::string prefix, http::handler handler);

private:
  friend class internal::core_builder;
  friend class application;

  struct state;

  route_ref add(http::method how, std::string_view path, std::shared_ptr<const detail::endpoint_base> endpoint);
  route_ref add_websocket(std::string_view path, std::shared_ptr<const detail::endpoint_base> endpoint);
  router& use(std::shared_ptr<const detail::middleware_base> what);
  router& require(detail::requirement what);

  std::shared_ptr<state> state_;
};

} // namespace actors::web
