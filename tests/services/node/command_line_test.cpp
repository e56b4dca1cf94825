#include "support.hpp"

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

namespace {

using command_line = node_test::actors_test;

} // namespace

TEST_F(command_line, help_names_the_commands) {
  const auto help = run({"--help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_THAT(help.output, AllOf(HasSubstr("node"), HasSubstr("scrape")));
}

TEST_F(command_line, help_of_scrape_names_every_option_with_its_default) {
  const auto help = run({"scrape", "--help"});
  EXPECT_EQ(help.status, 0);
  for (const auto* option : {"--db", "pages.sqlite", "--concurrency", "--rate", "--depth", "--max-pages", "--retries",
                             "--include-host", "--user-agent", "--timeout", "--resume", "--quiet"})
    EXPECT_THAT(help.output, HasSubstr(option));
}

TEST_F(command_line, a_command_is_needed) {
  const auto nothing = run({});
  EXPECT_NE(nothing.status, 0);
  EXPECT_THAT(nothing.output, HasSubstr("subcommand"));
}

TEST_F(command_line, a_flag_that_does_not_exist_is_named) {
  for (const auto* command : {"node", "scrape"}) {
    const auto wrong = run({command, "--fast"});
    EXPECT_NE(wrong.status, 0);
    EXPECT_THAT(wrong.output, HasSubstr("--fast"));
  }
}

TEST_F(command_line, a_wrong_value_of_scrape_is_named) {
  const auto wrong = run({"scrape", "http://127.0.0.1/", "--concurrency", "many"});
  EXPECT_NE(wrong.status, 0);
  EXPECT_THAT(wrong.output, AllOf(HasSubstr("--concurrency"), HasSubstr("many")));
}

TEST_F(command_line, a_wrong_key_of_the_configuration_is_named_with_file_and_line) {
  const auto file = write("node.toml", "# the node\n[web]\nprot = 1\n");
  const auto wrong = run({"node", "--config", file});
  EXPECT_EQ(wrong.status, 1);
  EXPECT_THAT(wrong.output, AllOf(HasSubstr(file + ":3"), HasSubstr("prot"), HasSubstr("port")));
}

TEST_F(command_line, a_wrong_value_of_the_configuration_is_named_with_file_and_line) {
  const auto file = write("node.toml", "[web]\nport = 70000\n");
  const auto wrong = run({"node", "--config", file});
  EXPECT_EQ(wrong.status, 1);
  EXPECT_THAT(wrong.output, AllOf(HasSubstr(file + ":2"), HasSubstr("web.port"), HasSubstr("70000")));
}

TEST_F(command_line, a_wrong_variable_of_the_environment_is_named) {
  const auto wrong = run({"node"}, {"ACTORS_WEB_PORT=x"});
  EXPECT_EQ(wrong.status, 1);
  EXPECT_THAT(wrong.output, HasSubstr("ACTORS_WEB_PORT"));
}

TEST_F(command_line, a_configuration_that_is_not_there_is_named) {
  const auto wrong = run({"node", "--config", "nowhere.toml"});
  EXPECT_EQ(wrong.status, 1);
  EXPECT_THAT(wrong.output, HasSubstr("nowhere.toml"));
}

TEST_F(command_line, flags_beat_the_environment_which_beats_the_file) {
  const auto file = write("node.toml", "[web]\nport = 1001\nhost = '127.0.0.9'\n[scraper]\nmax_running = 9\n");
  const auto printed = run({"node", "--config", file, "--set", "web.port=1003", "--print-config"},
                           {"ACTORS_WEB_PORT=1002", "ACTORS_WEB_HOST=127.0.0.8"});
  EXPECT_EQ(printed.status, 0);
  EXPECT_THAT(printed.output, AllOf(HasSubstr("1003"), HasSubstr("127.0.0.8"), HasSubstr("9")));
  EXPECT_THAT(printed.output, AllOf(Not(HasSubstr("1001")), Not(HasSubstr("1002")), Not(HasSubstr("127.0.0.9"))));
}

TEST_F(command_line, the_reference_is_a_file_to_start_from) {
  const auto reference = run({"node", "--print-reference"});
  EXPECT_EQ(reference.status, 0);
  const auto file = write("node.toml", reference.output);
  EXPECT_EQ(run({"node", "--config", file, "--print-config"}).status, 0);
}
