#pragma once

#include <actors/core/task.hpp>
#include <actors/web/middleware.hpp>

#include <string>

/// Gives each request an identifier that stands in its reply, in all records that are logged while it is served, and in
/// `context::request_id()`:
///
///     app.use(request_ids{});
///
/// One that comes with the request is taken if it is of 1 to 128 letters, digits and `-_.:/+=@`, so that nobody can
/// write lines of their own into a log; else one is made, 128 random bits. A client can repeat one; where that matters
/// (the public Internet), `take_incoming(false)`.
///
/// Put it outermost. Threads, cost: a value; an allocation or two a request.
namespace actors::web {

class request_ids {
public:
  /// The field's name, in requests and replies; X-Request-ID. @throws http::error `invalid_field_name`
  request_ids& field(std::string name);

  /// Whether those of clients, or of proxies in between, are taken; yes.
  request_ids& take_incoming(bool value) noexcept {
    takes_incoming_ = value;
    return *this;
  }

  /// What records call it; `request`. Empty for not at all.
  request_ids& log_as(std::string name) {
    log_name_ = std::move(name);
    return *this;
  }

  [[nodiscard]] task<reply> operator()(context& c, next go_on) const;

private:
  std::string field_ = "X-Request-ID";
  std::string log_name_ = "request";
  bool takes_incoming_ = true;
};

} // namespace actors::web
