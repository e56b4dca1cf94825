#include <actors/web/request_ids.hpp>

#include <actors/core/log_fields.hpp>

#include <string_view>
#include <utility>

namespace actors::web {

namespace {

constexpr std::size_t most = 128;

bool is_harmless(std::string_view id) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/+=@";
  return !id.empty() && id.size() <= most && id.find_first_not_of(allowed) == std::string_view::npos;
}

} // namespace

request_ids& request_ids::field(std::string name) {
  http::fields{}.set(name, ""); // throws for what is no name
  field_ = std::move(name);
  return *this;
}

task<reply> request_ids::operator()(context& c, next go_on) const {
  const auto given = c.request().get(field_);
  if (takes_incoming_ && given && is_harmless(*given))
    c.set_request_id(std::string{*given});
  const auto id = c.request_id();
  reply answer;
  if (log_name_.empty()) {
    answer = co_await go_on(c);
  } else {
    auto logged = with_log_field(log_name_, id, go_on(c));
    answer = co_await std::move(logged);
  }
  if (!answer.is_taken_over())
    answer.head().set(field_, id);
  co_return answer;
}

} // namespace actors::web
