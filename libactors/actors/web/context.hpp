#pragma once

#include <actors/core/task.hpp>
#include <actors/http/message.hpp>
#include <actors/http/server_exchange.hpp>
#include <actors/web/background.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeindex>
#include <utility>
#include <vector>

/// One request on its way through an application: what middleware, dependencies and handlers share.
///
///     task<reply> timing(context& c, next go_on) {
///       c.set(started{now()});                       // for whoever comes behind
///       auto answer = co_await go_on(c);
///       task_log("web").info("answered", {{"route", std::string{c.route()}}, {"request", c.request_id()}});
///       co_return answer;
///     }
///
/// Ownership: belongs to the application; it lives until the reply has been sent, the values of dependencies have been
/// torn down, and what was `set` is gone, in the reverse order in which it came. One task at a time. What outlives the
/// request (a background task) takes copies.
///
/// Errors: `body()` throws `http::error` for a body that is malformed or too large, answered with 400 or 413, and
/// `net::net_error` when the client is gone. Cost: nothing is allocated for what nobody asks for.
namespace actors::web {

class context;

namespace internal {

class application_core;
struct route_entry;
struct request_data;

} // namespace internal

namespace detail {

/// What a context keeps until the end of its request.
struct kept_object {
  std::type_index key;
  void* object;
  void (*destroy)(void*) noexcept;
  task<void> (*tear_down)(void*, const std::exception_ptr&); ///< may be null
};

} // namespace detail

class context {
public:
  context(http::server_exchange& exchange, const internal::application_core& application) noexcept;

  context(const context&) = delete;
  context& operator=(const context&) = delete;
  ~context();

  /// Method, target and fields; no body.
  [[nodiscard]] const http::request& request() const noexcept { return exchange_->head(); }

  /// For what nothing here does: reading the body in pieces, leaving HTTP. Whoever answers by it returns
  /// `reply::taken_over()`.
  [[nodiscard]] http::server_exchange& exchange() noexcept { return *exchange_; }

  /// The whole body; it is read at the first call and kept. Nobody may have read of it by the exchange.
  [[nodiscard]] task<std::string_view> body();

  /// A bound on the body beside the server's own. What counts is the lowest that was set before the body was read.
  void limit_body(std::uint64_t bytes) noexcept { body_limit_ = bytes < body_limit_ ? bytes : body_limit_; }

  [[nodiscard]] std::uint64_t body_limit() const noexcept { return body_limit_; }

  /// A parameter of the path, its percent-encoding undone; empty if there is none of this name.
  [[nodiscard]] std::string_view path_value(std::string_view name) const noexcept;

  /// Tells the request apart in logs. Made when it is first asked for, unless somebody has set it.
  [[nodiscard]] const std::string& request_id() const;

  /// To be set before it is asked for; later it only changes what is told from then on.
  void set_request_id(std::string value) { request_id_ = std::move(value); }

  /// The pattern of the route that was found, such as `/users/{user_id}`, below the prefix of the mounts that led
  /// there; empty if there is none. Its number is bounded, so it does for metrics.
  [[nodiscard]] std::string_view route() const noexcept { return route_; }

  /// The name that the route was given.
  [[nodiscard]] std::string_view route_name() const noexcept;

  /// Below which path the application is mounted; empty if it is not.
  [[nodiscard]] const std::string& root_path() const noexcept { return root_path_; }

  /// Where the route of this name is, with the values of its parameters: see `application::url_for`.
  [[nodiscard]] std::string url_for(std::string_view name,
                                    std::vector<std::pair<std::string_view, std::string>> values = {}) const;

  /// What the application was given by `application::state`. @throws misuse_error if it was given none of this type
  template <class T>
  [[nodiscard]] T& state() const {
    return *static_cast<T*>(find_state(typeid(T)));
  }

  /// Keeps a value of this request, in place of one of the same type.
  template <class T>
  std::remove_cvref_t<T>& set(T&& value) {
    using object = std::remove_cvref_t<T>;
    if (auto* old = find<object>()) {
      *old = std::forward<T>(value);
      return *old;
    }
    auto made = std::make_unique<object>(std::forward<T>(value));
    auto& result = *made;
    keep({typeid(object), made.get(), destroy<object>, nullptr});
    static_cast<void>(made.release());
    return result;
  }

  /// What was set; null if nothing was.
  template <class T>
  [[nodiscard]] T* find() const noexcept {
    return static_cast<T*>(find_kept(typeid(T)));
  }

  /// What is done after the reply.
  [[nodiscard]] background_tasks& background() noexcept { return background_; }

  // -- for the application --

  /// The next piece of the body, within its bounds; empty at the end. Valid until the next call.
  [[nodiscard]] task<std::string_view> read_piece();

  /// The body, for those who call it without a coroutine of their own.
  [[nodiscard]] task<void> fetch_body();

  template <class T>
  static void destroy(void* object) noexcept {
    delete static_cast<T*>(object);
  }

  /// Keeps what goes, in the reverse order, when the request has been answered. Strong: what throws has kept nothing.
  void keep(const detail::kept_object& what) { kept_.push_back(what); }

  [[nodiscard]] bool keeps_something() const noexcept { return !kept_.empty(); }

  [[nodiscard]] void* find_kept(std::type_index key) const noexcept;

  /// Tears down all that is kept, the last first. What goes wrong is logged, and does not keep the others.
  [[nodiscard]] task<void> tear_down(std::exception_ptr error);

  [[nodiscard]] const internal::application_core& application() const noexcept { return *application_; }

  /// Goes on in an application that is mounted below this path.
  void enter(const internal::application_core& application, std::string_view below, std::string_view pattern);
  void found(const internal::route_entry& route, std::vector<std::string> values);

  [[nodiscard]] const internal::route_entry* entry() const noexcept { return entry_; }

  /// What the handler, or whoever stands before it, has failed with.
  void set_failure(std::exception_ptr error) noexcept { failure_ = std::move(error); }

  [[nodiscard]] const std::exception_ptr& failure() const noexcept { return failure_; }

  /// Whether the client was seen to have gone while its body was read.
  [[nodiscard]] bool client_is_gone() const noexcept { return client_is_gone_; }

  /// The body, which must have been read.
  [[nodiscard]] const std::string& read_body() const noexcept { return *body_; }

  [[nodiscard]] bool has_read_body() const noexcept { return body_.has_value(); }

  /// What was found out about the request.
  [[nodiscard]] internal::request_data& data();

private:
  [[nodiscard]] void* find_state(std::type_index key) const;

  http::server_exchange* exchange_;
  const internal::application_core* application_;
  const internal::route_entry* entry_ = nullptr;
  std::vector<std::string> values_; // of the path's parameters
  std::vector<detail::kept_object> kept_;
  std::optional<std::string> body_;
  std::uint64_t body_limit_ = UINT64_MAX;
  std::uint64_t body_size_ = 0; // of what has been read
  background_tasks background_;
  std::string root_path_;
  std::string route_prefix_; // of mounts
  std::unique_ptr<const std::string> whole_route_;
  std::string_view route_;
  mutable std::string request_id_;
  std::unique_ptr<internal::request_data> data_;
  std::exception_ptr failure_;
  bool client_is_gone_ = false;
};

} // namespace actors::web
