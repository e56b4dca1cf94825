// `actors`: the node, and its services as commands.

#include <actors/app/config.hpp>
#include <actors/http/message_types.hpp>
#include <services/node/inspect_command.hpp>
#include <services/node/node_command.hpp>
#include <services/node/scrape_run.hpp>
#include <services/scraper/options.hpp>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <string>

namespace {

using services::node::node_arguments;

CLI::App* add_node_command(CLI::App& parent, node_arguments& arguments) {
  auto* command = parent.add_subcommand("node", "Run a node until Ctrl-C");
  command->add_option("--config", arguments.config_file, "Configuration in TOML")->type_name("FILE");
  command->add_option("--set", arguments.assignments, "Set one key, over file and environment; may be repeated")
      ->type_name("SECTION.KEY=VALUE")
      ->take_all();
  command->add_flag("--print-config", arguments.print_config, "Print the configuration in effect and where it is from");
  command->add_flag("--print-reference", arguments.print_reference,
                    "Print every key with its help, as a file to start from");
  command->footer("Every key can also be set in the environment: web.port as ACTORS_WEB_PORT.");
  return command;
}

int run(int argc, char** argv) {
  CLI::App app{"Actor services: a node with an HTTP interface, and its services as commands.", "actors"};
  app.require_subcommand(1);
  app.footer("Try `actors node`, or `actors scrape http://example.org/`.");
  node_arguments node;
  const auto* node_command = add_node_command(app, node);
  const services::scraper::scrape_command scrape{app};
  const services::node::inspect_commands inspect{app};
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  if (node_command->parsed())
    return services::node::run_node(node);
  if (inspect.parsed())
    return inspect.run();
  return services::node::run_scrape(scrape.options());
}

} // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const actors::app::config_error& error) {
    std::fprintf(stderr, "%s\n", error.what());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "actors: %s\n", error.what());
  }
  return 1;
}
