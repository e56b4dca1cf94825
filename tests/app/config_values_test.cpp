// What each type of key accepts and how it refuses.
#include "config_fixture.hpp"

namespace {

using namespace config_fixture;

TEST(config_values, every_type_is_read_from_a_file) {
  server_config configuration;
  configuration.add_text(R"(
[server]
host = "::1"
port = 80
timeout = "1.5 min"
body = "64 KiB"
trusted = true
ratio = 1
rate = 2.5
names = ["a", "b"]
numbers = [-1, 2]
folder = "/var/lib/app"
how = "fast"
token = "t0ken"
)",
                         "app.toml");
  configuration.apply();
  const server_options& options = configuration.options;
  EXPECT_EQ(options.host, "::1");
  EXPECT_EQ(options.port, 80);
  EXPECT_EQ(options.timeout, 90s);
  EXPECT_EQ(options.body, actors::app::kibibytes(64));
  EXPECT_TRUE(options.trusted);
  EXPECT_EQ(options.ratio, 1.0);
  EXPECT_EQ(options.rate, 2.5);
  EXPECT_EQ(options.names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(options.numbers, (std::vector<int>{-1, 2}));
  EXPECT_EQ(options.folder, "/var/lib/app");
  EXPECT_EQ(options.how, mode::fast);
  EXPECT_EQ(options.token, "t0ken");
}

TEST(config_values, every_type_is_read_from_text) {
  server_config configuration;
  for (const char* assignment : {"server.host= ::1 ", "server.port= 80 ", "server.timeout=1.5 min", "server.body=4096",
                                 "server.trusted=Yes", "server.ratio=1e-1", "server.rate=3", "server.names=a, b ,c",
                                 "server.numbers=1,-2", "server.folder=/x=y", "server.how=fast", "server.token="}) {
    configuration.add_assignment(assignment);
  }
  configuration.apply();
  const server_options& options = configuration.options;
  EXPECT_EQ(options.host, " ::1 ");
  EXPECT_EQ(options.port, 80);
  EXPECT_EQ(options.timeout, 90s);
  EXPECT_EQ(options.body, byte_size(4096));
  EXPECT_TRUE(options.trusted);
  EXPECT_EQ(options.ratio, 0.1);
  EXPECT_EQ(options.rate, 3.0);
  EXPECT_EQ(options.names, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(options.numbers, (std::vector<int>{1, -2}));
  EXPECT_EQ(options.folder, "/x=y");
  EXPECT_EQ(options.how, mode::fast);
  EXPECT_EQ(options.token, "");
}

TEST(config_values, booleans_have_several_words_in_text) {
  for (const char* word : {"true", "TRUE", "yes", "on", "1"}) {
    server_config configuration;
    configuration.add_assignment("server.trusted=" + std::string(word));
    configuration.apply();
    EXPECT_TRUE(configuration.options.trusted) << word;
  }
  for (const char* word : {"false", "No", "off", "0"}) {
    server_config configuration;
    configuration.options.trusted = true;
    configuration.add_assignment("server.trusted=" + std::string(word));
    configuration.apply();
    EXPECT_FALSE(configuration.options.trusted) << word;
  }
}

TEST(config_values, a_wrong_type_in_a_file_says_what_was_found_and_wanted) {
  const auto problem = [](const std::string& line) { return problems_of_text("[server]\n" + line); };
  EXPECT_EQ(problem("port = \"80\""), "app.toml:2:8: server.port: the text \"80\" is not a whole number");
  EXPECT_EQ(problem("port = 80.5"), "app.toml:2:8: server.port: 80.5 is not a whole number");
  EXPECT_EQ(problem("port = true"), "app.toml:2:8: server.port: true is not a whole number");
  EXPECT_EQ(problem("port = [80]"), "app.toml:2:8: server.port: a list is not a whole number");
  EXPECT_EQ(problem("port = {a = 1}"), "app.toml:2:8: server.port: a section is not a whole number");
  EXPECT_EQ(problem("port = 2026-01-01"), "app.toml:2:8: server.port: a date is not a whole number");
  EXPECT_EQ(problem("port = 10:00:00"), "app.toml:2:8: server.port: a time of day is not a whole number");
  EXPECT_EQ(problem("trusted = 1"), "app.toml:2:11: server.trusted: 1 is not true or false");
  EXPECT_EQ(problem("host = 80"), "app.toml:2:8: server.host: 80 is not a text in quotes");
  EXPECT_EQ(problem("folder = false"), "app.toml:2:10: server.folder: false is not a path in quotes");
  EXPECT_EQ(problem("ratio = \"x\""), "app.toml:2:9: server.ratio: the text \"x\" is not a number");
  EXPECT_EQ(problem("names = \"a\""), "app.toml:2:9: server.names: the text \"a\" is not a list");
  EXPECT_EQ(problem("body = 1.5"), "app.toml:2:8: server.body: 1.5 is not a size in quotes, such as \"64 KiB\"");
  EXPECT_EQ(problem("timeout = true"),
            "app.toml:2:11: server.timeout: true is not a duration in quotes, such as \"30s\"");
  EXPECT_EQ(problem("[[server.port]]\na = 1"), "app.toml:2:1: server.port: a list is not a whole number");
}

TEST(config_values, an_item_of_a_list_is_named_with_its_own_place) {
  EXPECT_EQ(problems_of_text("[server]\nnumbers = [1,\n  2,\n  \"x\"]"),
            "app.toml:4:3: server.numbers: item 3: the text \"x\" is not a whole number");
  EXPECT_EQ(problems_of_assignment("server.numbers=1,,2"), "--set: server.numbers: item 2: \"\" is not a whole number");
}

TEST(config_values, a_duration_needs_a_unit_unless_it_is_zero) {
  EXPECT_EQ(
      problems_of_text("[server]\ntimeout = 30"),
      "app.toml:2:11: server.timeout: 30 has no unit of time; write for example \"30s\", \"1.5 min\" or \"250ms\"");
  config configuration;
  std::chrono::seconds pause = 5s;
  configuration.section("x").key("pause", pause, "a pause");
  configuration.add_text("[x]\npause = 0", "t");
  configuration.apply();
  EXPECT_EQ(pause, 0s);
}

TEST(config_values, a_duration_is_never_rounded) {
  EXPECT_EQ(problems_of_assignment("server.timeout=1.5ms 1us"),
            "--set: server.timeout: 1501us is not a multiple of 1ms");
  config configuration;
  std::chrono::duration<double> pause{0};
  configuration.section("x").key("pause", pause, "a pause");
  configuration.add_assignment("x.pause=250ms");
  configuration.apply();
  EXPECT_EQ(pause.count(), 0.25);
}

TEST(config_values, a_range_names_its_ends_in_the_units_of_the_key) {
  EXPECT_EQ(problems_of_assignment("server.port=70000"), "--set: server.port: 70000 is out of range (0 to 65535)");
  EXPECT_EQ(problems_of_assignment("server.port=-1"), "--set: server.port: -1 is out of range (0 to 65535)");
  EXPECT_EQ(problems_of_assignment("server.timeout=0"), "--set: server.timeout: 0s is out of range (1ms to 1h)");
  EXPECT_EQ(problems_of_assignment("server.timeout=2h"), "--set: server.timeout: 2h is out of range (1ms to 1h)");
  EXPECT_EQ(problems_of_assignment("server.body=2 GiB"), "--set: server.body: 2 GiB is out of range (at most 1 GiB)");
  EXPECT_EQ(problems_of_assignment("server.rate=0"), "--set: server.rate: 0.0 is out of range (at least 0.1)");
  EXPECT_EQ(problems_of_assignment("server.numbers=1,20"), "--set: server.numbers: 20 is out of range (-10 to 10)");
}

TEST(config_values, both_ends_of_a_range_are_allowed) {
  for (const char* assignment : {"server.timeout=1ms", "server.timeout=1h", "server.ratio=0", "server.ratio=1",
                                 "server.port=0", "server.port=65535", "server.body=1 GiB"}) {
    EXPECT_EQ(problems_of_assignment(assignment), "") << assignment;
  }
}

TEST(config_values, numbers_that_are_none_are_refused) {
  for (const char* value : {"nan", "inf", "-inf", "1e999", "0x10", "1,5", "", "1 2", "--1", "one"}) {
    EXPECT_NE(problems_of_assignment("server.ratio=" + std::string(value)), "") << value;
  }
  EXPECT_EQ(problems_of_text("[server]\nratio = nan"), "app.toml:2:9: server.ratio: nan is not a finite number");
  EXPECT_EQ(problems_of_text("[server]\nratio = inf"), "app.toml:2:9: server.ratio: inf is not a finite number");
  EXPECT_EQ(problems_of_assignment("server.port=99999999999999999999"),
            "--set: server.port: \"99999999999999999999\" is too large a number");
  for (const char* value : {"80x", "8 0", "", " ", "1e3", "80.0", "+80"}) {
    EXPECT_NE(problems_of_assignment("server.port=" + std::string(value)), "") << value;
  }
}

TEST(config_values, every_width_of_integer_keeps_its_bounds) {
  config configuration;
  std::int8_t small = 0;
  std::uint64_t large = 0;
  std::int64_t wide = 0;
  config_section& section = configuration.section("x");
  section.key("small", small, "small");
  section.key("large", large, "large");
  section.key("wide", wide, "wide");
  configuration.add_text("[x]\nsmall = -128\nlarge = 9223372036854775807\nwide = -9223372036854775808", "t");
  configuration.apply();
  EXPECT_EQ(small, -128);
  EXPECT_EQ(large, 9223372036854775807U);
  EXPECT_EQ(wide, std::numeric_limits<std::int64_t>::min());
  configuration.add_text("[x]\nsmall = 128\nlarge = -1", "t");
  EXPECT_EQ(problems_of(configuration), "t:2:9: x.small: 128 is out of range (-128 to 127)\n"
                                        "t:3:9: x.large: -1 is out of range (0 to 9223372036854775807)");
}

TEST(config_values, an_optional_is_unset_by_an_empty_text) {
  server_config configuration;
  configuration.add_text("[server]\nrate = 5", "t");
  configuration.add_assignment("server.rate=");
  configuration.options.rate = 1.0;
  configuration.apply();
  EXPECT_EQ(configuration.options.rate, std::nullopt);
  server_config other;
  other.add_text("[server]\nrate = \"\"", "t");
  other.options.rate = 1.0;
  other.apply();
  EXPECT_EQ(other.options.rate, std::nullopt);
}

TEST(config_values, a_list_in_text_may_be_written_as_in_a_file) {
  server_config configuration;
  configuration.add_assignment(R"(server.names=["a, b", 'c'])");
  configuration.add_assignment("server.numbers= [ 1, 2, ]");
  configuration.apply();
  EXPECT_EQ(configuration.options.names, (std::vector<std::string>{"a, b", "c"}));
  EXPECT_EQ(configuration.options.numbers, (std::vector<int>{1, 2}));
  EXPECT_EQ(problems_of_assignment("server.names=[\"a"),
            R"(--set: server.names: "["a" is not a list; write a, b, c or ["a", "b", "c"])");
  EXPECT_EQ(problems_of_assignment("server.names=[\"a\"]\nx = 1"),
            R"(--set: server.names: "["a"]\nx = 1" is not a list; write a, b, c or ["a", "b", "c"])");
}

TEST(config_values, an_empty_text_is_an_empty_list) {
  server_config configuration;
  configuration.add_assignment("server.names=");
  configuration.apply();
  EXPECT_TRUE(configuration.options.names.empty());
}

TEST(config_values, a_choice_names_what_is_allowed) {
  EXPECT_EQ(problems_of_assignment("server.how=fats"),
            R"(--set: server.how: "fats" is not one of "careful", "fast"; did you mean "fast"?)");
  config configuration;
  std::string colour = "red";
  configuration.section("x").key("colour", colour, "a colour").one_of({"red", "blue"});
  configuration.add_assignment("x.colour=green");
  EXPECT_EQ(problems_of(configuration), R"(--set: x.colour: "green" is not one of "red", "blue")");
}

TEST(config_values, a_condition_of_the_program_is_said_in_its_words) {
  config configuration;
  int size = 8;
  std::string name;
  config_section& section = configuration.section("x");
  section.key("size", size, "a size").check([](int n) { return (n & (n - 1)) == 0; }, "must be a power of two");
  section.key("name", name, "a name").not_empty();
  configuration.add_text("[x]\nsize = 6", "t");
  EXPECT_EQ(problems_of(configuration), "t:2:8: x.size: must be a power of two\ndefault: x.name: must not be empty");
}

TEST(config_values, texts_that_are_not_utf8_or_have_a_nul_are_refused_where_they_cannot_be) {
  EXPECT_EQ(problems_of_assignment("server.host=\xff"), "--set: server.host: the text is not UTF-8");
  EXPECT_EQ(problems_of_text("[server]\nfolder = \"a\\u0000b\""),
            "app.toml:2:10: server.folder: the text has a NUL character in it");
  server_config configuration;
  configuration.add_assignment("server.folder=/tmp/\xff");
  configuration.apply();
  EXPECT_EQ(configuration.options.folder, "/tmp/\xff");
  EXPECT_NE(configuration.effective().find("folder = \"/tmp/\\uFFFD\""), std::string::npos);
}

TEST(config_values, a_hostile_value_is_shown_short_and_safe) {
  const std::string problem = problems_of_assignment("server.port=\x1b[2J\n" + std::string(100'000, 'x'));
  EXPECT_LT(problem.size(), 300U);
  EXPECT_EQ(problem.find_first_of("\x1b\n"), std::string::npos) << problem;
}

} // namespace
