#include <actors/http/one_shot.hpp>

#include <actors/http/client.hpp>
#include <actors/http/form.hpp>
#include <actors/http/json.hpp>

#include <utility>

namespace actors::http {

namespace {

/// Arguments were taken over before: a task runs later than the call.
task<response> send_once(url where, request what, client_options options) {
  options.keep_alive_timeout(duration::zero());
  const client web{std::move(options)};
  // The server need not keep the connection either.
  what.set("Connection", "close");
  co_return co_await web.send(std::move(where), std::move(what));
}

} // namespace

task<response> get(std::string_view where, client_options options) {
  return send_once(url::parse(where), request{}, std::move(options));
}

task<response> send(std::string_view where, request what, client_options options) {
  return send_once(url::parse(where), std::move(what), std::move(options));
}

task<response> post(std::string_view where, std::string body, std::string_view content_type, client_options options) {
  return send_once(url::parse(where), request{method::post, "/", std::move(body), content_type}, std::move(options));
}

task<response> post_form(std::string_view where, const query_params& form, client_options options) {
  return send_once(url::parse(where), form_request(form), std::move(options));
}

task<response> post_json(std::string_view where, const nlohmann::json& body, client_options options) {
  return send_once(url::parse(where), json_request(method::post, body), std::move(options));
}

} // namespace actors::http
