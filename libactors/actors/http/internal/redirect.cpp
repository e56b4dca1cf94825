#include <actors/http/internal/redirect.hpp>

namespace actors::http::internal {

std::optional<url> redirect_target(const url& from, const response& answer, std::string& why) {
  if (!is_redirect(answer.status()))
    return std::nullopt;
  const auto location = answer.get("Location");
  if (!location)
    return std::nullopt;
  // Servers send spaces and non-ASCII text here as pages do in links, and browsers follow.
  auto target = from.try_resolve(url::escape_link(*location), &why);
  if (target && from.has_fragment() && !target->has_fragment()) {
    auto text = target->to_string();
    text.append("#").append(from.fragment());
    target = url::try_parse(text, &why);
  }
  return target;
}

bool becomes_get(method was, status answer) noexcept {
  if (answer == status::see_other)
    return was != method::head;
  return was == method::post && (answer == status::moved_permanently || answer == status::found);
}

void follow(request& message, status answer, const url& from, const url& to) {
  if (becomes_get(message.method(), answer)) {
    message.set_method(method::get);
    message.set_body({});
    for (const auto* name : {"Content-Type", "Content-Encoding", "Content-Language", "Content-Location",
                             "Content-Length", "Transfer-Encoding", "Expect"})
      message.fields().remove(name);
  }
  if (from.origin() != to.origin())
    for (const auto* name : {"Authorization", "Cookie", "Proxy-Authorization", "Host"})
      message.fields().remove(name);
  message.set_target(to.target());
}

} // namespace actors::http::internal
