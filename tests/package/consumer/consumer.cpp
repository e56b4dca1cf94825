// What a user's program looks like: a task, run from main.
#include <actors/core/runtime.hpp>
#include <actors/core/task.hpp>
#include <actors/http/status.hpp>
#include <actors/process/exit_status.hpp>
#include <actors/testing/fault_points.hpp>

namespace {

actors::task<int> answer() {
  co_return 42;
}

} // namespace

int main() {
  actors::runtime runtime;
  const bool linked = actors::http::reason_phrase(actors::http::status::ok) == "OK" &&
                      to_string(actors::process::exit_status{}) == "exit code 0" &&
                      actors::testing::fault_points{}.names().empty();
  return runtime.block_on(answer()) == 42 && linked ? 0 : 1;
}
