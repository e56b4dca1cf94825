#include "support.hpp"

#include <services/node/process_view.hpp>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>

using nlohmann::json;
using node_test::program;
using services::node::ps_text;
using services::node::top_text;
using services::node::tree_text;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

namespace {

json node(int id, const std::string& name, int parent, json waits_for = json::array()) {
  return {{"id", id},
          {"name", name},
          {"kind", "task"},
          {"state", "waiting"},
          {"waiting_on", {"gather"}},
          {"parent", parent},
          {"waits_for", std::move(waits_for)},
          {"mailbox", 0},
          {"handled", id * 10},
          {"calls", 0},
          {"state_for_ns", 1'500'000'000},
          {"spawned_at", "a.cpp:3"}};
}

json picture() {
  return {
      {"pid", 7},
      {"uptime_ns", 2'000'000'000},
      {"counters",
       {{"tasks_started", 4},
        {"tasks_completed", 1},
        {"tasks_failed", 0},
        {"tasks_cancelled", 0},
        {"stalls", 0},
        {"services_started", 0},
        {"timers", 1},
        {"blocking_running", 0},
        {"blocking_queued", 0}}},
      {"workers",
       json::array(
           {{{"jobs", 10}, {"steals", 0}, {"parks", 1}, {"idle_ns", 1'000'000'000}, {"queued", 0}, {"parked", true}}})},
      {"unlisted_actors", 2},
      {"nodes", json::array({node(1, "root", 0, {2, 3}), node(3, "second", 1), node(2, "first\x1b[31m", 1),
                             node(4, "orphan", 99)})}};
}

/// The program, with a node that runs.
class inspect : public node_test::actors_test {
protected:
  [[nodiscard]] std::vector<std::string> runtime_folder() const { return {"XDG_RUNTIME_DIR=" + folder()}; }
};

} // namespace

TEST(process_view, draws_the_tree_with_who_waits_for_whom) {
  EXPECT_EQ(tree_text(picture(), false), "root  [task 1]  waiting: gather for 1.50s  -> 2,3\n"
                                         "|- second  [task 3]  waiting: gather for 1.50s\n"
                                         "`- first\\x1b[31m  [task 2]  waiting: gather for 1.50s\n"
                                         "orphan  [task 4]  waiting: gather for 1.50s\n"
                                         "and 2 CAF actors without a name\n");
}

TEST(process_view, lists_one_line_each_and_lets_no_name_control_the_terminal) {
  const auto text = ps_text(picture());
  EXPECT_THAT(text, AllOf(HasSubstr("SPAWNED AT"), HasSubstr("a.cpp:3"), HasSubstr("1.50s"), Not(HasSubstr("\x1b"))));
}

TEST(process_view, top_shows_rates_between_two_looks) {
  auto later = picture();
  later["uptime_ns"] = 4'000'000'000;
  later["counters"]["tasks_started"] = 8;
  later["workers"][0]["jobs"] = 30;
  later["workers"][0]["idle_ns"] = 2'000'000'000;
  later["nodes"][0]["handled"] = 1010;
  const auto text = top_text(picture(), later, 2);
  EXPECT_THAT(text, AllOf(HasSubstr("8 started (2/s)"), HasSubstr("worker 0   50% busy  10 steps/s"), HasSubstr("500"),
                          HasSubstr("and 2 more")));
}

TEST_F(inspect, a_running_node_is_listed_drawn_dumped_and_served_as_metrics) {
  program started{command({"node", "--set", "web.port=0"}), folder(), runtime_folder()};
  static_cast<void>(started.read_until("The node runs at "));
  for (const auto* each : {"ps", "tree", "top"}) {
    const auto shown = run({each}, runtime_folder());
    EXPECT_EQ(shown.status, 0) << shown.output;
    EXPECT_THAT(shown.output, HasSubstr("task")) << each;
  }
  const auto dumped = run({"dump"}, runtime_folder());
  EXPECT_EQ(dumped.status, 0);
  const auto parsed = json::parse(dumped.output);
  EXPECT_FALSE(parsed.at("nodes").empty());
  const auto none =
      run({"cancel", "123456789", "--pid", std::to_string(parsed.at("pid").get<int>())}, runtime_folder());
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.output, HasSubstr("123456789"));
  started.send_signal(SIGTERM);
  EXPECT_EQ(started.wait(), 0);
}

TEST_F(inspect, the_level_of_a_running_nodes_log_is_shown_and_changed) {
  const auto traces = std::filesystem::path{folder()} / "traces.jsonl";
  program started{command({"node", "--set", "web.port=0", "--set", "node.log_format=json", "--set",
                           "node.trace_file=" + traces.string()}),
                  folder(), runtime_folder()};
  static_cast<void>(started.read_until("The node runs at "));
  EXPECT_EQ(run({"log-level"}, runtime_folder()).output, "info\n");
  EXPECT_EQ(run({"log-level", "debug"}, runtime_folder()).output, "debug\n");
  EXPECT_EQ(run({"log-level"}, runtime_folder()).output, "debug\n");
  const auto wrong = run({"log-level", "loud"}, runtime_folder());
  EXPECT_NE(wrong.status, 0);
  EXPECT_THAT(wrong.output, HasSubstr("'loud' is no level"));
  EXPECT_TRUE(std::filesystem::exists(traces));
  started.send_signal(SIGTERM);
  EXPECT_EQ(started.wait(), 0);
}

TEST_F(inspect, says_so_if_nothing_runs_or_the_choice_is_not_clear) {
  const auto nothing = run({"ps"}, runtime_folder());
  EXPECT_EQ(nothing.status, 1);
  EXPECT_THAT(nothing.output, HasSubstr("no program is running"));
  program first{command({"node", "--set", "web.port=0"}), folder(), runtime_folder()};
  program second{command({"node", "--set", "web.port=0"}), folder(), runtime_folder()};
  static_cast<void>(first.read_until("The node runs at "));
  static_cast<void>(second.read_until("The node runs at "));
  const auto both = run({"tree"}, runtime_folder());
  EXPECT_EQ(both.status, 1);
  EXPECT_THAT(both.output, AllOf(HasSubstr("--pid"), HasSubstr("web.port=0")));
  const auto wrong = run({"ps", "--pid", "1"}, runtime_folder());
  EXPECT_EQ(wrong.status, 1);
  EXPECT_THAT(wrong.output, HasSubstr("pid 1"));
}

TEST_F(inspect, every_command_has_help) {
  for (const auto* each : {"ps", "tree", "top", "dump", "cancel", "log-level"}) {
    const auto help = run({each, "--help"});
    EXPECT_EQ(help.status, 0);
    EXPECT_THAT(help.output, HasSubstr("--pid")) << each;
  }
}
