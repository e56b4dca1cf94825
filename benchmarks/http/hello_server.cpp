// A server for measuring: GET / answers `hello`, GET /users/<number> a small JSON object, all else 404.
//
//     bench_http_server [PORT] [WORKERS] [WHERE]      the port also from PORT in the environment; ends on SIGINT and
//     SIGTERM
//
// WHERE the handler runs: inline (the default), actor (a service gets each request as a message), any_worker (a task on
// the stealable queue for each request), blocking_pool.

#include "listening_program.hpp"

#include <actors/core/service.hpp>
#include <actors/http/forward.hpp>
#include <actors/http/placement.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace {

using namespace actors;

http::response answer(const http::request& what) {
  const auto path = what.path();
  if (path == "/")
    return http::response{http::status::ok, "hello", "text/plain"};
  constexpr std::string_view users = "/users/";
  if (!path.starts_with(users))
    return http::response{http::status::not_found, "not found", "text/plain"};
  const std::string id{path.substr(users.size())};
  const bool is_number =
      !id.empty() && id.size() < 10 && std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!is_number)
    return http::response{http::status::unprocessable_content, R"({"error":"id must be a number"})",
                          "application/json"};
  return http::response{http::status::ok, R"({"id":)" + id + R"(,"name":"user)" + id + R"("})", "application/json"};
}

class answering final : public service {
public:
  answering() {
    on([](const http::request& what) { return answer(what); });
  }
};

http::handler make_handler(std::string_view where) {
  if (where == "actor")
    return http::forward_to(spawn_service(std::make_unique<answering>()));
  if (where == "any_worker")
    return http::on_any_worker(answer);
  if (where == "blocking_pool")
    return http::in_blocking_pool(answer);
  return answer;
}

} // namespace

int main(int argc, char** argv) {
  const std::string_view where = argc > 3 ? argv[3] : "inline";
  if (where != "inline" && where != "actor" && where != "any_worker" && where != "blocking_pool") {
    std::fprintf(stderr, "bench_http_server: WHERE is inline, actor, any_worker or blocking_pool\n");
    return 2;
  }
  http::register_http_messages();
  return bench::listening_program_with(argc, argv, [where] { return make_handler(where); });
}
