#include <actors/web/internal/application_core.hpp>

#include <actors/core/error.hpp>
#include <actors/core/task_log.hpp>
#include <actors/http/error.hpp>
#include <actors/http/query.hpp>
#include <actors/net/error.hpp>
#include <actors/web/http_error.hpp>
#include <actors/web/validation.hpp>

#include <algorithm>

namespace actors::web::internal {

namespace {

/// The end of an application's middleware: the route.
class call_route final : public detail::middleware_base {
public:
  [[nodiscard]] task<reply> call(context& c, next) const override { return c.application().dispatch(c); }
};

/// The end of a route's: its handler.
class call_endpoint final : public detail::middleware_base {
public:
  [[nodiscard]] task<reply> call(context& c, next) const override { return c.entry()->endpoint->answer_later(c); }
};

class exchange_writer final : public body_writer {
public:
  explicit exchange_writer(http::server_exchange& exchange) noexcept : exchange_(&exchange) {}

  [[nodiscard]] task<void> write(std::string_view piece) override { return exchange_->write(piece); }

  [[nodiscard]] task<void> finish(http::fields trailers) override { return exchange_->finish(std::move(trailers)); }

private:
  http::server_exchange* exchange_;
};

/// The end of a list is what calls the next thing.
bool has_middleware(const detail::middleware_list& chain) noexcept {
  return chain.size() > 1;
}

task<reply> call_chain(const detail::middleware_list& chain, context& c) {
  const std::span<const std::shared_ptr<const detail::middleware_base>> all{chain};
  return all.front()->call(c, next{all.subspan(1)});
}

reply detail_reply(http::status code, const nlohmann::json& detail) {
  const nlohmann::json whole{{"detail", detail}};
  return http::response{code, whole.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), "application/json"};
}

reply reason_reply(http::status code) {
  return detail_reply(code, http::reason_phrase(code));
}

std::string allow_of(std::vector<http::method> methods) {
  if (std::find(methods.begin(), methods.end(), http::method::options) == methods.end())
    methods.push_back(http::method::options);
  std::string result;
  for (const auto each : methods)
    result.append(result.empty() ? "" : ", ").append(to_string(each));
  return result;
}

/// The path below that of the application.
std::string_view path_below(const context& c) {
  auto path = c.request().path();
  path.remove_prefix(std::min(path.size(), c.root_path().size()));
  return path.empty() ? std::string_view{"/"} : path;
}

/// Two slashes would lead to another host, and browsers take a backslash for one.
bool leads_elsewhere(std::string_view path) noexcept {
  return path.size() > 1 && (path[1] == '/' || path[1] == '\\');
}

bool wants_websocket(const http::request& head) noexcept {
  return head.method() == http::method::get && head.fields().has_token("Upgrade", "websocket");
}

/// Without the port.
std::string host_of(const http::request& head) {
  std::string_view host = head.get("Host").value_or("");
  if (const auto colon = host.rfind(':'); colon != std::string_view::npos && host.find(']', colon) == host.npos)
    host = host.substr(0, colon);
  std::string result{host};
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

bool fits_host(std::string_view pattern, std::string_view host) noexcept {
  if (!pattern.starts_with("*."))
    return pattern == host;
  return host.size() > pattern.size() - 1 && host.ends_with(pattern.substr(1));
}

bool is_about_request_body(http::errc kind) noexcept {
  return kind == http::errc::bad_chunk || kind == http::errc::body_too_large || kind == http::errc::truncated ||
         kind == http::errc::bad_field || kind == http::errc::fields_too_large || kind == http::errc::too_many_fields;
}

/// The reply to what the library itself throws; nothing if it is none of that.
std::optional<reply> known_reply(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const validation_error& problem) {
    return http::response{http::status::unprocessable_content,
                          problem.to_json().dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                          "application/json"};
  } catch (const http_error& problem) {
    auto result = detail_reply(problem.code(), problem.detail());
    for (const auto [name, value] : problem.fields())
      result.head().add(name, value);
    return result;
  } catch (const http::error& problem) {
    if (is_about_request_body(problem.kind()))
      return reason_reply(status_for(problem.kind()));
  } catch (...) {
    return std::nullopt;
  }
  return std::nullopt;
}

bool is_lost_connection(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const net::net_error&) {
    return true;
  } catch (...) {
    return false;
  }
}

} // namespace

