#include <actors/web/router.hpp>

#include <actors/core/error.hpp>
#include <actors/web/internal/router_state.hpp>

namespace actors::web {

namespace {

std::string checked_prefix(std::string prefix) {
  if (!prefix.empty() && (prefix.front() != '/' || prefix.back() == '/'))
    throw misuse_error("the prefix '" + prefix + "' of a router does not begin with a slash, or ends with one");
  return prefix;
}

/// What is added now would be seen by nobody.
template <class State>
State& open(const std::shared_ptr<State>& state) {
  if (state->is_sealed)
    throw misuse_error("something was added to routes of which an application's handler has been made");
  return *state;
}

} // namespace

router::router(std::string prefix) : state_(std::make_shared<state>()) {
  state_->prefix = checked_prefix(std::move(prefix));
}

router& router::tag(std::string value) {
  open(state_).tags.push_back(std::move(value));
  return *this;
}

router& router::include(const router& other, std::string prefix) {
  open(state_).included.emplace_back(checked_prefix(std::move(prefix)), other.state_);
  return *this;
}

router& router::mount(std::string prefix, http::handler handler) {
  open(state_).handlers.emplace_back(checked_prefix(std::move(prefix)), std::move(handler));
  return *this;
}

route_ref router::add(http::method how, std::string_view path, std::shared_ptr<const detail::endpoint_base> endpoint) {
  auto made = std::make_shared<route_definition>(how, std::string{path}, std::move(endpoint));
  open(state_).routes.push_back(made);
  return route_ref{std::move(made)};
}

route_ref router::add_websocket(std::string_view path, std::shared_ptr<const detail::endpoint_base> endpoint) {
  auto made = std::make_shared<route_definition>(http::method::get, std::string{path}, std::move(endpoint));
  made->is_websocket_ = true;
  made->said_.is_documented = false;
  open(state_).routes.push_back(made);
  return route_ref{std::move(made)};
}

router& router::use(std::shared_ptr<const detail::middleware_base> what) {
  open(state_).middleware.push_back(std::move(what));
  return *this;
}

router& router::require(detail::requirement what) {
  open(state_).requirements.push_back(std::move(what));
  return *this;
}

} // namespace actors::web
