#pragma once

#include "errors.hpp"

#include <actors/core/ask.hpp>
#include <actors/core/error.hpp>
#include <actors/core/service.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/task.hpp>

#include <functional>
#include <string>
#include <utility>

namespace core_test {

/// A service whose handlers a test writes down in place.
class scripted final : public actors::service {
public:
  scripted() = default;

  template <class F>
  scripted& handle(F handler) {
    on(std::move(handler));
    return *this;
  }

  scripted& starts(std::function<actors::task<>()> body) {
    start_ = std::move(body);
    return *this;
  }

  scripted& stops(std::function<actors::task<>()> body) {
    stop_ = std::move(body);
    return *this;
  }

  using actors::service::fail;
  using actors::service::failure;
  using actors::service::on_handler_failure;
  using actors::service::self;
  using actors::service::stop;

protected:
  actors::task<> on_start() override { return start_ ? start_() : actors::service::on_start(); }

  actors::task<> on_stop() override { return stop_ ? stop_() : actors::service::on_stop(); }

private:
  std::function<actors::task<>()> start_;
  std::function<actors::task<>()> stop_;
};

/// Waits until the service's actor has ended.
inline actors::task<> ended(actors::service_ref target) {
  for (;;) {
    auto probe = [](actors::service_ref to) -> actors::task<> { co_await actors::ask<void>(to, 0.5f); };
    const auto error = co_await error_of(probe(target));
    if (actors::describe(error).find("request_receiver_down") != std::string::npos)
      co_return;
    co_await actors::yield();
  }
}

} // namespace core_test
