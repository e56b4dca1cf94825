#include <actors/web/middleware.hpp>

#include <actors/web/internal/application_core.hpp>

#include <exception>
#include <utility>

namespace actors::web {

task<reply> next::call(std::span<const std::shared_ptr<const detail::middleware_base>> rest, context& c) {
  std::exception_ptr problem;
  try {
    auto pending = rest.front()->call(c, next{rest.subspan(1)});
    co_return co_await std::move(pending);
  } catch (...) {
    problem = std::current_exception();
  }
  co_return co_await c.application().answer_error(c, std::move(problem));
}

} // namespace actors::web
