#include "in_process.hpp"

#include <actors/core/service.hpp>
#include <actors/core/sleep.hpp>
#include <actors/web/actor_handler.hpp>
#include <actors/web/application.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>

namespace actors::web::test {

namespace {

/// Greets by name, so often as it is told; `slow` takes an hour.
class greeter final : public service {
public:
  greeter() {
    on([](std::string name, std::int32_t times) -> task<std::string> {
      if (name == "slow")
        co_await sleep(1h);
      std::string result;
      for (std::int32_t i = 0; i < times; ++i)
        result += "hello " + name + " ";
      co_return result;
    });
  }
};

answer ask_greeter(std::string target) {
  answer result;
  runtime home{runtime_options{}.clock(clock_kind::virtual_time).log_to(std::make_shared<http::test::recording_log>())};
  home.block_on([&]() -> task<void> {
    const auto greeting = spawn_service(std::make_unique<greeter>());
    application app;
    app.exception_handler<timeout_error>(
        [](context&, const timeout_error&) { return http::response{http::status::gateway_timeout}; });
    app.get("/{name}",
            actor_handler<std::string, path<"name", std::string>, query<"times", std::int32_t, default_to<1>>>(greeting,
                                                                                                               5s));
    auto asking = ask_text(app.handler(), request_text("GET", target));
    result = co_await std::move(asking);
  });
  return result;
}

} // namespace

TEST(actor_handler, answers_what_the_actor_answers) {
  EXPECT_EQ(ask_greeter("/ann?times=2").body, R"("hello ann hello ann ")");
  EXPECT_EQ(ask_greeter("/ann?times=x").status, 422);
}

TEST(actor_handler, waits_only_so_long) {
  EXPECT_EQ(ask_greeter("/slow").status, 504);
}

} // namespace actors::web::test
