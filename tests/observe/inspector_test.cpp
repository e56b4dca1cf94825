#include "../core/every_runtime.hpp"
#include "../core/gate.hpp"
#include "../core/patience.hpp"

#include <actors/core/log.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/observe/inspector.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <semaphore>
#include <string>

namespace {

namespace fs = std::filesystem;

using actors::runtime;
using actors::runtime_options;
using actors::spawn_options;
using actors::task;
using actors::observe::ask_inspector;
using actors::observe::inspected_processes;
using actors::observe::inspector;
using actors::observe::inspector_error;
using core_test::becomes_true;
using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::ThrowsMessage;
using namespace std::chrono_literals;

/// A private folder that goes with the test.
class inspector_test : public ::testing::Test {
protected:
  inspector_test() {
    std::string pattern = (fs::temp_directory_path() / "inspect-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
      throw std::runtime_error("no folder for the test");
    folder_ = pattern;
  }

  ~inspector_test() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  [[nodiscard]] const fs::path& folder() const noexcept { return folder_; }

private:
  fs::path folder_;
};

json snapshot_of(const inspector& target) {
  return json::parse(ask_inspector(target.path(), "snapshot"));
}

const json* find(const json& snapshot, std::string_view name) {
  for (const auto& node : snapshot.at("nodes"))
    if (node.at("name") == name)
      return &node;
  return nullptr;
}

/// A socket that nobody serves any more.
void leave_dead_socket(const fs::path& path) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.native().copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(socket);
}

} // namespace

TEST_F(inspector_test, shows_the_tasks_of_the_runtime_as_json) {
  runtime home{runtime_options{}.workers(1)};
  const inspector open{home, folder()};
  const auto handle =
      home.spawn([]() -> task<> { co_await actors::sleep(1h); }, spawn_options{}.name("the \"sleeper\"\xff"));
  json snapshot;
  ASSERT_TRUE(becomes_true([&] {
    snapshot = snapshot_of(open);
    const auto* node = find(snapshot, "the \"sleeper\"\xEF\xBF\xBD");
    return node != nullptr && node->at("state") == "waiting";
  }));
  const auto& node = *find(snapshot, "the \"sleeper\"\xEF\xBF\xBD");
  EXPECT_EQ(node.at("id"), handle.id());
  EXPECT_EQ(node.at("waiting_on"), json::array({"sleep"}));
  EXPECT_EQ(snapshot.at("pid"), ::getpid());
  EXPECT_THAT(snapshot.at("workers"), SizeIs(1));
}

TEST_F(inspector_test, answers_while_every_worker_is_blocked) {
  std::binary_semaphore held{0};
  std::binary_semaphore free{0};
  runtime home{core_test::virtual_time().stall_threshold(1h)};
  const inspector open{home, folder()};
  auto blocked = home.spawn_future([](std::binary_semaphore& here, std::binary_semaphore& gate) -> task<> {
    here.release();
    gate.acquire();
    co_return;
  }(held, free));
  held.acquire();
  const auto snapshot = snapshot_of(open);
  EXPECT_EQ(snapshot.at("nodes").at(0).at("state"), "running");
  free.release();
  blocked.get();
}

TEST_F(inspector_test, only_its_user_can_open_the_socket_and_it_goes_with_the_inspector) {
  runtime home{runtime_options{}.workers(1)};
  fs::path path;
  {
    const inspector first{home, folder()};
    const inspector second{home, folder()};
    path = first.path();
    EXPECT_EQ(path, folder() / (std::to_string(::getpid()) + ".sock"));
    EXPECT_EQ(second.path(), folder() / (std::to_string(::getpid()) + "-2.sock"));
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    const auto found = inspected_processes(folder());
    ASSERT_THAT(found, SizeIs(2));
    EXPECT_EQ(found[0].pid, ::getpid());
    EXPECT_EQ(found[0].socket, path);
    EXPECT_THAT(found[0].command, HasSubstr("observe_tests"));
  }
  EXPECT_FALSE(fs::exists(path));
  EXPECT_THAT(inspected_processes(folder()), IsEmpty());
}

TEST_F(inspector_test, a_folder_that_is_open_to_others_is_refused) {
  runtime home{runtime_options{}.workers(1)};
  ASSERT_EQ(::chmod(folder().c_str(), 0755), 0);
  EXPECT_THAT([&] { const inspector open(home, folder()); },
              ThrowsMessage<inspector_error>(HasSubstr("open to other")));
  ASSERT_EQ(::chmod(folder().c_str(), 0700), 0);
  fs::create_directory_symlink(folder(), folder() / "link");
  EXPECT_THAT([&] { const inspector open(home, folder() / "link"); },
              ThrowsMessage<inspector_error>(HasSubstr("not a folder")));
  EXPECT_THAT([&] { const inspector open(home, folder() / "no" / "such"); },
              ThrowsMessage<inspector_error>(HasSubstr("cannot be made")));
  const auto deep = folder() / std::string(120, 'x');
  EXPECT_THAT([&] { const inspector open(home, deep); }, ThrowsMessage<inspector_error>(HasSubstr("at most")));
}

