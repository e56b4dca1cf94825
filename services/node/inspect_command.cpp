#include <services/node/inspect_command.hpp>

#include <actors/app/environment.hpp>
#include <actors/app/terminal.hpp>
#include <actors/core/log.hpp>
#include <actors/core/printable_text.hpp>
#include <actors/core/runtime.hpp>
#include <services/node/process_view.hpp>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>

namespace services::node {

namespace {

namespace observe = actors::observe;
using nlohmann::json;

constexpr std::size_t longest_command = 100;

/// The program that is meant: the one with this pid, or the only one.
observe::inspected_process choose(std::optional<int> pid) {
  const auto found = observe::inspected_processes();
  if (pid) {
    const auto match = std::ranges::find(found, static_cast<pid_t>(*pid), &observe::inspected_process::pid);
    if (match == found.end())
      throw observe::inspector_error("no program with the pid " + std::to_string(*pid) +
                                     " can be inspected by this user");
    return *match;
  }
  if (found.empty())
    throw observe::inspector_error("no program is running that can be inspected by this user");
  if (found.size() == 1)
    return found.front();
  std::string list = "several programs are running, choose one with --pid:";
  for (const auto& each : found)
    list += "\n  " + std::to_string(each.pid) + "  " + actors::printable_text(each.command, longest_command);
  throw observe::inspector_error(list);
}

std::string ask(const observe::inspected_process& process, const std::string& request) {
  return observe::ask_inspector(process.socket, request);
}

json parsed_answer(const std::string& text) {
  auto result = json::parse(text, nullptr, false);
  if (result.is_discarded())
    throw observe::inspector_error("the answer broke off");
  if (result.contains("error"))
    throw observe::inspector_error(actors::printable_text(result.at("error").get<std::string>(), 1000));
  return result;
}

void print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

int run_top(const observe::inspected_process& process, double interval, std::optional<int> rounds) {
  const bool redraw = actors::app::terminal{STDOUT_FILENO, actors::app::process_environment()}.is_terminal();
  constexpr std::size_t rows = 20;
  // Without a terminal one look is what is wanted, and it should show rates.
  const int most = rounds.value_or(redraw ? -1 : 1);
  json before = parsed_answer(ask(process, "snapshot"));
  for (int round = 0; most < 0 || round < most; ++round) {
    std::this_thread::sleep_for(std::chrono::duration<double>(interval));
    auto now = parsed_answer(ask(process, "snapshot"));
    if (redraw)
      print("\033[H\033[2J");
    print(top_text(before, now, rows));
    before = std::move(now);
  }
  return 0;
}

} // namespace

struct inspect_commands::impl {
  std::optional<int> pid;
  std::uint64_t id = 0;
  double interval = 1;
  std::optional<int> rounds;
  CLI::App* ps = nullptr;
  CLI::App* tree = nullptr;
  CLI::App* top = nullptr;
  CLI::App* dump = nullptr;
  CLI::App* cancel = nullptr;
  CLI::App* log_level = nullptr;
  std::string level;

  CLI::App* add(CLI::App& parent, const char* name, const char* help) {
    auto* const command = parent.add_subcommand(name, help);
    command->add_option("--pid", pid, "The program to look at; not needed if only one is running")->type_name("PID");
    return command;
  }
};

inspect_commands::inspect_commands(CLI::App& parent) : impl_(std::make_unique<impl>()) {
  auto& all = *impl_;
  all.ps = all.add(parent, "ps", "List the tasks, services and actors of a running program");
  all.tree = all.add(parent, "tree", "Show who owns whom in a running program, and who waits for whom");
  all.top = all.add(parent, "top", "Show what a running program is doing, again and again at a terminal");
  all.top->add_option("--interval", all.interval, "Seconds between two looks")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.05, 3600.0))
      ->capture_default_str();
  all.top->add_option("--rounds", all.rounds, "Looks to take; without it one, and no end at a terminal")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000));
  all.dump = all.add(parent, "dump", "Print all that is known of a running program as JSON");
  all.cancel = all.add(parent, "cancel", "Cancel a task or stop a service of a running program");
  all.log_level = all.add(parent, "log-level", "Show the least level that a running program logs, or change it");
  all.log_level->add_option("level", all.level, "The new level: trace, debug, info, warning, error or critical")
      ->type_name("LEVEL")
      ->check([](const std::string& text) {
        return actors::parse_log_level(text) ? std::string{} : "'" + text + "' is no level";
      });
  all.cancel->add_option("id", all.id, "Its id, as `actors ps` shows it")->type_name("ID")->required();
}

inspect_commands::~inspect_commands() = default;

bool inspect_commands::parsed() const {
  return std::ranges::any_of(std::initializer_list<const CLI::App*>{impl_->ps, impl_->tree, impl_->top, impl_->dump,
                                                                    impl_->cancel, impl_->log_level},
                             [](const auto* command) { return command->parsed(); });
}

int inspect_commands::run() const {
  const auto process = choose(impl_->pid);
  if (impl_->top->parsed())
    return run_top(process, impl_->interval, impl_->rounds);
  if (impl_->cancel->parsed()) {
    const auto answer = parsed_answer(ask(process, "cancel " + std::to_string(impl_->id)));
    if (answer.at("cancelled").get<bool>())
      return 0;
    throw observe::inspector_error("the program " + std::to_string(process.pid) +
                                   " has no task or service with the id " + std::to_string(impl_->id));
  }
  if (impl_->log_level->parsed()) {
    const auto& wanted = impl_->level;
    const auto answer = parsed_answer(ask(process, wanted.empty() ? "log-level" : "log-level " + wanted));
    print(answer.at("log_level").get<std::string>() + "\n");
    return 0;
  }
  const auto text = ask(process, "snapshot");
  const auto snapshot = parsed_answer(text);
  if (impl_->dump->parsed())
    print(snapshot.dump(2) + "\n");
  else if (impl_->tree->parsed())
    print(tree_text(snapshot, actors::app::terminal{STDOUT_FILENO, actors::app::process_environment()}.utf8()));
  else
    print(ps_text(snapshot));
  return 0;
}

std::unique_ptr<observe::inspector> serve_inspector(actors::runtime& home, bool wanted) {
  if (!wanted)
    return nullptr;
  try {
    return std::make_unique<observe::inspector>(home);
  } catch (const observe::inspector_error& error) {
    home.log()->write({actors::log_level::warning, "inspector", error.what()});
    return nullptr;
  }
}

} // namespace services::node
