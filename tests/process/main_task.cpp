// A program for the tests of `run_main`: `main_task HOW` says "ready" and then does what HOW says.

#include <actors/core/cleanup.hpp>
#include <actors/core/error.hpp>
#include <actors/core/sleep.hpp>
#include <actors/process/run_main.hpp>

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;

namespace {

void say(const char* text) {
  std::puts(text);
  std::fflush(stdout);
}

actors::task<> clean_up() {
  co_await actors::sleep(10ms);
  say("cleaned up");
}

actors::task<> serve() {
  say("ready");
  co_await actors::with_cleanup(actors::sleep(actors::forever), clean_up);
}

//! [main]
actors::task<int> serve_and_report() {
  std::string reason;
  try {
    co_await serve();
  } catch (const actors::cancelled& e) {
    reason = e.reason();
  }
  say(("ended by " + reason).c_str());
  co_return 7;
}

int report() {
  return actors::process::run_main(serve_and_report());
}

//! [main]

actors::task<> clean_up_for_ever() {
  say("cleaning up");
  co_await actors::sleep(actors::forever);
}

actors::task<> never_done() {
  say("ready");
  co_await actors::with_cleanup(actors::sleep(actors::forever), clean_up_for_ever);
}

actors::task<int> done() {
  co_return 5;
}

actors::task<> fail() {
  throw std::runtime_error("broken");
  co_return;
}

int run(const std::string& how) {
  if (how == "serve")
    return actors::process::run_main(serve());
  if (how == "report")
    return report();
  if (how == "never_done")
    return actors::process::run_main(never_done());
  if (how == "done")
    return actors::process::run_main(done());
  return actors::process::run_main(fail());
}

} // namespace

int main(int argc, char** argv) {
  try {
    return run(argc > 1 ? argv[1] : "");
  } catch (const std::exception& e) {
    std::printf("error: %s\n", e.what());
    return 1;
  }
}