application_core::application_core(std::shared_ptr<const application_settings> settings_arg,
                                   std::shared_ptr<background_runner> background_arg)
    : settings(std::move(settings_arg)), background(std::move(background_arg)) {}

application_core::~application_core() = default;

void application_core::set_middleware(detail::middleware_list list) {
  chain_ = std::move(list);
  chain_.push_back(std::make_shared<call_route>());
}

// -- building ------------------------------------------------------------------------------------------------------------

void application_core::add(route_entry entry, bool is_websocket) {
  auto& table = is_websocket ? websockets_ : table_;
  table.add(entry.method, entry.pattern, routes_.size());
  entry.chain.push_back(std::make_shared<call_endpoint>());
  routes_.push_back(std::make_unique<route_entry>(std::move(entry)));
}

void application_core::add_mount(route_entry entry) {
  for (std::uint8_t number = 0; number < http::method_count; ++number)
    table_.add(static_cast<http::method>(number), entry.pattern, routes_.size());
  websockets_.add(http::method::get, entry.pattern, routes_.size());
  entry.chain.push_back(std::make_shared<call_endpoint>());
  routes_.push_back(std::make_unique<route_entry>(std::move(entry)));
}

void application_core::add_host(std::string name, route_entry entry) {
  entry.chain.push_back(std::make_shared<call_endpoint>());
  hosts_.emplace_back(std::move(name), std::make_unique<route_entry>(std::move(entry)));
}

void* application_core::find_state(std::type_index key) const noexcept {
  for (const auto* at = this; at != nullptr; at = at->parent)
    if (const auto found = at->settings->states.find(key); found != at->settings->states.end())
      return found->second.get();
  return nullptr;
}

const detail::dependency_base* application_core::find_override(std::type_index key) const noexcept {
  for (const auto* at = this; at != nullptr; at = at->parent)
    if (const auto found = at->settings->overrides.find(key); found != at->settings->overrides.end())
      return found->second.get();
  return nullptr;
}

std::string application_core::url_for(std::string_view name,
                                      const std::vector<std::pair<std::string_view, std::string>>& values) const {
  for (const auto& each : routes_)
    if (!each->name.empty() && each->name == name)
      return each->pattern.fill(values);
  if (const auto colon = name.find(':'); colon != std::string_view::npos)
    for (const auto& [prefix, mounted] : mounts)
      if (prefix == name.substr(0, colon))
        return prefix + mounted->url_for(name.substr(colon + 1), values);
  throw misuse_error("there is no route with the name '" + std::string{name} + "'");
}

// -- serving -------------------------------------------------------------------------------------------------------------

void application_core::search(context& c) const {
  if (!hosts_.empty()) {
    const auto host = host_of(c.request());
    for (const auto& [pattern, entry] : hosts_)
      if (fits_host(pattern, host))
        return c.found(*entry, {});
  }
  const auto path = path_below(c);
  if (wants_websocket(c.request())) {
    auto found = websockets_.find(http::method::get, path);
    if (found.result == route_table::verdict::found)
      return c.found(*routes_[found.route], std::move(found.values));
  }
  auto found = table_.find(c.request().method(), path);
  if (found.result == route_table::verdict::found)
    c.found(*routes_[found.route], std::move(found.values));
}

reply application_core::answer_unfound(const context& c) const {
  const auto method = c.request().method();
  const auto path = path_below(c);
  auto found = table_.find(method, path);
  if (found.result == route_table::verdict::no_method) {
    const auto allowed = allow_of(std::move(found.methods));
    auto result = method == http::method::options ? reply{http::response{http::status::no_content}}
                                                  : reason_reply(http::status::method_not_allowed);
    result.head().set("Allow", allowed);
    return result;
  }
  if (method == http::method::options && path == "*")
    return http::response{http::status::no_content};
  if (settings->redirects_slashes && path.size() > 1 && !leads_elsewhere(c.request().path())) {
    std::string other{path};
    if (path.ends_with('/'))
      other.pop_back();
    else
      other.push_back('/');
    if (!other.ends_with("//") && table_.has_path(other)) {
      auto target = c.root_path() + other;
      if (const auto query = c.request().query(); !query.empty())
        target.append("?").append(query);
      return http::response{http::status::temporary_redirect}.set("Location", target);
    }
  }
  return reason_reply(http::status::not_found);
}

