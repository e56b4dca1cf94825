#include <actors/web/websocket_route.hpp>

#include <actors/core/error.hpp>
#include <actors/core/task_log.hpp>
#include <actors/http/websocket_error.hpp>
#include <actors/web/http_error.hpp>

#include <exception>

namespace actors::web {

namespace {

/// Of the request's WebSocket, for whoever opens and whoever closes it.
struct websocket_course {
  http::websocket_options options;
  http::websocket_sender sender;
  bool is_open = false;
};

} // namespace

task<bool> parameter_traits<http::websocket>::read(request_reader& from, held& into) {
  if (!from.problems().ok())
    co_return false;
  auto& c = from.of();
  auto* course = c.find<websocket_course>();
  if (course == nullptr)
    throw misuse_error("a parameter http::websocket& outside of a route for WebSockets");
  auto accepting = http::accept_websocket(c.exchange(), course->options);
  into.it.emplace(co_await std::move(accepting));
  course->sender = into.it->sender();
  course->is_open = true;
  co_return true;
}

namespace detail {

void websocket_endpoint::close_after_failure(context& c) {
  try {
    throw;
  } catch (const cancelled&) {
    return; // the destructor says that we go away
  } catch (const http::websocket_error&) {
    return;
  } catch (...) {
    if (const auto* course = c.find<websocket_course>(); course != nullptr && course->is_open)
      course->sender.begin_close(http::close_code::internal_error);
  }
}

task<reply> websocket_endpoint::answer_later(context& c) const {
  auto& course = c.set(websocket_course{options_, {}, false});
  request_reader from{c};
  std::exception_ptr problem;
  bool ok = true;
  try {
    auto running = run(from);
    ok = co_await std::move(running);
  } catch (const cancelled&) {
    throw;
  } catch (const http::websocket_error& error) {
    // One that was refused has been told why. What peers do wrong, and that they leave, is no error of ours.
    if (!course.is_open && error.kind() != http::websocket_errc::refused)
      throw;
    if (course.is_open && error.kind() != http::websocket_errc::disconnected)
      task_log("web").info(error.what(), {{"route", c.route()}, {"request", c.request_id()}});
  } catch (...) {
    if (!course.is_open)
      throw;
    problem = std::current_exception();
  }
  if (problem) {
    c.set_failure(problem);
    task_log("web").error("unhandled: " + actors::describe(problem),
                          {{"route", c.route()}, {"request", c.request_id()}});
  }
  if (!ok)
    throw http_error{http::status::forbidden, validation_error{from.problems().take()}.to_json().at("detail")};
  co_return reply::taken_over();
}

} // namespace detail

} // namespace actors::web
