#include <actors/web/body_limit.hpp>

#include <actors/web/internal/request_facts.hpp>

#include <charconv>

namespace actors::web {

task<reply> body_limit::operator()(context& c, next go_on) const {
  std::uint64_t announced = 0;
  if (const auto text = c.request().get("Content-Length")) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), announced);
    if (error == std::errc::result_out_of_range)
      announced = UINT64_MAX;
  }
  if (announced > bytes_)
    co_return internal::refusal(http::status::content_too_large,
                                "The body is larger than " + std::to_string(bytes_) + " bytes");
  c.limit_body(bytes_);
  co_return co_await go_on(c);
}

} // namespace actors::web
