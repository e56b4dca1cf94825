// Files, environment and flags: which is stronger, and how each names a mistake.
#include "config_fixture.hpp"

namespace {

using namespace config_fixture;

TEST(config_sources, flags_beat_the_environment_which_beats_files_which_beat_defaults) {
  const temporary_folder folder;
  server_config configuration;
  // Added in the wrong order on purpose.
  configuration.add_assignment("server.names=flag");
  configuration.add_environment({{"APP_SERVER_NAMES", "variable"}, {"APP_SERVER_HOST", "variable"}});
  configuration.add_file(folder.write("a.toml", "[server]\nnames = ['file']\nhost = 'file'\nfolder = 'file'\n"));
  configuration.apply();
  EXPECT_EQ(configuration.options.names, std::vector<std::string>{"flag"});
  EXPECT_EQ(configuration.options.host, "variable");
  EXPECT_EQ(configuration.options.folder, "file");
  EXPECT_EQ(configuration.options.port, 8080);
}

TEST(config_sources, the_later_of_two_files_or_flags_wins) {
  server_config configuration;
  configuration.add_text("[server]\nhost = 'first'\nport = 1", "a");
  configuration.add_text("[server]\nhost = 'second'", "b");
  configuration.add_assignment("server.ratio=0.1");
  configuration.add_flag("--ratio", "server.ratio", "0.2");
  configuration.apply();
  EXPECT_EQ(configuration.options.host, "second");
  EXPECT_EQ(configuration.options.port, 1);
  EXPECT_EQ(configuration.options.ratio, 0.2);
}

TEST(config_sources, a_value_that_is_overridden_is_checked_too) {
  server_config configuration;
  configuration.add_text("[server]\nport = 'x'", "a.toml");
  configuration.add_assignment("server.port=80");
  EXPECT_EQ(problems_of(configuration), "a.toml:2:8: server.port: the text \"x\" is not a whole number");
}

TEST(config_sources, mistakes_of_all_sources_are_collected) {
  server_config configuration;
  configuration.add_text("[server]\nport = 70000\nhots = 'x'\n\n[sever]\nport = 1\n", "app.toml");
  configuration.add_environment({{"APP_SERVER_TIMEOUT", "soon"}});
  configuration.add_assignment("server.ratio=2");
  configuration.add_flag("--port", "server.port", "abc");
  EXPECT_EQ(problems_of(configuration),
            "app.toml:2:8: server.port: 70000 is out of range (0 to 65535)\n"
            "app.toml:3:1: unknown key \"hots\" in [server]; did you mean \"host\"?\n"
            "app.toml:5:2: unknown section [sever]; did you mean [server]?\n"
            "environment variable APP_SERVER_TIMEOUT: server.timeout: \"soon\" is not a duration, such as \"30s\", "
            "\"1.5 min\" or \"250ms\"\n"
            "--set: server.ratio: 2.0 is out of range (0.0 to 1.0)\n"
            "--port: server.port: \"abc\" is not a whole number");
}

TEST(config_sources, nothing_is_set_when_anything_is_wrong) {
  server_config configuration;
  configuration.add_text("[server]\nhost = 'new'\nport = 'x'", "t");
  EXPECT_NE(problems_of(configuration), "");
  EXPECT_EQ(configuration.options.host, "127.0.0.1");
}

TEST(config_sources, mistakes_are_a_list_that_a_program_can_use) {
  server_config configuration;
  configuration.add_text("[server]\nport = 'x'", "t");
  try {
    configuration.apply();
    FAIL();
  } catch (const actors::app::config_error& error) {
    ASSERT_EQ(error.problems().size(), 1U);
    EXPECT_EQ(error.problems()[0].place, "t:2:8");
    EXPECT_EQ(error.problems()[0].text, "server.port: the text \"x\" is not a whole number");
  }
}

TEST(config_sources, only_so_many_mistakes_are_shown) {
  std::string toml = "[server]\n";
  for (int i = 0; i < 5000; ++i)
    toml += "key" + std::to_string(i) + " = 1\n";
  const std::string problems = problems_of_text(toml);
  EXPECT_EQ(std::count(problems.begin(), problems.end(), '\n'), 100);
  EXPECT_TRUE(problems.ends_with("\nthere may be more mistakes; the first 100 are shown"));
}

TEST(config_files, a_file_that_cannot_be_used_is_named_with_the_reason) {
  const temporary_folder folder;
  const auto problem = [](const std::filesystem::path& file) {
    server_config configuration;
    configuration.add_file(file);
    return problems_of(configuration);
  };
  const std::string missing = (folder.path() / "none.toml").string();
  EXPECT_EQ(problem(missing), missing + ": there is no such file");
  EXPECT_EQ(problem(folder.path()), folder.path().string() + ": is a directory, not a file");
  const auto plain = folder.write("plain", "");
  EXPECT_EQ(problem(plain / "x"), (plain / "x").string() + ": cannot be read: Not a directory");
  std::filesystem::create_symlink("loop", folder.path() / "loop");
  EXPECT_EQ(problem(folder.path() / "loop"),
            (folder.path() / "loop").string() + ": cannot be read: Too many levels of symbolic links");
  EXPECT_EQ(problem("/proc/self/mem"), "/proc/self/mem: cannot be read: Input/output error");
  EXPECT_EQ(problem("/dev/zero"), "/dev/zero: is larger than 1 MiB, too large for a configuration");
}

TEST(config_files, an_empty_file_or_device_is_no_mistake) {
  const temporary_folder folder;
  server_config configuration;
  configuration.add_file(folder.write("empty.toml", ""));
  configuration.add_file("/dev/null");
  configuration.add_optional_file(folder.path() / "none.toml");
  EXPECT_EQ(problems_of(configuration), "");
}

TEST(config_files, an_optional_file_must_be_right_if_it_is_there) {
  const temporary_folder folder;
  server_config configuration;
  configuration.add_optional_file(folder.write("a.toml", "[server"));
  EXPECT_TRUE(
      problems_of(configuration).starts_with((folder.path() / "a.toml").string() + ":1:8: is not valid TOML: "));
}

TEST(config_files, a_name_with_control_characters_is_shown_safely) {
  server_config configuration;
  configuration.add_file("/nowhere/a\n\x1b[2J");
  EXPECT_EQ(problems_of(configuration), "/nowhere/a\\n\\x1b[2J: there is no such file");
}

TEST(config_environment, variables_are_named_after_section_and_key) {
  config configuration("MY_APP");
  int size = 0;
  configuration.section("store.cache").key("max_size", size, "a size");
  configuration.add_environment({{"MY_APP_STORE_CACHE_MAX_SIZE", "5"}, {"OTHER", "x"}, {"MY_APPLE", "x"}});
  configuration.apply();
  EXPECT_EQ(size, 5);
  EXPECT_TRUE(configuration.warnings().empty());
}

TEST(config_environment, an_unknown_key_of_a_known_section_is_a_mistake) {
  server_config configuration;
  configuration.add_environment({{"APP_SERVER_PROT", "80"}});
  EXPECT_EQ(problems_of(configuration), "environment variable APP_SERVER_PROT: no configuration key has this name; "
                                        "did you mean APP_SERVER_PORT?");
}

TEST(config_environment, other_variables_with_the_prefix_are_only_warned_about) {
  server_config configuration;
  // What Kubernetes puts beside a service named "app".
  configuration.add_environment({{"APP_PORT", "tcp://10.0.0.1:80"}, {"APP_SEVER_PORT", "80"}, {"APP_CONFIG", "x"}});
  configuration.reserve_variable("CONFIG");
  configuration.apply();
  ASSERT_EQ(configuration.warnings().size(), 2U);
  EXPECT_EQ(to_string(configuration.warnings()[0]), "environment variable APP_PORT: is not used");
  EXPECT_EQ(to_string(configuration.warnings()[1]),
            "environment variable APP_SEVER_PORT: is not used; did you mean APP_SERVER_PORT?");
}

TEST(config_environment, is_not_read_without_a_prefix) {
  config configuration;
  int size = 1;
  configuration.section("x").key("size", size, "a size");
  configuration.add_environment({{"_X_SIZE", "5"}, {"X_SIZE", "5"}});
  configuration.apply();
  EXPECT_EQ(size, 1);
}

TEST(config_environment, an_empty_variable_is_a_mistake_where_a_value_is_needed) {
  server_config configuration;
  configuration.add_environment({{"APP_SERVER_PORT", ""}});
  EXPECT_EQ(problems_of(configuration),
            "environment variable APP_SERVER_PORT: server.port: \"\" is not a whole number");
}

TEST(config_flags, a_wrong_assignment_is_named) {
  EXPECT_EQ(problems_of_assignment("server.port"), "--set: \"server.port\" is not of the form section.key=value");
  EXPECT_EQ(problems_of_assignment(""), "--set: \"\" is not of the form section.key=value");
  EXPECT_EQ(problems_of_assignment("=1"), "--set: unknown key \"\"");
  EXPECT_EQ(problems_of_assignment("port=80"), "--set: unknown key \"port\"; it is a key of [server]");
  EXPECT_EQ(problems_of_assignment("server.prot=80"),
            "--set: unknown key \"prot\" in [server]; did you mean \"port\"?");
  EXPECT_EQ(problems_of_assignment("sever.port=80"), "--set: unknown section [sever]; did you mean [server]?");
  EXPECT_EQ(problems_of_assignment("server.=80"), "--set: unknown key \"\" in [server]");
}

TEST(config_flags, a_nested_section_ends_at_the_last_dot) {
  config configuration;
  int size = 0;
  configuration.section("store.cache").key("size", size, "a size");
  configuration.add_assignment(" store.cache.size = 7");
  configuration.apply();
  EXPECT_EQ(size, 7);
}

} // namespace
