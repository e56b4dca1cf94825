#include <actors/http/handler.hpp>

#include <actors/core/error.hpp>

namespace actors::http::detail {

namespace {

[[noreturn]] void throw_wrong_form() {
  throw misuse_error("an http handler was called in a form that it does not have");
}

} // namespace

response handler_base::answer(request&&) const {
  throw_wrong_form();
}

task<response> handler_base::answer_later(request&&) const {
  throw_wrong_form();
}

task<void> handler_base::serve(server_exchange&) const {
  throw_wrong_form();
}

} // namespace actors::http::detail
