// A server for measuring: GET / answers `hello`, GET /users/<number> a small JSON object, all else 404.
//
//     bench_http_server [PORT] [WORKERS]      the port also from PORT in the environment; ends on SIGINT and SIGTERM

#include "listening_program.hpp"

#include <algorithm>
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

} // namespace

int main(int argc, char** argv) {
  return bench::listening_program(argc, argv, answer);
}