TEST_F(inspector_test, a_socket_that_a_killed_process_left_behind_is_replaced_or_removed) {
  runtime home{runtime_options{}.workers(1)};
  const auto own = folder() / (std::to_string(::getpid()) + ".sock");
  leave_dead_socket(own);
  leave_dead_socket(folder() / "999999.sock");
  const inspector open{home, folder()};
  EXPECT_EQ(open.path(), own);
  EXPECT_THAT(inspected_processes(folder()), SizeIs(1));
  EXPECT_FALSE(fs::exists(folder() / "999999.sock"));
}

TEST_F(inspector_test, cancels_what_it_is_told_to_and_says_what_it_does_not_know) {
  runtime home{runtime_options{}.workers(1)};
  const inspector open{home, folder()};
  const auto victim = home.spawn([]() -> task<> { co_await actors::sleep(1h); });
  EXPECT_EQ(json::parse(ask_inspector(open.path(), "cancel " + std::to_string(victim.id()))).at("cancelled"), true);
  EXPECT_TRUE(becomes_true([&] { return victim.done(); }));
  EXPECT_TRUE(victim.result().was_cancelled());
  EXPECT_EQ(json::parse(ask_inspector(open.path(), "cancel 99999999")).at("cancelled"), false);
  for (const auto* wrong : {"cancel", "cancel x", "cancel -1", "", "dance", "\xff"})
    EXPECT_TRUE(json::parse(ask_inspector(open.path(), wrong)).contains("error")) << wrong;
}

TEST_F(inspector_test, drops_a_request_that_is_too_long_and_serves_the_next) {
  runtime home{runtime_options{}.workers(1)};
  const inspector open{home, folder()};
  EXPECT_THROW(static_cast<void>(ask_inspector(open.path(), std::string(100'000, 'x'))), inspector_error);
  EXPECT_EQ(json::parse(ask_inspector(open.path(), "ping")).at("pid"), ::getpid());
}

TEST_F(inspector_test, ends_at_once_while_a_client_says_nothing) {
  runtime home{runtime_options{}.workers(1)};
  auto open = std::make_unique<inspector>(home, folder());
  const int silent = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  open->path().native().copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
  ASSERT_EQ(::connect(silent, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const auto begin = std::chrono::steady_clock::now();
  open.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 4s);
  ::close(silent);
}

TEST_F(inspector_test, of_a_stopped_runtime_shows_nothing) {
  runtime home{runtime_options{}.workers(1)};
  const inspector open{home, folder()};
  home.stop(10s);
  const auto snapshot = snapshot_of(open);
  EXPECT_THAT(snapshot.at("nodes"), IsEmpty());
}

TEST_F(inspector_test, shows_and_changes_the_level_of_the_log_while_the_program_runs) {
  const auto log = std::make_shared<actors::descriptor_log_sink>(-1, actors::log_level::warning);
  runtime home{runtime_options{}.workers(1).log_to(log)};
  const inspector open{home, folder()};
  const auto ask = [&](std::string_view request) { return json::parse(ask_inspector(open.path(), request)); };
  EXPECT_EQ(ask("log-level"), json({{"log_level", "warning"}}));
  EXPECT_EQ(ask("log-level DEBUG"), json({{"log_level", "debug"}}));
  EXPECT_TRUE(log->enabled(actors::log_level::debug));
  EXPECT_FALSE(log->enabled(actors::log_level::trace));
  EXPECT_THAT(ask("log-level loud").at("error"), HasSubstr("needs trace, debug"));
  EXPECT_THAT(ask("log-level ").at("error"), HasSubstr("needs trace, debug"));
  EXPECT_THAT(ask("log-levels").at("error"), HasSubstr("unknown request"));
  EXPECT_EQ(log->level(), actors::log_level::debug);
}

TEST_F(inspector_test, says_so_if_the_level_cannot_be_changed) {
  runtime home{runtime_options{}.workers(1).log_to(actors::make_null_log_sink())};
  const inspector open{home, folder()};
  for (const auto* request : {"log-level", "log-level debug"})
    EXPECT_THAT(json::parse(ask_inspector(open.path(), request)).at("error"), HasSubstr("cannot be"));
}
