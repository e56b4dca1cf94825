#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/http/handler.hpp>
#include <actors/web/docs_page.hpp>
#include <actors/web/exception_handler.hpp>
#include <actors/web/openapi.hpp>
#include <actors/web/operation.hpp>
#include <actors/web/router.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeindex>
#include <utility>
#include <vector>

// GCC 12 complains that frames of coroutines hold types that only one file can name.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

/// Web applications: routes with typed handlers, and what stands around them.
///
/// @snippet examples/web.cpp application
///
/// The most specific route wins, whatever the order (route_table.hpp). GET answers HEAD; OPTIONS is answered with the
/// methods of the path, and a method that it does not have with 405, where no route does it.
///
/// Errors become answers in this order: by the first of the application's `exception_handler`s that takes the type, in
/// their order, as with `catch`; `http_error` as it says, `{"detail": …}`; `validation_error` as 422 with all that is
/// wrong; anything else as a 500 without details, which is logged with the request's id.
///
/// Ownership: `handler()` is what a server takes; it shares what it needs, and the application may go. From then on
/// nothing is added any more (`misuse_error`). Threads: built by one; the handler serves on all workers. Cancellation:
/// a client that leaves cancels its handler; dependencies are torn down in any case. Cost: a request without middleware
/// whose handler does not wait is one coroutine; nothing is allocated for what a route does not use. Source: FastAPI
/// and Starlette, whose behaviour this follows where it says nothing else.
namespace actors::web {

class application : public router {
public:
  application();

  // -- what is shared --

  /// Keeps an object for handlers (`state<T>`), one of each type.
  template <class T>
    requires(!std::is_pointer_v<T>)
  application& state(T object) {
    return keep_state(typeid(T), std::make_shared<T>(std::move(object)));
  }

  template <class T>
  application& state(std::shared_ptr<T> object) {
    return keep_state(typeid(T), std::move(object));
  }

  // -- errors --

  /// `handler(context&, const E&)` gives the answer to an exception, as handlers do.
  template <class E, class F>
    requires std::invocable<const F&, context&, const E&>
  application& exception_handler(F handler) {
    return add_exception_handler(std::make_shared<const detail::exception_handler_of<E, F>>(std::move(handler)));
  }

  /// Told of every exception that becomes a 500 because nothing handles it, those of mounted applications included;
  /// true if it need not be logged then. For reports of crashes, and for tests.
  application& on_unhandled(std::function<bool(const std::exception_ptr&)> told);

  // -- parts --

  using router::mount;

  /// Gives all requests below a path, which has no parameters, to another application, with its own middleware, errors
  /// and state; what state it lacks it has of this one.
  application& mount(std::string prefix, const application& other);

  /// Gives all requests for a host to another application: `api.example.com`, or `*.example.com` for all below it.
  application& host(std::string name, const application& other);

  // -- behaviour --

  /// Whether `/users/` leads to `/users` by a 307, and the other way round, where only the other one is there; true.
  application& redirect_slashes(bool value);

  /// How long a dependency's teardown may take; 10 s.
  application& teardown_limit(duration value);

  /// For tests: calls `replacement` in the place of a dependency. Also behind `handler()`, as long as nothing is
  /// served.
  template <auto Function, class F>
  application& override_dependency(F replacement) {
    static_assert(std::is_same_v<detail::dependency_value_t<F>, typename depends<Function>::value_type>,
                  "a dependency can be replaced only by one that gives the same");
    return add_override(typeid(depends<Function>),
                        std::make_shared<const detail::dependency_of<F>>(std::move(replacement)));
  }

  // -- documentation --

  /// What the OpenAPI document says beside the routes, and how its page is. Both are served whether or not this is
  /// called: at `/openapi.json` and `/docs`, unless the application has such routes itself.
  application& documentation(openapi_options about, docs_options page = {});

  /// Serves neither.
  application& no_documentation();

  /// The document, as it is served. @throws misuse_error
  [[nodiscard]] nlohmann::ordered_json openapi() const;

  // -- life --

  /// Called by `startup`, in their order; a function or coroutine without parameters.
  template <std::invocable F>
  application& on_startup(F hook) {
    return add_startup(as_hook(std::move(hook)));
  }

  /// Called by `shutdown`, the last first.
  template <std::invocable F>
  application& on_shutdown(F hook) {
    return add_shutdown(as_hook(std::move(hook)));
  }

  /// Runs the hooks, those of mounted applications too. What one throws comes out, when the hooks at shutdown have been
  /// run. See application_server.hpp, which calls both around a server.
  [[nodiscard]] task<void> startup();

  /// Waits for background tasks, cancels what has not ended after `limit`, and runs the hooks. What they throw is
  /// logged.
  [[nodiscard]] task<void> shutdown(duration limit = std::chrono::seconds(10));

  // -- use --

  /// What a server takes.
  [[nodiscard]] http::handler handler();

  /// The path of a route by its name: `url_for("user", {{"user_id", "7"}})`. Those of a mounted application by the name
  /// of its prefix: `/api:user`. @throws misuse_error if there is none, or for values that its path would not take
  [[nodiscard]] std::string url_for(std::string_view name,
                                    std::vector<std::pair<std::string_view, std::string>> values = {});

  /// All routes as data, in the order in which they were added; not those of mounted applications.
  [[nodiscard]] std::vector<operation> operations() const;

  /// Background tasks that have not ended.
  [[nodiscard]] std::size_t background_count() const;

private:
  friend class internal::core_builder;

  struct whole;

  using hook = std::function<task<void>()>;

  template <class F>
  static hook as_hook(F function) {
    return [function = std::move(function)]() mutable -> task<void> {
      if constexpr (actors::detail::is_task<std::invoke_result_t<F&>>::value) {
        auto pending = function();
        co_await std::move(pending);
      } else {
        function();
        co_return;
      }
    };
  }

  application& keep_state(std::type_index key, std::shared_ptr<void> object);
  application& add_exception_handler(std::shared_ptr<const detail::exception_handler_base> what);
  application& add_override(std::type_index key, std::shared_ptr<const detail::dependency_base> what);
  application& add_startup(hook what);
  application& add_shutdown(hook what);

  static void collect(const std::shared_ptr<whole>& from, std::vector<std::shared_ptr<whole>>& to);
  [[nodiscard]] task<void> run_shutdown_hooks();
  void check_open() const;
  [[nodiscard]] const std::shared_ptr<internal::application_core>& core();

  std::shared_ptr<whole> whole_;
};

} // namespace actors::web

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