task<reply> application_core::dispatch(context& c) const {
  const auto* entry = c.entry();
  if (entry == nullptr)
    co_return answer_unfound(c);
  if (has_middleware(entry->chain))
    co_return co_await call_chain(entry->chain, c);
  co_return co_await entry->endpoint->answer_later(c);
}

task<reply> application_core::answer(context& c) const {
  std::exception_ptr problem;
  try {
    search(c);
    co_return co_await call_chain(chain_, c);
  } catch (...) {
    problem = std::current_exception();
  }
  co_return co_await answer_error(c, std::move(problem));
}

task<reply> application_core::answer_error(context& c, std::exception_ptr error) const {
  if (is_cancelled(error) || (c.client_is_gone() && is_lost_connection(error)))
    std::rethrow_exception(error);
  c.set_failure(error);
  for (const auto& each : settings->exception_handlers) {
    if (!each->takes(error))
      continue;
    std::exception_ptr own;
    try {
      co_return co_await each->answer(c, error);
    } catch (...) {
      own = std::current_exception();
    }
    if (is_cancelled(own))
      std::rethrow_exception(own);
    error = std::move(own);
    break;
  }
  if (auto known = known_reply(error))
    co_return std::move(*known);
  tell_unhandled(c, error);
  co_return reason_reply(http::status::internal_server_error);
}

void application_core::tell_unhandled(const context& c, const std::exception_ptr& error) const {
  bool is_told = false;
  for (const auto* at = this; at != nullptr; at = at->parent)
    for (const auto& tell : at->settings->unhandled)
      is_told = tell(error) || is_told;
  if (!is_told)
    task_log("web").error(
        "unhandled: " + describe(error),
        {{"method", to_string(c.request().method())}, {"route", c.route()}, {"request", c.request_id()}});
}

task<void> application_core::deliver(http::server_exchange& exchange, reply answer) {
  if (answer.is_taken_over())
    co_return;
  if (!answer.is_streamed()) {
    co_await exchange.send(std::move(answer.head()));
    co_return;
  }
  co_await exchange.start(std::move(answer.head()));
  if (exchange.head().method() == http::method::head)
    co_return;
  exchange_writer out{exchange};
  auto writing = answer.body()(out);
  co_await std::move(writing);
}

task<void> application_core::serve(http::server_exchange& exchange) const {
  context c{exchange, *this};
  reply result;
  std::exception_ptr problem;
  try {
    search(c);
    const auto* entry = c.entry();
    if (has_middleware(chain_)) {
      result = co_await call_chain(chain_, c);
    } else if (entry == nullptr) {
      result = answer_unfound(c);
    } else if (has_middleware(entry->chain)) {
      result = co_await call_chain(entry->chain, c);
    } else if (entry->endpoint->is_plain() && entry->endpoint->needs() == body_need::none) {
      result = entry->endpoint->answer(c);
    } else {
      result = co_await entry->endpoint->answer_later(c);
    }
  } catch (...) {
    problem = std::current_exception();
  }
  if (problem) {
    try {
      result = co_await answer_error(c, std::exchange(problem, nullptr));
    } catch (...) {
      problem = std::current_exception();
    }
  }
  if (!problem) {
    // What was promised holds, also if the client does not hear of it; but not if the handler has failed.
    if (c.failure())
      c.background().clear();
    try {
      co_await deliver(exchange, std::move(result));
    } catch (...) {
      problem = std::current_exception();
    }
  }
  if (c.keeps_something()) {
    try {
      co_await c.tear_down(problem ? problem : c.failure());
    } catch (...) {
      problem = std::current_exception();
    }
  }
  if (!c.background().empty())
    background->start(c.background().take(), c.request_id());
  if (problem)
    std::rethrow_exception(problem);
}

} // namespace actors::web::internal
