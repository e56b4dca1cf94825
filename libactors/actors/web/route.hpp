#pragma once

#include <actors/http/method.hpp>
#include <actors/http/status.hpp>
#include <actors/web/dependency.hpp>
#include <actors/web/detail/endpoint_base.hpp>
#include <actors/web/middleware.hpp>
#include <actors/web/operation.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <typeindex>
#include <utility>
#include <vector>

namespace actors::web {

namespace detail {

/// A dependency that is called for what it throws.
struct requirement {
  std::type_index key;
  std::shared_ptr<const dependency_base> dependency;
};

template <auto Function>
[[nodiscard]] requirement make_requirement() {
  using type = typename depends<Function>::function_type;
  return {typeid(depends<Function>), std::make_shared<const dependency_of<type>>(Function)};
}

} // namespace detail

namespace internal {

class core_builder;

} // namespace internal

/// What was said about a route.
class route_definition {
public:
  route_definition(http::method how, std::string path, std::shared_ptr<const detail::endpoint_base> endpoint)
      : method_(how), path_(std::move(path)), endpoint_(std::move(endpoint)) {}

  [[nodiscard]] http::method method() const noexcept { return method_; }

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  [[nodiscard]] http::status status() const noexcept { return status_; }

  [[nodiscard]] const std::string& name() const noexcept { return said_.name; }

  /// As the handler's types and what was said have it; `tags` come first.
  [[nodiscard]] operation describe(std::string path, const std::vector<std::string>& tags,
                                   const std::vector<detail::requirement>& requirements) const;

private:
  friend class route_ref;
  friend class router;
  friend class internal::core_builder;

  http::method method_;
  std::string path_;
  std::shared_ptr<const detail::endpoint_base> endpoint_;
  http::status status_ = http::status::ok;
  operation said_;
  detail::middleware_list middleware_;
  std::vector<detail::requirement> requirements_;
  bool is_websocket_ = false;
};

/// A route that was added, to say more about it; each returns the same again.
///
///     app.post("/orders", create_order).status(http::status::created).tag("orders").name("create_order");
class route_ref {
public:
  explicit route_ref(std::shared_ptr<route_definition> of) noexcept : route_(std::move(of)) {}

  /// For `url_for`, logs and documentation.
  const route_ref& name(std::string value) const;

  /// Of answers that are values; 200.
  const route_ref& status(http::status value) const;

  /// Puts a middleware around this route alone.
  template <middleware F>
  const route_ref& use(F function) const {
    return use(detail::make_middleware(std::move(function)));
  }

  /// Calls a dependency before the handler, which need not ask for it.
  template <auto Function>
  const route_ref& require() const {
    return require(detail::make_requirement<Function>());
  }

  // -- for the documentation --

  const route_ref& tag(std::string value) const;
  const route_ref& summary(std::string text) const;
  const route_ref& description(std::string text) const;
  const route_ref& deprecated(bool value = true) const;
  const route_ref& operation_id(std::string value) const;
  const route_ref& hidden(bool value = true) const;

  /// Another answer that it may give.
  const route_ref& response(http::status status, std::string description) const;

  template <value T>
  const route_ref& response(http::status status, std::string description) const {
    return response(status, std::move(description),
                    [](schema_builder& to) { return value_traits<T>::schema(to, detail::no_rules); });
  }

private:
  const route_ref& use(std::shared_ptr<const detail::middleware_base> what) const;
  const route_ref& require(detail::requirement what) const;
  const route_ref& response(http::status status, std::string description, schema_function schema) const;

  std::shared_ptr<route_definition> route_;
};

} // namespace actors::web
