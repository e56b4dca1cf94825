// Two processes over CAF's network layer: one asks the other's database, watches one of its tasks, and learns of its
// death.

#include "remote_node.hpp"

#include <actors/core/ask.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/sleep.hpp>
#include <actors/sql/sqlite_service.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

namespace actors::tests {

namespace {

using namespace std::chrono_literals;

runtime_options with_network() {
  return runtime_options{}.workers(2).configure_caf(
      [](caf::actor_system_config& config) { config.load<caf::io::middleman>(); });
}

std::uint16_t publish(runtime& home, const caf::actor& actor) {
  const auto port = home.system().middleman().publish(actor, 0, "127.0.0.1");
  if (!port)
    throw std::runtime_error("cannot publish: " + to_string(port.error()));
  return *port;
}

task<> wait_for_ever() {
  co_await sleep(forever);
}

/// The other process, as its owner sees it.
class remote_node {
public:
  remote_node() {
    int output[2];
    if (pipe(output) != 0)
      throw std::runtime_error("no pipe");
    pid_ = fork();
    if (pid_ == 0) {
      dup2(output[1], STDOUT_FILENO);
      close(output[0]);
      close(output[1]);
      execl("/proc/self/exe", "cluster_tests", "--remote-node", nullptr);
      _exit(127);
    }
    close(output[1]);
    auto* stream = fdopen(output[0], "r");
    unsigned database = 0;
    unsigned task = 0;
    if (std::fscanf(stream, "%u %u", &database, &task) != 2)
      throw std::runtime_error("the other process did not start");
    std::fclose(stream);
    database_port = static_cast<std::uint16_t>(database);
    task_port = static_cast<std::uint16_t>(task);
  }

  remote_node(const remote_node&) = delete;
  remote_node& operator=(const remote_node&) = delete;

  ~remote_node() { kill(); }

  void kill() {
    if (pid_ <= 0)
      return;
    ::kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

  std::uint16_t database_port = 0;
  std::uint16_t task_port = 0;

private:
  pid_t pid_ = 0;
};

caf::actor connect(runtime& home, std::uint16_t port) {
  auto actor = home.system().middleman().remote_actor<caf::actor>("127.0.0.1", port);
  if (!actor)
    throw std::runtime_error("cannot connect: " + to_string(actor.error()));
  return *actor;
}

task<std::int64_t> sum_of_prices(service_ref database) {
  const auto rows =
      co_await ask<sql::result_set>(database, sql::query{"select sum(price) as total from items"}).within(10s);
  co_return rows.front().get<std::int64_t>("total");
}

TEST(two_processes, one_asks_the_database_of_the_other) {
  const remote_node other;
  runtime home{with_network()};
  const service_ref database{connect(home, other.database_port)};
  EXPECT_EQ(home.block_on(sum_of_prices(database)), 30);
}

TEST(two_processes, an_error_of_the_other_side_arrives_as_text) {
  const remote_node other;
  runtime home{with_network()};
  const service_ref database{connect(home, other.database_port)};
  std::string what;
  try {
    home.block_on([database]() -> task<> {
      co_await ask<sql::result_set>(database, sql::query{"select * from nowhere"}).within(10s);
    });
  } catch (const remote_error& error) {
    what = error.what();
  }
  EXPECT_NE(what.find("nowhere"), std::string::npos) << what;
}

TEST(two_processes, one_learns_that_a_task_of_the_other_died_with_its_process) {
  remote_node other;
  runtime home{with_network()};
  const auto task = connect(home, other.task_port);
  caf::scoped_actor self{home.system()};
  self->monitor(task);
  other.kill();
  bool told = false;
  self->receive([&](const caf::down_msg& down) { told = static_cast<bool>(down.reason); }, caf::after(10s) >> [] {});
  EXPECT_TRUE(told);
}

TEST(two_processes, a_call_to_a_process_that_was_killed_fails) {
  remote_node other;
  runtime home{with_network()};
  const service_ref database{connect(home, other.database_port)};
  EXPECT_EQ(home.block_on(sum_of_prices(database)), 30);
  caf::scoped_actor self{home.system()};
  self->monitor(database.actor());
  other.kill();
  self->receive([](const caf::down_msg&) {}, caf::after(10s) >> [] { FAIL() << "nobody told of the death"; });
  EXPECT_ANY_THROW(home.block_on(sum_of_prices(database)));
}

} // namespace

int run_remote_node() {
  runtime home{with_network()};
  const auto database = spawn_service(home, std::make_unique<sql::sqlite_service>(":memory:"));
  home.block_on([database]() -> task<> {
    co_await ask<std::int64_t>(database, sql::execute{"create table items(name text, price integer)"});
    co_await ask<std::int64_t>(database, sql::execute{"insert into items values ('a', 10), ('b', 20)"});
  });
  const auto waiting = home.spawn(wait_for_ever());
  std::printf("%u %u\n", unsigned{publish(home, database.actor())}, unsigned{publish(home, waiting.address())});
  std::fflush(stdout);
  // Until the other side kills this process, or is gone itself.
  while (getppid() != 1)
    pause();
  return 0;
}

} // namespace actors::tests
