// What a user's program looks like: a task, run from main.
#include <actors/core/runtime.hpp>
#include <actors/core/task.hpp>
#include <actors/http/status.hpp>

namespace {

actors::task<int> answer() {
  co_return 42;
}

} // namespace

int main() {
  actors::runtime runtime;
  const bool linked = actors::http::reason_phrase(actors::http::status::ok) == "OK";
  return runtime.block_on(answer()) == 42 && linked ? 0 : 1;
}
