#include <actors/web/endpoint.hpp>

#include <actors/core/error.hpp>
#include <actors/web/internal/application_core.hpp>

namespace actors::web::detail {

reply endpoint_base::answer(context&) const {
  throw misuse_error("an endpoint that waits was called as one that does not");
}

task<reply> endpoint_base::answer_later(context& c) const {
  request_reader from{c};
  co_await from.prepare(needs());
  co_return answer(c);
}

const dependency_base* override_of(const context& c, std::type_index key) noexcept {
  return c.application().find_override(key);
}

void throw_problems(request_reader& from) {
  throw validation_error{from.problems().take()};
}

void describe_result(operation& to, schema_function schema) {
  operation_response answer;
  if (schema)
    answer.content.push_back({"application/json", std::move(schema)});
  to.responses.insert(to.responses.begin(), std::move(answer));
}

reply json_reply(const context& c, std::string text) {
  const auto* entry = c.entry();
  const auto status = entry != nullptr && entry->definition ? entry->definition->status() : http::status::ok;
  const auto number = http::code(status);
  // These have no body whatever a handler gives (RFC 9110 §15).
  if (number < 200 || status == http::status::no_content || status == http::status::reset_content ||
      status == http::status::not_modified)
    return reply{http::response{status}};
  return reply{http::response{status, std::move(text), "application/json"}};
}

} // namespace actors::web::detail
