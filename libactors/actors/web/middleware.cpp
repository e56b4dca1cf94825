#include <actors/web/middleware.hpp>

#include <actors/web/internal/application_core.hpp>

#include <exception>

namespace actors::web {

task<reply> next::operator()(context& c) const {
  std::exception_ptr problem;
  try {
    co_return co_await rest_.front()->call(c, next{rest_.subspan(1)});
  } catch (...) {
    problem = std::current_exception();
  }
  co_return co_await c.application().answer_error(c, std::move(problem));
}

} // namespace actors::web
